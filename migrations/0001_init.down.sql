BEGIN;

DROP TABLE dlq_replayed;
DROP TABLE intake_offsets;
DROP TABLE orders_retry;
DROP TABLE batches;
DROP TABLE orders;

COMMIT;
