-- 64 orders, three commits for all of them: insert and note, `processing`, `done` (and the note goes).
WITH made AS (
    INSERT INTO orders (order_id, bucket, kind, customer_id, status, currency, total_amount, payload, version,
                        processed_version, announced_version)
    SELECT id, bucket_of(id), 'generic', new_customer(), 'new', 'USD', 0, document(), 1, 0, 0
    FROM (SELECT new_id() AS id FROM generate_series(1, 64) ORDER BY id) AS ids
    RETURNING order_id, bucket
), note AS (
    INSERT INTO batches (batch_id, owner, order_ids, buckets, versions, types)
    SELECT new_id(), 1, array_agg(order_id), array_agg(bucket), array_agg(1), array_agg('order.created'::text) FROM made
    RETURNING batch_id, order_ids, buckets
)
SELECT batch_id, order_ids, buckets FROM note \gset
UPDATE orders o SET status = 'processing', updated_at = now()
FROM unnest(:order_ids::uuid[], :buckets::smallint[]) AS c (order_id, bucket)
WHERE o.order_id = c.order_id AND o.bucket = c.bucket AND o.version = 1 AND o.processed_version < 1;
WITH note AS (DELETE FROM batches WHERE batch_id = :batch_id)
UPDATE orders o SET status = 'done', total_amount = 44.98, processed_version = 1, announced_version = 1, updated_at = now()
FROM unnest(:order_ids::uuid[], :buckets::smallint[]) AS c (order_id, bucket)
WHERE o.order_id = c.order_id AND o.bucket = c.bucket AND o.version = 1 AND o.processed_version < 1;
