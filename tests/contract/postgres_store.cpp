#include "contract/postgres_store.h"

#include <fmt/format.h>

#include <stdexcept>

#include "order/limits.h"
#include "postgres/migrations.h"

namespace orderstream::contract {
namespace {

// The store asks for now(); in these databases another one is found first.
constexpr const char* clock_sql = R"sql(
CREATE SCHEMA test_clock;
CREATE TABLE test_clock.hand (at timestamptz NOT NULL);
INSERT INTO test_clock.hand VALUES ('2026-01-31');
CREATE FUNCTION test_clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM test_clock.hand';
)sql";

}  // namespace

std::string make_store_database() {
    std::string name = PostgresServer::get().make_database();
    const auto migrated = postgres::Migrator(PostgresServer::get().dsn(name), postgres::embedded_migrations()).up();
    if (!migrated) throw std::runtime_error(migrated.error().message);
    (void)PostgresServer::get().run_sql(
        name, clock_sql + fmt::format("ALTER DATABASE {} SET search_path = test_clock, pg_catalog, public", name));
    return name;
}

const telemetry::Log& silent_log() {
    static const telemetry::Log log(telemetry::Level::off);
    return log;
}

std::unique_ptr<postgres::PostgresStore> open_postgres(const std::string& database, std::optional<int> port) {
    using namespace std::chrono_literals;
    const PostgresServer& server = PostgresServer::get();
    const std::string dsn = server.dsn(database, port.value_or(server.port()));
    return std::make_unique<postgres::PostgresStore>(
        postgres::PostgresStore::Options{.dsn = dsn, .application = "test", .patience = {}, .adoption_after = 0ms},
        silent_log());
}

void wait_for_sessions_to_end(const std::string& database) {
    (void)PostgresServer::get().run_sql(
        "postgres", fmt::format("DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE datname = '{}') LOOP "
                                "PERFORM pg_sleep(0.005); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$",
                                database));
}

const std::string& PostgresUnderTest::database() {
    static const std::string database = make_store_database();
    return database;
}

PostgresUnderTest::PostgresUnderTest() {
    (void)PostgresServer::get().run_sql(database(),
                                        "DELETE FROM orders; DELETE FROM batches; "
                                        "UPDATE test_clock.hand SET at = '2026-01-31'");
    open();
}

void PostgresUnderTest::open() {
    store_ = open_postgres(database());
    listing_ = std::make_unique<postgres::PostgresListing>(
        postgres::PostgresListing::Options{
            .dsn = PostgresServer::get().dsn(database()),
            .application = "test",
            .patience = {},
            .count_time = order::limits::listing_timeout},  // however slow the machine is
        silent_log());
}

void PostgresUnderTest::restart() {
    listing_.reset();
    store_.reset();
    wait_for_sessions_to_end(database());
    open();
}

void PostgresUnderTest::let_pass(std::chrono::milliseconds time) {
    (void)PostgresServer::get().run_sql(
        database(), fmt::format("UPDATE test_clock.hand SET at = at + interval '{} milliseconds'", time.count()));
}

}  // namespace orderstream::contract
