BEGIN;

DROP FUNCTION cleanup_old_orders(int);
DROP FUNCTION get_order_statistics();
DROP VIEW orders_with_stats;
DROP TRIGGER checkout_made ON orders;
DROP TRIGGER checkout_priced ON orders;
DROP TRIGGER checkout_turned ON orders;
-- The documents in `orders` hold all that was in them.
DROP TABLE order_addresses;
DROP TABLE order_items;
DROP FUNCTION items_truncated();
DROP FUNCTION checkout_must_be_whole();
DROP FUNCTION parts_changed();
DROP FUNCTION refresh_checkouts(uuid[], smallint[]);
DROP FUNCTION check_checkouts(uuid[], smallint[]);

DROP INDEX idx_orders_customer_id;
DROP INDEX idx_orders_email;
DROP INDEX idx_orders_status;
ALTER TABLE orders
    DROP COLUMN rare_status,
    DROP CONSTRAINT orders_version_check,
    DROP CONSTRAINT orders_status_check,
    ALTER COLUMN kind TYPE text,
    ALTER COLUMN status TYPE text,
    ALTER COLUMN email TYPE text,
    ALTER COLUMN currency TYPE char(3),
    ALTER COLUMN total_amount TYPE numeric(20,2),
    ALTER COLUMN create_hash TYPE bytea,
    ADD CONSTRAINT orders_kind_check CHECK (kind IN ('generic', 'marketplace', 'checkout')),
    ADD CONSTRAINT orders_status_check CHECK (status IN (
        'new', 'pending', 'processing', 'done', 'confirmed', 'shipped', 'delivered', 'refunded', 'cancelled',
        'deleted', 'failed')),
    ADD CONSTRAINT orders_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT orders_total_amount_check CHECK (abs(total_amount) < 1e16),
    ADD CONSTRAINT orders_create_hash_check CHECK (octet_length(create_hash) = 32),
    ADD CONSTRAINT orders_version_check CHECK (version >= 1),
    ADD CONSTRAINT orders_check CHECK (processed_version BETWEEN 0 AND version),
    ADD CONSTRAINT orders_check1 CHECK (announced_version BETWEEN 0 AND processed_version);
CREATE INDEX idx_orders_customer_id ON orders (customer_id, created_at);

DROP DOMAIN sha256;
DROP DOMAIN order_amount;
DROP DOMAIN currency_code;
DROP DOMAIN email_address;
DROP DOMAIN order_status;
DROP DOMAIN order_kind;

COMMIT;
