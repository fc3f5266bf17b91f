BEGIN;

DO $$
DECLARE
    of_table  record;
    of_index  record;
BEGIN
    FOR of_table IN
        SELECT attrelid::regclass AS name, string_agg(format('ALTER %I SET STATISTICS -1', attname), ', ') AS changes
        FROM pg_attribute
        WHERE attrelid IN ('orders'::regclass, 'order_items'::regclass, 'order_addresses'::regclass)
            AND attnum > 0 AND NOT attisdropped
        GROUP BY attrelid
    LOOP
        EXECUTE format('ALTER TABLE %s %s', of_table.name, of_table.changes);
    END LOOP;
    -- An expression has its target in each partition's own index.
    FOR of_index IN
        SELECT i.inhrelid::regclass AS name, of_expression.number
        FROM pg_inherits i, (VALUES ('idx_orders_email'::regclass, 1), ('idx_orders_payload_id'::regclass, 2))
            AS of_expression (index, number)
        WHERE i.inhparent = of_expression.index
    LOOP
        EXECUTE format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS -1', of_index.name, of_index.number);
    END LOOP;
END $$;

COMMIT;
