BEGIN;

-- Checkouts in tables, and a database that defends them against anyone.

-- PostgreSQL makes each CHECK of a table ready anew in every statement and for every partition, whatever the statement
-- writes (measured: a sixth of the server's time from create to done). A domain's checks a session makes ready once, and
-- asks only where the column is written: what concerns one column alone is the domain's.
CREATE DOMAIN order_kind AS text CHECK (value IN ('generic', 'marketplace', 'checkout'));
CREATE DOMAIN order_status AS text CHECK (value IN (
    'new', 'pending', 'processing', 'done', 'confirmed', 'shipped', 'delivered', 'refunded', 'cancelled', 'deleted',
    'failed'));
CREATE DOMAIN email_address AS text CHECK (
    length(value) <= 255 AND value ~ '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$');
CREATE DOMAIN currency_code AS char(3) CHECK (value ~ '^[A-Z]{3}$');
CREATE DOMAIN order_amount AS numeric(20,2) CHECK (abs(value) < 1e16);
CREATE DOMAIN sha256 AS bytea CHECK (octet_length(value) = 32);

-- `rare_status` is the status of an order that has left the ordinary way. It stays NULL while workers work, so their
-- updates stay HOT in spite of the index on it: PostgreSQL compares values. This rewrites the table.
DROP INDEX idx_orders_customer_id;
ALTER TABLE orders
    DROP CONSTRAINT orders_kind_check,
    DROP CONSTRAINT orders_status_check,
    DROP CONSTRAINT orders_currency_check,
    DROP CONSTRAINT orders_total_amount_check,
    DROP CONSTRAINT orders_create_hash_check,
    DROP CONSTRAINT orders_version_check,
    DROP CONSTRAINT orders_check,
    DROP CONSTRAINT orders_check1,
    ALTER COLUMN kind TYPE order_kind,
    ALTER COLUMN status TYPE order_status,
    ALTER COLUMN email TYPE email_address,
    ALTER COLUMN currency TYPE currency_code,
    ALTER COLUMN total_amount TYPE order_amount,
    ALTER COLUMN create_hash TYPE sha256,
    ADD CONSTRAINT orders_status_check CHECK (kind <> 'checkout' OR status <> ALL ('{new,done}')),
    ADD CONSTRAINT orders_version_check CHECK (
        version >= 1 AND processed_version <= version AND announced_version BETWEEN 0 AND processed_version),
    ADD COLUMN rare_status text GENERATED ALWAYS AS (
        CASE WHEN status <> ALL ('{new,processing,done,pending,confirmed}') THEN status END) STORED;

CREATE INDEX idx_orders_status ON orders (rare_status, created_at, order_id) WHERE rare_status IS NOT NULL;
-- "C" lowers ASCII alone, in any database.
CREATE INDEX idx_orders_email ON orders (lower(email COLLATE "C"), created_at, order_id) WHERE email IS NOT NULL;
-- A page of one customer's orders, too, is one stretch of the index.
CREATE INDEX idx_orders_customer_id ON orders (customer_id, created_at, order_id);

CREATE TABLE order_items (
    order_id   uuid          NOT NULL,
    bucket     smallint      NOT NULL,
    id         uuid          NOT NULL,
    position   int           NOT NULL,  -- in the document, from 1
    product_id uuid          NOT NULL,
    name       text          NOT NULL,
    price      numeric(20,2) NOT NULL,
    quantity   int           NOT NULL,
    total      numeric(20,2) NOT NULL GENERATED ALWAYS AS (price * quantity) STORED,
    CONSTRAINT idx_order_items_order_id PRIMARY KEY (order_id, bucket, id),
    CONSTRAINT order_items_check CHECK (
        price > 0 AND price <= 99999999.99 AND quantity > 0 AND position > 0 AND length(name) BETWEEN 1 AND 255)
) PARTITION BY LIST (bucket);

CREATE TABLE order_addresses (
    order_id uuid     NOT NULL,
    bucket   smallint NOT NULL,
    type     text     NOT NULL,
    street   text     NOT NULL,
    city     text     NOT NULL,
    state    text,
    country  text     NOT NULL,
    zip_code text     NOT NULL,
    PRIMARY KEY (order_id, bucket, type),
    CONSTRAINT order_addresses_check CHECK (
        type IN ('shipping', 'billing') AND length(street) BETWEEN 1 AND 255 AND length(city) BETWEEN 1 AND 255
        AND length(country) BETWEEN 1 AND 255 AND length(zip_code) BETWEEN 1 AND 255
        AND (state IS NULL OR length(state) <= 255))
) PARTITION BY LIST (bucket);

-- A key that names its own partition of the orders is looked up twice as fast as one that names them all.
DO $$
BEGIN
    FOR bucket IN 0..3 LOOP
        EXECUTE format('CREATE TABLE order_items_p%1$s PARTITION OF order_items FOR VALUES IN (%1$s)', bucket);
        EXECUTE format('CREATE TABLE order_addresses_p%1$s PARTITION OF order_addresses FOR VALUES IN (%1$s)', bucket);
    END LOOP;
END $$;

INSERT INTO order_items (order_id, bucket, id, position, product_id, name, price, quantity)
SELECT order_id, bucket, (item ->> 'id')::uuid, place, (item ->> 'product_id')::uuid, item ->> 'name',
       (item ->> 'price')::numeric, (item ->> 'quantity')::int
FROM orders, jsonb_array_elements(payload -> 'items') WITH ORDINALITY AS items (item, place)
WHERE kind = 'checkout';

INSERT INTO order_addresses (order_id, bucket, type, street, city, state, country, zip_code)
SELECT order_id, bucket, type, address ->> 'street', address ->> 'city', address ->> 'state', address ->> 'country',
       address ->> 'zip_code'
FROM orders, unnest(ARRAY['shipping', 'billing']) AS types (type), jsonb_extract_path(payload, type || '_address') AS address
WHERE kind = 'checkout' AND jsonb_typeof(address) = 'object';

DO $$
BEGIN
    FOR bucket IN 0..3 LOOP
        EXECUTE format('ALTER TABLE order_items_p%1$s ADD CONSTRAINT order_items_order_fkey '
                       'FOREIGN KEY (order_id, bucket) REFERENCES orders_p%1$s ON DELETE CASCADE', bucket);
        EXECUTE format('ALTER TABLE order_addresses_p%1$s ADD CONSTRAINT order_addresses_order_fkey '
                       'FOREIGN KEY (order_id, bucket) REFERENCES orders_p%1$s ON DELETE CASCADE', bucket);
    END LOOP;
END $$;

-- The functions below look orders up by their keys, whatever a session has set, and find the tables of this schema.

-- Refuses the first of these orders that is a checkout without items or with a wrong total. What a batch of the service
-- asks before its COMMIT, and what the constraint triggers below ask for everybody else. A total is at least 0.01, for
-- the items' prices and quantities are.
CREATE FUNCTION check_checkouts(order_ids uuid[], buckets smallint[]) RETURNS void LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    bad record;
BEGIN
    SELECT found.* INTO bad
    FROM unnest(order_ids, buckets) WITH ORDINALITY AS c (order_id, bucket, place), LATERAL (
        SELECT o.order_id, o.total_amount, (SELECT sum(i.total) FROM order_items i
                                            WHERE i.order_id = c.order_id AND i.bucket = c.bucket) AS items_total
        FROM orders o WHERE o.order_id = c.order_id AND o.bucket = c.bucket AND o.kind = 'checkout') AS found
    WHERE items_total IS DISTINCT FROM total_amount OR total_amount > 99999999.99 ORDER BY place LIMIT 1;
    IF FOUND THEN
        RAISE check_violation USING TABLE = 'orders', CONSTRAINT = 'orders_items_check', MESSAGE = CASE
            WHEN bad.items_total IS NULL THEN format('checkout %s has no items', bad.order_id)
            WHEN bad.items_total <> bad.total_amount THEN format('the total of checkout %s is %s, its items add up to %s',
                                                                 bad.order_id, bad.total_amount, bad.items_total)
            ELSE format('the total of checkout %s is more than 99999999.99', bad.order_id) END;
    END IF;
END $$;

-- Lets these checkouts follow their items and addresses: the total, the document, and a version of its own, which is
-- published like any other. What a client could have changed by a new document (src/order/lifecycle.cpp) goes to the
-- worker again; in any later status there is nothing left to do for this version. An order that has lost all of its
-- items is left as it is: it gets new ones in this transaction, or is refused at its end.
CREATE FUNCTION refresh_checkouts(order_ids uuid[], buckets smallint[]) RETURNS void LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    -- In the order in which everybody locks them; the next statement then sees what the others have done to the items.
    PERFORM FROM unnest(order_ids, buckets) AS c (order_id, bucket)
    JOIN orders o ON o.order_id = c.order_id AND o.bucket = c.bucket ORDER BY o.order_id FOR NO KEY UPDATE OF o;

    WITH changed AS (
        UPDATE orders o
        SET total_amount = items.total, payload = o.payload || items.document || addresses.document,
            version = o.version + 1, updated_at = greatest(o.updated_at, now()),
            status = CASE WHEN o.status IN ('confirmed', 'failed') THEN 'pending' ELSE o.status END,
            failure_reason = CASE WHEN o.status <> 'failed' THEN o.failure_reason END,
            processed_version = CASE WHEN o.status IN ('pending', 'confirmed', 'failed') THEN o.processed_version
                                     ELSE o.version + 1 END
        FROM unnest(order_ids, buckets) AS c (order_id, bucket), LATERAL (
            SELECT sum(i.total) AS total, jsonb_build_object('items', jsonb_agg(jsonb_build_object(
                       'id', i.id, 'product_id', i.product_id, 'name', i.name, 'price', trim_scale(i.price),
                       'quantity', i.quantity, 'total', trim_scale(i.total)) ORDER BY i.position, i.id)) AS document
            FROM order_items i WHERE i.order_id = c.order_id AND i.bucket = c.bucket
        ) AS items, LATERAL (
            SELECT '{"shipping_address": null, "billing_address": null}' || coalesce(jsonb_object_agg(
                       a.type || '_address', jsonb_strip_nulls(jsonb_build_object(
                           'street', a.street, 'city', a.city, 'state', a.state, 'country', a.country,
                           'zip_code', a.zip_code))), '{}') AS document
            FROM order_addresses a WHERE a.order_id = c.order_id AND a.bucket = c.bucket
        ) AS addresses
        WHERE o.order_id = c.order_id AND o.bucket = c.bucket AND o.kind = 'checkout' AND items.total IS NOT NULL
            AND (o.total_amount <> items.total OR o.payload <> o.payload || items.document || addresses.document)
        RETURNING o.order_id, o.bucket, o.version
    )
    -- Notes of an owner that is never there: whoever looks for those of the dead takes them over. They sort before all
    -- others, so that nobody who reads notes in sequence passes over its own.
    INSERT INTO batches (batch_id, owner, order_ids, buckets, versions, types)
    SELECT overlay(gen_random_uuid()::text PLACING '00000000-0000-7' FROM 1)::uuid, -1, array_agg(order_id),
           array_agg(bucket), array_agg(version), array_agg('order.updated'::text)
    FROM (SELECT *, row_number() OVER (ORDER BY order_id) AS place FROM changed) AS numbered
    GROUP BY (place - 1) / 500;
END $$;

-- Statements that change parts of orders. Those of the service's batches step aside: what they do is whole in itself.
CREATE FUNCTION parts_changed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    order_ids uuid[];
    buckets smallint[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(parts.order_id), array_agg(parts.bucket) INTO order_ids, buckets
        FROM (SELECT order_id, bucket FROM changed UNION SELECT order_id, bucket FROM changed_to) AS parts;
    ELSE
        SELECT array_agg(parts.order_id), array_agg(parts.bucket) INTO order_ids, buckets
        FROM (SELECT DISTINCT order_id, bucket FROM changed) AS parts;
    END IF;
    IF order_ids IS NOT NULL THEN
        PERFORM refresh_checkouts(order_ids, buckets);
    END IF;
    RETURN NULL;
END $$;

-- At the end of the transaction. That a batch of the service steps aside is asked before the function where it is worth
-- it, and here where the question would cost every update of an order more than it spares.
CREATE FUNCTION checkout_must_be_whole() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF current_setting('orderstream.batch', true) = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM check_checkouts(ARRAY[NEW.order_id], ARRAY[NEW.bucket]);
    END IF;
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.order_id <> NEW.order_id THEN
        PERFORM check_checkouts(ARRAY[OLD.order_id], ARRAY[OLD.bucket]);
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER checkout_made AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.kind = 'checkout' AND current_setting('orderstream.batch', true) IS DISTINCT FROM 'on')
EXECUTE FUNCTION checkout_must_be_whole();
CREATE CONSTRAINT TRIGGER checkout_priced AFTER UPDATE ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.kind = 'checkout' AND NEW.total_amount <> OLD.total_amount) EXECUTE FUNCTION checkout_must_be_whole();
CREATE CONSTRAINT TRIGGER checkout_turned AFTER UPDATE OF kind ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.kind = 'checkout') EXECUTE FUNCTION checkout_must_be_whole();
CREATE CONSTRAINT TRIGGER items_changed AFTER INSERT OR UPDATE OR DELETE ON order_items
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (current_setting('orderstream.batch', true) IS DISTINCT FROM 'on')
EXECUTE FUNCTION checkout_must_be_whole();

