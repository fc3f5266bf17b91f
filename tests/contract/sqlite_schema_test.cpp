// What is in the file: its schema, however old the program that made it, and what it refuses and takes along by itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/store_contract.h"
#include "contract/store_sqlite.h"

namespace orderstream::contract {
namespace {

using order::Kind;
using order::Money;
using order::Status;
using testing::HasSubstr;

/// As the first program made it, with three orders in it.
constexpr const char* version_1 = R"sql(
PRAGMA journal_mode = WAL;
CREATE TABLE schema_migrations (version INTEGER NOT NULL, dirty INTEGER NOT NULL);
INSERT INTO schema_migrations VALUES (1, 0);
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
INSERT INTO orders VALUES
    (1, x'01890000000070008000000000000001', 'generic', 'anna', 'A-1', NULL, 'done', 'USD', 4999, 1, 1, 1, NULL,
     NULL, 1700000000000001, 1700000000000009),
    (2, x'01890000000070008000000000000002', 'marketplace', 'anna', 'B-2', 'Anna@example.com', 'failed', 'EUR', 100, 2,
     2, 0, NULL, 'no such price', 1700000000000002, 1700000000000008),
    (3, x'01890000000070008000000000000003', 'generic', 'bob', NULL, NULL, 'deleted', 'USD', -5, 2, 2, 1, NULL, NULL,
     1700000000000002, 1700000000000007);
INSERT INTO order_payloads VALUES (1, '{"id":"A-1"}'), (2, '{"order_uid":"B-2"}'), (3, '{}');
)sql";

std::string schema_of(const std::filesystem::path& data_dir) {
    return run_sql(data_dir, "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)");
}

TEST(SqliteSchema, a_file_of_the_first_version_becomes_like_a_new_one) {
    const TemporaryDirectory old;
    run_sql(old.path(), version_1);
    { const auto store = open_sqlite(old.path()); }
    EXPECT_EQ(run_sql(old.path(), "SELECT version || ' ' || dirty FROM schema_migrations"), "2 0");
    const TemporaryDirectory fresh;
    { const auto store = open_sqlite(fresh.path()); }
    EXPECT_EQ(schema_of(old.path()), schema_of(fresh.path()));
    EXPECT_EQ(run_sql(old.path(), "PRAGMA integrity_check"), "ok");
    { const auto store = open_sqlite(old.path()); }  // nothing more to do
    EXPECT_EQ(run_sql(old.path(), "SELECT count(*) FROM orders"), "3");
}

TEST(SqliteSchema, what_a_file_of_the_first_version_holds_is_listed_and_goes_on) {
    const TemporaryDirectory directory;
    run_sql(directory.path(), version_1);
    const auto store = open_sqlite(directory.path());
    sqlite::SqliteListing listing(*store);
    EXPECT_EQ(listing.list({})->total, 2u);
    for (const ports::OrderFilter& filter :
         {ports::OrderFilter{.status = Status::failed}, ports::OrderFilter{.email = "anna@EXAMPLE.com"}}) {
        const auto page = listing.list({.filter = filter});
        ASSERT_EQ(page->orders.size(), 1u);
        EXPECT_EQ(page->orders.front()->external_id, "B-2");
    }
    EXPECT_EQ(listing.list({.filter = {.status = Status::deleted}})->total, 1u);
    EXPECT_EQ(listing.statistics()->size(), 3u);

    order::Change change;
    change.order_id = *order::parse_order_id("01890000-0000-7000-8000-000000000002");
    change.kind = Kind::marketplace;
    change.verb = order::Verb::replace;
    change.customer_id = "anna";
    change.document.payload = std::make_shared<const std::string>("{}");
    const order::Change* const batch[] = {&change};
    EXPECT_TRUE(store->apply(order::Uuid{}, batch, {})->front().applied);
    EXPECT_EQ(listing.list({.filter = {.status = Status::failed}})->total, 0u);
}

/// Checkouts in a file that SQL looks into, and meddles with.
class SqliteParts : public StoreContract {
  protected:
    [[nodiscard]] std::string sql(const std::string& statements) {
        return run_sql(data_dir(), "PRAGMA foreign_keys = ON; " + statements);
    }
    /// Why they fail.
    [[nodiscard]] std::string refusal(const std::string& statements) {
        return sql_refusal(data_dir(), "PRAGMA foreign_keys = ON; " + statements);
    }

