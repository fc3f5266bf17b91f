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
    /// Every table, column, constraint and index, by names.
    std::string catalog() {
        return sql(R"sql(
SELECT c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid), c.reloptions
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'schema_migrations'
ORDER BY c.relname, a.attname;
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'schema_migrations' ORDER BY 1, 2;
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'schema_migrations' ORDER BY 1;
)sql");
    }

    const std::string database_ = PostgresServer::get().make_database();
};

TEST_F(PostgresMigrations, each_step_back_restores_what_was_there) {
    ASSERT_EQ(catalog(), "");
    ASSERT_EQ(migrator({embedded_migrations().front()}).up(), 1);
    const std::string first = catalog();
    EXPECT_EQ(version(), "1");
    ASSERT_EQ(migrator().up(), 1);
    const std::string second = catalog();
    EXPECT_EQ(version(), "2");
    EXPECT_NE(first, second);
    EXPECT_EQ(migrator().up(), 0);

    EXPECT_EQ(migrator().down(1), 1);
    EXPECT_EQ(catalog(), first);
    EXPECT_EQ(migrator().down(7), 1);
    EXPECT_EQ(catalog(), "");
    EXPECT_EQ(version(), "0");
    EXPECT_EQ(migrator().up(), 2);
    EXPECT_EQ(catalog(), second);
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
    ASSERT_TRUE(migrator().up());
    EXPECT_EQ(sql("SELECT string_agg(payload::text, ' ' ORDER BY order_id) FROM orders"),
              R"({"id": "A-1"} {"id": "A-2"} {} {"track": 1, "order_uid": "M4"} {"id": 7})");
    ASSERT_TRUE(migrator().down(1));
    EXPECT_EQ(sql(ids), "A-1 A-2 none M4 none");
}

TEST_F(PostgresMigrations, of_many_that_start_at_once_one_takes_each_step) {
    std::vector<int> steps(4, -1);
    {
        std::vector<std::jthread> threads;
        for (int& taken : steps) threads.emplace_back([&] { taken = migrator().up().value_or(-1); });
    }
    EXPECT_THAT(steps, testing::UnorderedElementsAre(2, 0, 0, 0));
    EXPECT_EQ(version(), "2");
}

TEST_F(PostgresMigrations, the_files_work_with_psql_too) {
    const fs::path folder = ORDERSTREAM_MIGRATIONS;
    for (const char* name : {"0001_init", "0002_remove_external_id"}) {
        ASSERT_TRUE(PostgresServer::get().run_file(database_, folder / fmt::format("{}.up.sql", name)));
    }
    const std::string by_psql = catalog();
    EXPECT_THAT(refusal(), HasSubstr("no version of its schema is written down"));
    ASSERT_TRUE(migrator().force(2));
    EXPECT_EQ(migrator().up(), 0);
    ASSERT_TRUE(migrator().down(2));
    ASSERT_TRUE(migrator().up());
    EXPECT_EQ(catalog(), by_psql);
    for (const char* name : {"0002_remove_external_id", "0001_init"}) {
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
    migrations.push_back({3, "broken", "BEGIN; CREATE TABLE half (id int); SELECT 1 / 0; COMMIT;", ""});
    const auto steps = migrator(migrations).up();
    ASSERT_FALSE(steps);
    EXPECT_THAT(steps.error().message, HasSubstr("division by zero"));
    EXPECT_EQ(version(), "3 dirty");
    EXPECT_EQ(sql("SELECT to_regclass('half') IS NULL"), "t");
    EXPECT_THAT(migrator(migrations).up().error().message, AllOf(HasSubstr("half-way"), HasSubstr("migrate force")));
    ASSERT_TRUE(migrator(migrations).force(2));
    EXPECT_EQ(version(), "2");
    EXPECT_TRUE(migrator().check());
    EXPECT_FALSE(migrator().force(5));
}

TEST_F(PostgresMigrations, whoever_does_not_migrate_hears_that_somebody_must) {
    ASSERT_TRUE(migrator({embedded_migrations().front()}).up());
    const auto check = migrator().check();
    ASSERT_FALSE(check);
    EXPECT_THAT(check.error().message, AllOf(HasSubstr("version 1"), HasSubstr("needs 2"), HasSubstr("migrate up")));
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