-- Nothing tells whose items a TRUNCATE took.
CREATE FUNCTION items_truncated() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM check_checkouts(array_agg(order_id), array_agg(bucket)) FROM orders WHERE kind = 'checkout';
    RETURN NULL;
END $$;

-- A statement fires the triggers of the table that it names: of a partition those of the partition.
DO $$
DECLARE
    part text;
    target text;
BEGIN
    FOREACH part IN ARRAY ARRAY['order_items', 'order_addresses'] LOOP
        FOREACH target IN ARRAY ARRAY[part, part || '_p0', part || '_p1', part || '_p2', part || '_p3'] LOOP
            EXECUTE format('CREATE TRIGGER refresh_after_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS changed '
                           'WHEN (current_setting(''orderstream.batch'', true) IS DISTINCT FROM ''on'') '
                           'EXECUTE FUNCTION parts_changed()', target);
            EXECUTE format('CREATE TRIGGER refresh_after_update AFTER UPDATE ON %I '
                           'REFERENCING OLD TABLE AS changed NEW TABLE AS changed_to '
                           'WHEN (current_setting(''orderstream.batch'', true) IS DISTINCT FROM ''on'') '
                           'EXECUTE FUNCTION parts_changed()', target);
            EXECUTE format('CREATE TRIGGER refresh_after_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS changed '
                           'WHEN (current_setting(''orderstream.batch'', true) IS DISTINCT FROM ''on'') '
                           'EXECUTE FUNCTION parts_changed()', target);
        END LOOP;
    END LOOP;
    FOREACH target IN ARRAY ARRAY['order_items_p0', 'order_items_p1', 'order_items_p2', 'order_items_p3'] LOOP
        EXECUTE format('CREATE TRIGGER check_after_truncate AFTER TRUNCATE ON %I EXECUTE FUNCTION items_truncated()',
                       target);
    END LOOP;