  private:
    [[nodiscard]] const std::filesystem::path& data_dir() {
        return static_cast<SqliteUnderTest&>(under_test()).data_dir();
    }
};

TEST_P(SqliteParts, items_and_addresses_stand_in_tables_of_their_own) {
    order::Change change = create(Kind::checkout);
    set_items(change, {{.cents = 4999, .quantity = 3}, {.cents = 10, .quantity = 7}, {.cents = 29}});
    apply(change);
    EXPECT_EQ(sql("SELECT group_concat(position || ':' || price || 'x' || quantity || '=' || total, ' ') "
                  "FROM order_items JOIN orders USING (seq)"),
              "0:4999x3=14997 1:10x7=70 2:29x1=29");
    EXPECT_EQ(sql("SELECT sum(total) - total_amount FROM order_items JOIN orders USING (seq)"), "0");
    EXPECT_EQ(sql("SELECT name FROM order_items LIMIT 1"), "Tea 茶");
    EXPECT_EQ(sql("SELECT hex(product_id) FROM order_items LIMIT 1"), "456E7890E89B12D3A456426614174001");
    // The server's ids, as the document has them.
    EXPECT_EQ(sql("SELECT count(*) FROM order_payloads, json_each(payload, '$.items') AS i JOIN order_items AS o "
                  "ON o.position = i.key AND hex(o.id) = upper(replace(i.value ->> 'id', '-', ''))"),
              "3");
    EXPECT_EQ(sql("SELECT type || ', ' || street || ', ' || city || ', ' || ifnull(state, 'no state') || ', ' || "
                  "country || ', ' || zip_code FROM order_addresses"),
              "shipping, Wałowa 1, Gdańsk, no state, PL, 80-858");
}

TEST_P(SqliteParts, a_replaced_document_replaces_them) {
    const order::Change other = create(Kind::checkout);
    order::Change change = create(Kind::checkout);
    set_items(change, {{.cents = 1}, {.cents = 2}, {.cents = 3}});
    apply({other, change});
    order::Change replaced = replace(change);
    set_items(replaced, {{.cents = 5, .quantity = 2}});
    apply(replaced);
    EXPECT_EQ(sql("SELECT group_concat(price || 'x' || quantity, ' ') FROM (SELECT * FROM order_items ORDER BY seq)"),
              std::to_string(other.document.total_amount.cents()) + "x1 5x2");
    EXPECT_EQ(sql("SELECT count(*) FROM order_addresses"), "2");
}

TEST_P(SqliteParts, a_refused_checkout_leaves_none_behind) {
    order::Change wrong = create(Kind::checkout);
    wrong.document.total_amount = Money::of_cents(1);
    ASSERT_FALSE(apply_whole(new_note(), {create(Kind::checkout), wrong}));
    EXPECT_EQ(sql("SELECT (SELECT count(*) FROM order_items) + (SELECT count(*) FROM order_addresses)"), "0");
}

TEST_P(SqliteParts, other_kinds_have_none) {
    order::Change change = create(Kind::generic);
    change.document.payload = std::make_shared<const std::string>(R"({"items":[{"price":1}]})");
    apply({change, create(Kind::marketplace)});
    EXPECT_EQ(sql("SELECT count(*) FROM order_items"), "0");
}

TEST_P(SqliteParts, an_order_that_is_deleted_by_hand_takes_them_along) {
    apply({create(Kind::checkout), create(Kind::checkout)});
    EXPECT_EQ(sql("DELETE FROM orders WHERE seq = 1; SELECT group_concat(seq) FROM order_items"), "2");
    EXPECT_EQ(sql("SELECT group_concat(seq) FROM order_addresses"), "2");
}

TEST_P(SqliteParts, sql_by_hand_is_held_to_the_same) {
    apply(create(Kind::checkout));
    for (const char* nonsense : {"UPDATE order_items SET price = -1", "UPDATE order_items SET price = 0",
                                 "UPDATE order_items SET price = 10000000000", "UPDATE order_items SET quantity = 0",
                                 "UPDATE order_items SET name = ''", "UPDATE order_items SET product_id = 'x'",
                                 "UPDATE order_items SET seq = 7", "UPDATE order_addresses SET type = 'holiday'",
                                 "UPDATE order_addresses SET city = NULL", "UPDATE orders SET status = 'lost'"}) {
        EXPECT_THAT(refusal(nonsense), HasSubstr("constraint failed")) << nonsense;
    }
}

INSTANTIATE_TEST_SUITE_P(Sqlite, SqliteParts,
                         testing::Values(StoreAdapter{.name = "sqlite", .make = std::make_unique<SqliteUnderTest>}),
                         [](const auto& adapter) { return adapter.param.name; });

}  // namespace
}  // namespace orderstream::contract
