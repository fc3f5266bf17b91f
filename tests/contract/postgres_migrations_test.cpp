// The schema's way forth and back, on a real server.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "contract/postgres_server.h"
#include "postgres/migrations.h"

namespace orderstream::contract {
namespace {

namespace fs = std::filesystem;
using postgres::embedded_migrations;
using postgres::Migration;
using postgres::Migrator;
using testing::AllOf;
using testing::HasSubstr;

class PostgresMigrations : public testing::Test {
  protected:
    std::string sql(const std::string& statement) { return PostgresServer::get().run_sql(database_, statement); }
    Migrator migrator(std::vector<Migration> migrations = embedded_migrations()) {
        return {PostgresServer::get().dsn(database_), std::move(migrations)};
    }
    std::string version() {
        const auto at = migrator().version();
        if (!at) return at.error().message;
        return fmt::format("{}{}", at->number.value_or(0), at->dirty ? " dirty" : "");
    }
    /// What up() is refused with.
    std::string refusal() {
        const auto steps = migrator().up();
        return steps ? "went up" : steps.error().message;
    }
    /// The first so many of them.
    static std::vector<Migration> first(std::size_t count) {
        std::vector<Migration> migrations = embedded_migrations();
        migrations.resize(count);
        return migrations;
    }
    /// Every table, column, target of statistics, constraint, index, domain, trigger, function and view, by names.
    std::string catalog() {
        return sql(R"sql(
SELECT c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid), a.attstattarget, c.reloptions
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'i') AND c.relname !~ '^schema_migrations'
ORDER BY c.relname, a.attname;
SELECT conrelid::regclass::text, contypid::regtype, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'schema_migrations' ORDER BY 1, 2, 3;
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'schema_migrations' ORDER BY 1;
SELECT typname, format_type(typbasetype, typtypmod) FROM pg_type
WHERE typnamespace = 'public'::regnamespace AND typtype = 'd' ORDER BY 1;
SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1;
SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1;
SELECT viewname, definition FROM pg_views WHERE schemaname = 'public' ORDER BY 1;
)sql");
    }

    const std::string database_ = PostgresServer::get().make_database();
};

TEST_F(PostgresMigrations, each_step_back_restores_what_was_there) {
    const std::size_t versions = embedded_migrations().size();
    std::vector<std::string> catalogs{catalog()};
    ASSERT_EQ(catalogs[0], "");
    for (std::size_t step = 1; step <= versions; ++step) {
        ASSERT_EQ(migrator(first(step)).up(), 1);
        EXPECT_EQ(version(), fmt::to_string(step));
        catalogs.push_back(catalog());
        EXPECT_NE(catalogs[step], catalogs[step - 1]);
    }
    EXPECT_EQ(migrator().up(), 0);

    for (std::size_t step = versions; step-- > 1;) {
        EXPECT_EQ(migrator().down(1), 1);
        EXPECT_EQ(version(), fmt::to_string(step));
        EXPECT_EQ(catalog(), catalogs[step]);
    }
    EXPECT_EQ(migrator().down(7), 1);
    EXPECT_EQ(catalog(), "");
    EXPECT_EQ(version(), "0");
    EXPECT_EQ(migrator().up(), static_cast<int>(versions));
    EXPECT_EQ(catalog(), catalogs[versions]);
}

TEST_F(PostgresMigrations, an_external_id_moves_into_the_document_and_back) {
    ASSERT_TRUE(migrator({embedded_migrations().front()}).up());
    sql(R"sql(
INSERT INTO orders (order_id, bucket, kind, customer_id, external_id, status, currency, total_amount, payload, version,
                    processed_version, announced_version)
SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, n % 4, kind, 'someone', external_id, 'new', 'USD', 0,
       payload::jsonb, 1, 0, 0
FROM (VALUES (1, 'generic', 'A-1', '{}'), (2, 'generic', 'A-2', '{"id": "A-2"}'), (3, 'generic', NULL, '{}'),
             (4, 'marketplace', 'M4', '{"track": 1}'), (5, 'checkout', NULL, '{"id": 7}'))
     AS o (n, kind, external_id, payload))sql");
    const std::string ids = "SELECT string_agg(coalesce(external_id, 'none'), ' ' ORDER BY order_id) FROM orders";
    ASSERT_EQ(sql(ids), "A-1 A-2 none M4 none");
    ASSERT_TRUE(migrator(first(2)).up());
    EXPECT_EQ(sql("SELECT string_agg(payload::text, ' ' ORDER BY order_id) FROM orders"),
              R"({"id": "A-1"} {"id": "A-2"} {} {"track": 1, "order_uid": "M4"} {"id": 7})");
    ASSERT_TRUE(migrator().down(1));
    EXPECT_EQ(sql(ids), "A-1 A-2 none M4 none");
}

