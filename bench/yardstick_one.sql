-- One order, three commits: insert and note, `processing`, `done` (and the note goes).
WITH made AS (
    INSERT INTO orders (order_id, bucket, kind, customer_id, status, currency, total_amount, payload, version,
                        processed_version, announced_version)
    SELECT id, bucket_of(id), 'generic', new_customer(), 'new', 'USD', 0, document(), 1, 0, 0
    FROM (SELECT new_id() AS id OFFSET 0) AS ids
    RETURNING order_id, bucket
), note AS (
    INSERT INTO batches (batch_id, owner, order_ids, buckets, versions, types)
    SELECT order_id, 1, ARRAY[order_id], ARRAY[bucket], ARRAY[1], ARRAY['order.created'] FROM made
)
SELECT order_id, bucket FROM made \gset
UPDATE orders SET status = 'processing', updated_at = now()
WHERE order_id = :order_id AND bucket = :bucket AND version = 1 AND processed_version < 1;
WITH note AS (DELETE FROM batches WHERE batch_id = :order_id)
UPDATE orders SET status = 'done', total_amount = 44.98, processed_version = 1, announced_version = 1, updated_at = now()
WHERE order_id = :order_id AND bucket = :bucket AND version = 1 AND processed_version < 1;
