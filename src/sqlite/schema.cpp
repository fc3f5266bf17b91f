#include "sqlite/schema.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "sqlite/statement.h"

namespace orderstream::sqlite {
namespace {

// The tables of REFERENCE with SQLite's own choices, each measured:
// - A worker writes an order's row twice, so the row is narrow: its document stands in a table beside it, which only a
//   client's change touches (documents of 1 KB: three times the rate of one wide row in a WITHOUT ROWID table).
// - `seq` is the rowid under a name that foreign keys can use.
// - The checks are chains of `or`: SQLite builds the list of an `in` anew for every row (6 us per order).
// Money is in cents, times are microseconds since 1970 in UTC, ids are 16 bytes.
constexpr std::string_view init = R"sql(
CREATE TABLE orders (
    seq               INTEGER PRIMARY KEY,
    order_id          BLOB NOT NULL UNIQUE CHECK (length(order_id) = 16),
    bucket            INTEGER AS ((instr('0123456789ABCDEF', substr(hex(order_id), 32)) - 1) % 4) VIRTUAL,
    kind              TEXT NOT NULL CHECK (kind = 'generic' OR kind = 'marketplace' OR kind = 'checkout'),
    customer_id       TEXT NOT NULL,
    external_id       TEXT,
    email             TEXT,
    status            TEXT NOT NULL CHECK (
        status = 'new' OR status = 'processing' OR status = 'done' OR status = 'pending' OR status = 'confirmed'
        OR status = 'shipped' OR status = 'delivered' OR status = 'refunded' OR status = 'cancelled'
        OR status = 'deleted' OR status = 'failed'),
    currency          TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    total_amount      INTEGER NOT NULL CHECK (abs(total_amount) < 1000000000000000000),
    version           INTEGER NOT NULL CHECK (version >= 1),
    processed_version INTEGER NOT NULL CHECK (processed_version >= 0 AND processed_version <= version),
    announced_version INTEGER NOT NULL CHECK (announced_version >= 0 AND announced_version <= processed_version),
    create_hash       BLOB CHECK (length(create_hash) = 32),
    failure_reason    TEXT,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
);
CREATE INDEX idx_orders_customer_id ON orders (customer_id, external_id, created_at);

CREATE TABLE order_payloads (
    seq     INTEGER PRIMARY KEY REFERENCES orders (seq) ON DELETE CASCADE,
    payload TEXT NOT NULL
);

CREATE TABLE batches (
    batch_id     BLOB NOT NULL PRIMARY KEY CHECK (length(batch_id) = 16),
    owner        INTEGER NOT NULL,
    stored_at    INTEGER NOT NULL,
    published_at INTEGER,
    order_ids    BLOB NOT NULL,  -- 16 bytes each
    versions     BLOB NOT NULL,  -- 4 bytes each, the most significant first; 0: changed nothing
    types        TEXT NOT NULL   -- a letter each: c(reated) u(pdated) d(eleted) x (cancelled) s(tatus_changed)
);
CREATE INDEX idx_batches_published_at ON batches (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE orders_retry (
    order_id BLOB NOT NULL REFERENCES orders (order_id) ON DELETE CASCADE,
    version  INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_at   INTEGER NOT NULL,
    error    TEXT NOT NULL,
    PRIMARY KEY (order_id, version)
) WITHOUT ROWID;
CREATE INDEX idx_orders_retry_due_at ON orders_retry (due_at);
)sql";

// What listings find orders by. A create pays for an entry in the index by time, which only grows at its end, and, if
// it has an e-mail, for one in the index by e-mail, somewhere in the middle. idx_orders_status holds the orders whose
// status is rare, which neither a create nor the worker's ordinary way ever touches: they only find out that the row is
// not in it. As in the checks above, a chain of `or`; a query uses the index where it names one of these statuses as a
// literal.
//
// Items and addresses repeat what a checkout's document says, for whoever asks by SQL. They name their order by `seq`:
// by its id, which may be anywhere in an index (UUIDv5), an order and its three items cost 31 us instead of 16, by a
// UUIDv7 13 instead of 12. No program of the first version stored a checkout, so there is nothing to fill them with.
constexpr std::string_view listings_and_checkouts = R"sql(
CREATE INDEX idx_orders_created_at ON orders (created_at, order_id);
CREATE INDEX idx_orders_email ON orders (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX idx_orders_status ON orders (status, created_at, order_id) WHERE
    status = 'failed' OR status = 'cancelled' OR status = 'deleted' OR status = 'shipped' OR status = 'delivered'
    OR status = 'refunded';

CREATE TABLE order_items (
    seq        INTEGER NOT NULL REFERENCES orders (seq) ON DELETE CASCADE,
    position   INTEGER NOT NULL CHECK (position >= 0),
    id         BLOB NOT NULL CHECK (length(id) = 16),
    product_id BLOB NOT NULL CHECK (length(product_id) = 16),
    name       TEXT NOT NULL CHECK (length(name) >= 1 AND length(name) <= 255),
    price      INTEGER NOT NULL CHECK (price > 0 AND price <= 9999999999),
    quantity   INTEGER NOT NULL CHECK (quantity > 0 AND quantity <= 2147483647),
    total      INTEGER AS (price * quantity) VIRTUAL,
    PRIMARY KEY (seq, position)
) WITHOUT ROWID;

CREATE TABLE order_addresses (
    seq      INTEGER NOT NULL REFERENCES orders (seq) ON DELETE CASCADE,
    type     TEXT NOT NULL CHECK (type = 'shipping' OR type = 'billing'),
    street   TEXT NOT NULL CHECK (length(street) >= 1 AND length(street) <= 255),
    city     TEXT NOT NULL CHECK (length(city) >= 1 AND length(city) <= 255),
    state    TEXT CHECK (length(state) <= 255),
    country  TEXT NOT NULL CHECK (length(country) >= 1 AND length(country) <= 255),
    zip_code TEXT NOT NULL CHECK (length(zip_code) >= 1 AND length(zip_code) <= 255),
    PRIMARY KEY (seq, type)
) WITHOUT ROWID;
)sql";

// The n-th makes version n out of version n - 1.
constexpr std::array migrations{init, listings_and_checkouts};
constexpr std::int64_t newest = migrations.size();

bool has_table(Connection& connection, std::string_view name) {
    Statement find(connection, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1");
    return find.query(name).next();
}

void step_to(Connection& connection, std::int64_t version) {
    connection.execute("BEGIN IMMEDIATE");
    connection.execute(std::string(migrations[static_cast<std::size_t>(version - 1)]));
    connection.execute("DELETE FROM schema_migrations");
    Statement(connection, "INSERT INTO schema_migrations (version, dirty) VALUES (?1, 0)").run(version);
    connection.execute("COMMIT");
}

}  // namespace

std::optional<std::string> migrate(Connection& connection) {
    std::int64_t version = 0;
    if (has_table(connection, "schema_migrations")) {
        Statement read(connection, "SELECT version, dirty FROM schema_migrations");
        Rows rows = read.query();
        if (rows.next()) {
            version = rows.integer64(0);
            if (rows.integer64(1) != 0) return fmt::format("its migration to version {} was left half-way", version);
        }
    } else if (has_table(connection, "orders")) {
        return "it has a table `orders` that OrderStream did not make";
    } else {
        connection.execute("CREATE TABLE schema_migrations (version INTEGER NOT NULL, dirty INTEGER NOT NULL)");
    }
    if (version > newest) {
        return fmt::format("its schema has version {}, made by a newer OrderStream; this one knows {} at most", version,
                           newest);
    }
    while (version < newest) step_to(connection, ++version);
    return std::nullopt;
}

}  // namespace orderstream::sqlite
