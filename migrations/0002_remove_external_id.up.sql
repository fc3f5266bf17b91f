BEGIN;

-- What a client calls its order stands in the document alone: a generic order's `id`, a marketplace's `order_uid`.
UPDATE orders SET payload = payload || jsonb_build_object('id', external_id)
WHERE kind = 'generic' AND external_id IS NOT NULL AND payload ->> 'id' IS DISTINCT FROM external_id;
UPDATE orders SET payload = payload || jsonb_build_object('order_uid', external_id)
WHERE kind = 'marketplace' AND external_id IS NOT NULL AND payload ->> 'order_uid' IS DISTINCT FROM external_id;

DROP INDEX idx_orders_external_id;
ALTER TABLE orders DROP COLUMN external_id;
CREATE INDEX idx_orders_payload_id ON orders (customer_id, (payload ->> 'id')) WHERE kind = 'generic';

COMMIT;
