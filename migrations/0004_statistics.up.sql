BEGIN;

-- ANALYZE reads and sorts 300 rows for each unit of the largest target among a table's columns and its indexes'
-- expressions. Tables that grow by thousands of orders a second are analysed every minute: with the default target, 100,
-- that is half a second of a core for each partition, with 30 a tenth. Plans need no more: there are eleven statuses, and
-- whatever else is asked for is either rare or in order of time.
DO $$
DECLARE
    of_table  record;
    of_index  record;
BEGIN
    FOR of_table IN
        SELECT attrelid::regclass AS name, string_agg(format('ALTER %I SET STATISTICS 30', attname), ', ') AS changes
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
        EXECUTE format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS 30', of_index.name, of_index.number);
    END LOOP;
END $$;

COMMIT;
