-- `orders` orders, one a second until now: one checkout in ten, three that have failed, a hundred for each customer
-- (listing.py makes the same in SQLite). The checkouts' items are what their triggers would ask for; as in the service's
-- own batches, the triggers step aside.
BEGIN;
SET LOCAL orderstream.batch = on;

CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT number, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008000' || lpad(to_hex(number), 12, '0'))::uuid AS id,
       (number % 4)::smallint AS bucket, number % 10 = 0 AS is_checkout, at,
       lpad((number % 10000)::text, 8, '0') AS customer, (number % 100000 + 1) / 100.0 AS amount
FROM (SELECT number, now() - (:orders - number) * interval '1 second' AS at FROM generate_series(1, :orders) AS number) AS numbers;

INSERT INTO orders (order_id, bucket, kind, customer_id, email, status, currency, total_amount, payload, version,
                    processed_version, announced_version, created_at, updated_at)
SELECT id, bucket, CASE WHEN is_checkout THEN 'checkout' ELSE 'generic' END, customer || '-0000-4000-8000-000000000000',
       CASE WHEN is_checkout THEN 'customer-' || customer || '@example.com' END,
       CASE WHEN number > 1 AND number % (:orders / 4) = 1 THEN 'failed' WHEN is_checkout THEN 'confirmed' ELSE 'done' END, 'USD', amount,
       jsonb_build_object('id', 'order-' || number, 'note', 'please ring twice and leave it at the door', 'currency', 'USD',
                          'items', jsonb_build_array(jsonb_build_object('sku', 'AB-101', 'price', amount, 'quantity', 1))),
       1, 1, 1, at, at
FROM made;

INSERT INTO order_items (order_id, bucket, id, position, product_id, name, price, quantity)
SELECT id, bucket, id, 1, '11111111-0000-4000-8000-000000000000', 'a tea pot', amount, 1 FROM made WHERE is_checkout;

COMMIT;
VACUUM (ANALYZE) orders, order_items;