TEST_F(PostgresMigrations, checkouts_that_are_there_move_into_tables_and_back) {
    ASSERT_TRUE(migrator(first(2)).up());
    sql(R"sql(
INSERT INTO orders (order_id, bucket, kind, customer_id, email, status, currency, total_amount, payload, version,
                    processed_version, announced_version, create_hash, failure_reason)
SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, n % 4, kind, 'someone', email, status, 'USD', total,
       payload::jsonb, 2, 1, 1, decode(repeat('ab', 32), 'hex'), 'why'
FROM (VALUES
    (1, 'generic', NULL, 'done', 44.98, '{"items": [{"price": 22.49, "quantity": 2}]}'),
    (2, 'checkout', 'a@b.example', 'shipped', 149.97, '{"items": [
        {"id": "00000000-0000-7000-8000-00000000ab02", "product_id": "00000000-0000-4000-8000-000000000001",
         "name": "椅子", "price": 49.99, "quantity": 3, "total": 149.97}], "metadata": {"a": [1, 2]},
        "shipping_address": {"street": "S", "city": "C", "state": "", "country": "X", "zip_code": "Z"},
        "billing_address": null}'),
    (3, 'checkout', 'c@d.example', 'deleted', 4, '{"items": [
        {"id": "00000000-0000-7000-8000-00000000ab04", "product_id": "00000000-0000-4000-8000-000000000001",
         "name": "b", "price": 1.5, "quantity": 2, "total": 3},
        {"id": "00000000-0000-7000-8000-00000000ab03", "product_id": "00000000-0000-4000-8000-000000000002",
         "name": "a", "price": 1, "quantity": 1, "total": 1}],
        "shipping_address": {"street": "S", "city": "C", "country": "X", "zip_code": "Z"},
        "billing_address": {"street": "B", "city": "D", "state": "T", "country": "Y", "zip_code": "W"}}'))
    AS o (n, kind, email, status, total, payload))sql");
    const std::string rows = "SELECT * FROM orders ORDER BY order_id";
    const std::string parts =
        "SELECT * FROM order_items ORDER BY order_id, position; SELECT * FROM order_addresses ORDER BY order_id, type";
    const std::string before = sql(rows);
    ASSERT_TRUE(migrator(first(3)).up());
    const std::string moved = sql(rows + "; " + parts);
    EXPECT_EQ(
        sql(parts),
        R"(00000000-0000-7000-8000-000000000002|2|00000000-0000-7000-8000-00000000ab02|1|00000000-0000-4000-8000-000000000001|椅子|49.99|3|149.97
00000000-0000-7000-8000-000000000003|3|00000000-0000-7000-8000-00000000ab04|1|00000000-0000-4000-8000-000000000001|b|1.50|2|3.00
00000000-0000-7000-8000-000000000003|3|00000000-0000-7000-8000-00000000ab03|2|00000000-0000-4000-8000-000000000002|a|1.00|1|1.00
00000000-0000-7000-8000-000000000002|2|shipping|S|C||X|Z
00000000-0000-7000-8000-000000000003|3|billing|B|D|T|Y|W
00000000-0000-7000-8000-000000000003|3|shipping|S|C||X|Z)");
    EXPECT_EQ(sql("SELECT string_agg(coalesce(rare_status, 'none'), ' ' ORDER BY order_id) FROM orders"),
              "none shipped deleted");
    EXPECT_EQ(sql("SELECT count(*) FROM batches"), "0");

    ASSERT_TRUE(migrator().down(1));
    EXPECT_EQ(sql(rows), before);
    ASSERT_TRUE(migrator(first(3)).up());
    EXPECT_EQ(sql(rows + "; " + parts), moved);
}

