-- What the yardsticks' database has besides the service's own tables: ids and an order like those of orders.lua.

-- As the service makes them: the clock first (UUIDv7), so that new rows are neighbours in the index.
CREATE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (substr(clock, 1, 8) || '-' || substr(clock, 9) || '-7' || substr(gen_random_uuid()::text, 16))::uuid
    FROM (SELECT lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS clock) AS now
$$;

CREATE FUNCTION bucket_of(id uuid) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
    SELECT (get_byte(uuid_send(id), 15) % 4)::smallint
$$;

CREATE FUNCTION new_customer() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT lpad(floor(random() * 10000)::text, 8, '0') || '-0000-4000-8000-000000000000'
$$;

CREATE FUNCTION document() RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT '{"id":"order-0000000001","currency":"USD","note":"please ring twice and leave it at the door","items":[{"sku":"AB-101","price":19.99,"quantity":2},{"sku":"CD-2002","price":5,"quantity":1}]}'::jsonb
$$;