END $$;

DO $$
BEGIN
    PERFORM check_checkouts(array_agg(order_id), array_agg(bucket)) FROM orders WHERE kind = 'checkout';
END $$;

CREATE VIEW orders_with_stats AS
SELECT o.order_id, o.bucket, o.customer_id, o.email, o.status, o.currency, o.total_amount, o.version,
       o.processed_version, o.failure_reason, o.created_at, o.updated_at, items.items_count, items.total_quantity,
       EXISTS (SELECT FROM order_addresses a WHERE a.order_id = o.order_id AND a.bucket = o.bucket
               AND a.type = 'shipping') AS has_shipping_address
FROM orders o CROSS JOIN LATERAL (
    SELECT count(*) AS items_count, coalesce(sum(i.quantity), 0) AS total_quantity
    FROM order_items i WHERE i.order_id = o.order_id AND i.bucket = o.bucket) AS items
WHERE o.kind = 'checkout';

-- Checkouts by status, deleted ones, too.
CREATE FUNCTION get_order_statistics()
RETURNS TABLE (status text, count bigint, total_amount numeric, avg_amount numeric)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT o.status, count(*), sum(o.total_amount), round(avg(o.total_amount), 2)
    FROM orders o WHERE o.kind = 'checkout' GROUP BY o.status ORDER BY o.status
$$;

-- Removes deleted orders of any kind that nobody has touched for so long, their parts with them.
CREATE FUNCTION cleanup_old_orders(older_than_days int DEFAULT 365) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT SET orderstream.batch = on AS $$
DECLARE
    removed bigint;
BEGIN
    IF older_than_days < 0 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'older_than_days must not be negative';
    END IF;
    DELETE FROM orders
    WHERE rare_status = 'deleted' AND status = 'deleted' AND updated_at < now() - make_interval(days => older_than_days);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;

COMMIT;