// What ANALYZE reads follows from the largest target among the columns and the indexes' expressions.
TEST_F(PostgresMigrations, every_column_of_orders_that_is_analysed_has_a_small_target) {
    ASSERT_TRUE(migrator().up());
    EXPECT_EQ(sql(R"sql(
SELECT c.relkind, min(a.attstattarget), max(a.attstattarget), count(*)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relname ~ '^order(s|_items|_addresses)_p[0-3]' AND a.attnum > 0 AND NOT a.attisdropped
    AND (c.relkind = 'r' OR c.relkind = 'i' AND i.indkey[a.attnum - 1] = 0)
GROUP BY c.relkind ORDER BY c.relkind)sql"),
              "i|30|30|8\nr|30|30|136");
}

TEST_F(PostgresMigrations, a_checkout_that_is_wrong_already_stops_the_step_and_is_named) {
    ASSERT_TRUE(migrator(first(2)).up());
    sql(R"sql(
INSERT INTO orders (order_id, bucket, kind, customer_id, status, currency, total_amount, payload, version,
                    processed_version, announced_version)
VALUES ('00000000-0000-7000-8000-000000000001', 1, 'checkout', 'someone', 'pending', 'USD', 3, '{"items": [
        {"id": "00000000-0000-7000-8000-00000000ab04", "product_id": "00000000-0000-4000-8000-000000000001",
         "name": "b", "price": 1, "quantity": 2, "total": 2}]}', 1, 0, 0))sql");
    EXPECT_THAT(refusal(), HasSubstr("the total of checkout 00000000-0000-7000-8000-000000000001 is 3.00, its items "
                                     "add up to 2.00"));
    EXPECT_EQ(version(), "3 dirty");
    sql("UPDATE orders SET total_amount = 2");
    ASSERT_TRUE(migrator().force(2));
    EXPECT_EQ(migrator().up(), 2);
}

TEST_F(PostgresMigrations, of_many_that_start_at_once_one_takes_each_step) {
    std::vector<int> steps(4, -1);
    {
        std::vector<std::jthread> threads;
        for (int& taken : steps) threads.emplace_back([&] { taken = migrator().up().value_or(-1); });
    }
    EXPECT_THAT(steps, testing::UnorderedElementsAre(4, 0, 0, 0));
    EXPECT_EQ(version(), "4");
}

TEST_F(PostgresMigrations, the_files_work_with_psql_too) {
    const fs::path folder = ORDERSTREAM_MIGRATIONS;
    for (const char* name : {"0001_init", "0002_remove_external_id", "0003_checkout", "0004_statistics"}) {
        ASSERT_TRUE(PostgresServer::get().run_file(database_, folder / fmt::format("{}.up.sql", name)));
    }
    const std::string by_psql = catalog();
    EXPECT_THAT(refusal(), HasSubstr("no version of its schema is written down"));
    ASSERT_TRUE(migrator().force(4));
    EXPECT_EQ(migrator().up(), 0);
    ASSERT_TRUE(migrator().down(4));
    ASSERT_TRUE(migrator().up());
    EXPECT_EQ(catalog(), by_psql);
    for (const char* name : {"0004_statistics", "0003_checkout", "0002_remove_external_id", "0001_init"}) {
        ASSERT_TRUE(PostgresServer::get().run_file(database_, folder / fmt::format("{}.down.sql", name)));
    }
    EXPECT_EQ(catalog(), "");
}

TEST_F(PostgresMigrations, the_folder_holds_what_is_compiled_in) {
    const auto read = postgres::read_migrations(ORDERSTREAM_MIGRATIONS);
    ASSERT_TRUE(read) << read.error();
    const std::vector<Migration> compiled = embedded_migrations();
    ASSERT_EQ(read->size(), compiled.size());
    for (std::size_t i = 0; i < compiled.size(); ++i) {
        EXPECT_EQ((*read)[i].version, compiled[i].version);
        EXPECT_EQ((*read)[i].name, compiled[i].name);
        EXPECT_EQ((*read)[i].up, compiled[i].up);
        EXPECT_EQ((*read)[i].down, compiled[i].down);
    }
}

