-- A million orders, or `psql -v orders=N`, in a database that has the service's schema and no orders (psql -f): a year of all
-- kinds, 360,000 items, statuses as they are when the newest ten orders are still worked on, and three that failed.

\if :{?orders}
\else
\set orders 1000000
\endif

CREATE FUNCTION id_at(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (substr(clock, 1, 8) || '-' || substr(clock, 9) || '-7' || substr(gen_random_uuid()::text, 16))::uuid
    FROM (SELECT lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS clock) AS t
$$;

SELECT setseed(0.5);

CREATE TEMP TABLE sample AS
SELECT n, at, id_at(at) AS id, customer, amount, share,
       CASE WHEN kind < 0.80 THEN 'generic' WHEN kind < 0.82 THEN 'marketplace' ELSE 'checkout' END AS kind
FROM (SELECT n, timestamptz '2026-01-01' + n * interval '1 year' / :orders AS at, random() AS kind, random() AS share,
             lpad(floor(random() * random() * 50000)::text, 8, '0') || '-0000-4000-8000-000000000000' AS customer,
             round((5 + 500 * random() * random())::numeric, 2) AS amount
      FROM generate_series(1, :orders) AS n) AS drawn;

BEGIN;
SET LOCAL orderstream.batch = on;

INSERT INTO orders (order_id, bucket, kind, customer_id, email, status, currency, total_amount, payload, version,
                    processed_version, announced_version, created_at, updated_at)
SELECT id, get_byte(uuid_send(id), 15) % 4, kind, customer,
       CASE WHEN kind = 'checkout' THEN 'customer' || ltrim(split_part(customer, '-', 1), '0') || '@Example.com' END,
       CASE WHEN n IN (:orders / 4, :orders / 2, :orders * 3 / 4) THEN 'failed'
            WHEN n > :orders - 10 THEN CASE kind WHEN 'checkout' THEN 'pending' ELSE 'new' END
            WHEN kind <> 'checkout' THEN CASE WHEN share < 0.01 THEN 'cancelled' WHEN share < 0.015 THEN 'deleted'
                                              ELSE 'done' END
            WHEN share < 0.55 THEN 'delivered' WHEN share < 0.65 THEN 'shipped' WHEN share < 0.68 THEN 'processing'
            WHEN share < 0.70 THEN 'cancelled' WHEN share < 0.702 THEN 'refunded' WHEN share < 0.71 THEN 'deleted'
            ELSE 'confirmed' END,
       CASE WHEN share < 0.7 THEN 'USD' WHEN share < 0.999 THEN 'EUR' ELSE 'CHF' END, amount,
       CASE WHEN kind = 'checkout' THEN jsonb_build_object(
                'customer_id', customer, 'email', 'customer@example.com', 'currency', 'USD', 'metadata', NULL,
                'billing_address', NULL, 'shipping_address', jsonb_build_object(
                    'street', 'Long street 12', 'city', 'Some town', 'country', 'DE', 'zip_code', '12345'),
                'items', jsonb_build_array(
                    jsonb_build_object('id', gen_random_uuid(), 'product_id', gen_random_uuid(), 'name', 'A blue chair',
                                       'price', 1, 'quantity', 1, 'total', 1),
                    jsonb_build_object('id', gen_random_uuid(), 'product_id', gen_random_uuid(), 'name', 'A white table',
                                       'price', amount - 1, 'quantity', 1, 'total', amount - 1)))
            ELSE jsonb_build_object(
                'id', 'order-' || n, 'order_uid', 'uid' || n, 'currency', 'USD',
                'note', 'please ring twice and leave it at the door',
                'items', jsonb_build_array(jsonb_build_object('sku', 'AB-101', 'price', amount, 'quantity', 1))) END,
       1, 1, 1, at, at + interval '1 second' * (1 + share)
FROM sample ORDER BY n;

INSERT INTO order_items (order_id, bucket, id, position, product_id, name, price, quantity)
SELECT o.order_id, o.bucket, i.id, i.position, i.product_id, i.name, i.price, i.quantity
FROM orders o, ROWS FROM (jsonb_to_recordset(o.payload -> 'items')
                          AS (id uuid, product_id uuid, name text, price numeric, quantity int))
               WITH ORDINALITY AS i (id, product_id, name, price, quantity, position)
WHERE o.kind = 'checkout';

INSERT INTO order_addresses (order_id, bucket, type, street, city, country, zip_code)
SELECT order_id, bucket, 'shipping', 'Long street 12', 'Some town', 'DE', '12345' FROM orders WHERE kind = 'checkout';

COMMIT;
VACUUM (ANALYZE) orders, order_items, order_addresses;
