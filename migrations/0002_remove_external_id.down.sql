BEGIN;

DROP INDEX idx_orders_payload_id;
ALTER TABLE orders ADD COLUMN external_id text;
UPDATE orders SET external_id = nullif(payload ->> CASE kind WHEN 'marketplace' THEN 'order_uid' ELSE 'id' END, '')
WHERE kind IN ('generic', 'marketplace');
CREATE INDEX idx_orders_external_id ON orders (customer_id, external_id) WHERE external_id IS NOT NULL;

COMMIT;