TEST_F(PostgresMigrations, someone_elses_orders_are_left_alone) {
    sql("CREATE TABLE orders (id int)");
    const std::string before = catalog();
    EXPECT_THAT(refusal(), AllOf(HasSubstr(database_), HasSubstr("`orders` that OrderStream did not make")));
    EXPECT_EQ(catalog(), before);
    EXPECT_EQ(version(), "0");
}

TEST_F(PostgresMigrations, someone_elses_bookkeeping_is_left_alone) {
    sql("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); "
        "INSERT INTO schema_migrations VALUES (20240101, false)");
    EXPECT_THAT(refusal(), HasSubstr("of another program"));
    EXPECT_EQ(version(), "20240101");
}

TEST_F(PostgresMigrations, a_schema_of_a_newer_program_is_refused) {
    ASSERT_TRUE(migrator().up());
    sql("UPDATE schema_migrations SET version = 1000");
    EXPECT_THAT(refusal(), AllOf(HasSubstr("version 1000"), HasSubstr("newer OrderStream")));
    EXPECT_FALSE(migrator().check());
    EXPECT_FALSE(migrator().down(1));
}

TEST_F(PostgresMigrations, a_step_that_fails_leaves_its_version_dirty_until_somebody_says_otherwise) {
    std::vector<Migration> migrations = embedded_migrations();
    migrations.push_back({5, "broken", "BEGIN; CREATE TABLE half (id int); SELECT 1 / 0; COMMIT;", ""});
    const auto steps = migrator(migrations).up();
    ASSERT_FALSE(steps);
    EXPECT_THAT(steps.error().message, HasSubstr("division by zero"));
    EXPECT_EQ(version(), "5 dirty");
    EXPECT_EQ(sql("SELECT to_regclass('half') IS NULL"), "t");
    EXPECT_THAT(migrator(migrations).up().error().message, AllOf(HasSubstr("half-way"), HasSubstr("migrate force")));
    ASSERT_TRUE(migrator(migrations).force(4));
    EXPECT_EQ(version(), "4");
    EXPECT_TRUE(migrator().check());
    EXPECT_FALSE(migrator().force(6));
}

TEST_F(PostgresMigrations, whoever_does_not_migrate_hears_that_somebody_must) {
    ASSERT_TRUE(migrator({embedded_migrations().front()}).up());
    const auto check = migrator().check();
    ASSERT_FALSE(check);
    EXPECT_THAT(check.error().message, AllOf(HasSubstr("version 1"), HasSubstr("needs 4"), HasSubstr("migrate up")));
}

TEST_F(PostgresMigrations, a_new_pair_of_files_has_the_next_number) {
    const fs::path folder = fs::path(testing::TempDir()) / database_;
    fs::create_directories(folder);
    std::ofstream(folder / "0041_older.up.sql") << "SELECT 1";
    const auto made = postgres::create_migration(folder, "add_colour");
    ASSERT_TRUE(made) << made.error();
    EXPECT_TRUE(fs::exists(folder / "0042_add_colour.up.sql"));
    EXPECT_TRUE(fs::exists(folder / "0042_add_colour.down.sql"));
    EXPECT_FALSE(postgres::create_migration(folder, "../else"));
    EXPECT_FALSE(postgres::read_migrations(folder / "absent"));
    EXPECT_EQ(postgres::read_migrations(folder)->size(), 2u);
    fs::remove_all(folder);
}

TEST(PostgresMigrationsWithoutServer, a_server_that_is_away_is_named) {
    const auto steps = Migrator("postgresql://nobody@127.0.0.1:1/none", embedded_migrations()).up();
    ASSERT_FALSE(steps);
    EXPECT_THAT(steps.error().message, HasSubstr("Connection refused"));
}

}  // namespace
}  // namespace orderstream::contract
