BEGIN;

-- An order's partition follows from its id: the last byte modulo four (a UUIDv7 begins with the clock).
-- No index names a column that the worker changes, not even in a predicate: it would end HOT updates.
CREATE TABLE orders (
    order_id          uuid          NOT NULL,
    bucket            smallint      NOT NULL,
    kind              text          NOT NULL CHECK (kind IN ('generic', 'marketplace', 'checkout')),
    customer_id       text          NOT NULL,
    external_id       text,
    email             text,
    status            text          NOT NULL CHECK (status IN (
        'new', 'pending', 'processing', 'done', 'confirmed', 'shipped', 'delivered', 'refunded', 'cancelled',
        'deleted', 'failed')),
    currency          char(3)       NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    total_amount      numeric(20,2) NOT NULL CHECK (abs(total_amount) < 1e16),
    payload           jsonb         NOT NULL,
    version           int           NOT NULL CHECK (version >= 1),
    processed_version int           NOT NULL CHECK (processed_version BETWEEN 0 AND version),
    announced_version int           NOT NULL CHECK (announced_version BETWEEN 0 AND processed_version),
    create_hash       bytea         CHECK (octet_length(create_hash) = 32),
    failure_reason    text,
    created_at        timestamptz   NOT NULL DEFAULT now(),
    updated_at        timestamptz   NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, bucket),
    CHECK (bucket = get_byte(uuid_send(order_id), 15) % 4)
) PARTITION BY LIST (bucket);

-- Half of each page is left for the worker's two updates.
CREATE TABLE orders_p0 PARTITION OF orders FOR VALUES IN (0) WITH (fillfactor = 50);
CREATE TABLE orders_p1 PARTITION OF orders FOR VALUES IN (1) WITH (fillfactor = 50);
CREATE TABLE orders_p2 PARTITION OF orders FOR VALUES IN (2) WITH (fillfactor = 50);
CREATE TABLE orders_p3 PARTITION OF orders FOR VALUES IN (3) WITH (fillfactor = 50);

CREATE INDEX idx_orders_customer_id ON orders (customer_id, created_at);
CREATE INDEX idx_orders_created_at ON orders (created_at, order_id);
CREATE INDEX idx_orders_external_id ON orders (customer_id, external_id) WHERE external_id IS NOT NULL;

-- The notes: what each stored batch changed, until its events can no longer be lost. A queue: rows come and go.
CREATE TABLE batches (
    batch_id     uuid        PRIMARY KEY,
    owner        bigint      NOT NULL,
    order_ids    uuid[]      NOT NULL,
    buckets      smallint[]  NOT NULL,
    versions     int[]       NOT NULL,  -- 0: changed nothing
    types        text[]      NOT NULL,  -- order.created ...
    stored_at    timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Orders whose processor failed for now.
CREATE TABLE orders_retry (
    order_id uuid        NOT NULL,
    bucket   smallint    NOT NULL,
    version  int         NOT NULL,
    attempts int         NOT NULL,
    due_at   timestamptz NOT NULL,
    error    text        NOT NULL,
    PRIMARY KEY (order_id, bucket, version),
    FOREIGN KEY (order_id, bucket) REFERENCES orders ON DELETE CASCADE
);
CREATE INDEX idx_orders_retry_due_at ON orders_retry (due_at);

-- Where the intake goes on reading.
CREATE TABLE intake_offsets (
    topic       text   NOT NULL,
    partition   int    NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- Dead letters that were sent back already.
CREATE TABLE dlq_replayed (
    topic     text   NOT NULL,
    partition int    NOT NULL,
    "offset"  bigint NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
);

COMMIT;
