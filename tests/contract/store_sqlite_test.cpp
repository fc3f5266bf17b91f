#include "contract/store_sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using sqlite::SqliteStore;
using testing::AllOf;
using testing::HasSubstr;

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         testing::ValuesIn(in_all_batch_sizes({.name = "sqlite",
                                                               .make = std::make_unique<SqliteUnderTest>})),
                         [](const auto& adapter) { return adapter.param.name; });

order::Change a_create() {
    static order::Uuid7Source ids;
    order::Change change;
    change.order_id = {ids.next()};
    change.customer_id = "someone";
    change.document.payload = std::make_shared<const std::string>("{}");
    return change;
}

ports::StoreResult<std::vector<ports::ChangeResult>> apply(SqliteStore& store, const order::Change& change) {
    static order::Uuid7Source notes;
    const order::Change* const batch[] = {&change};
    return store.apply(notes.next(), batch, {});
}

/// What a start with this data directory is refused with.
std::string refusal(const std::filesystem::path& data_dir) {
    const auto store = SqliteStore::open(data_dir);
    return store ? "opened" : store.error();
}

TEST(SqliteStore, a_second_one_is_refused_with_the_directory_and_the_holders_pid) {
    const TemporaryDirectory directory;
    {
        const auto first = open_sqlite(directory.path());
        EXPECT_THAT(refusal(directory.path()),
                    AllOf(HasSubstr(directory.path().string()), HasSubstr("process " + std::to_string(::getpid()))));
    }
    EXPECT_EQ(refusal(directory.path()), "opened");
}

TEST(SqliteStore, the_data_directory_is_made_with_its_parents) {
    const TemporaryDirectory directory;
    const auto store = open_sqlite(directory.path() / "a" / "b");
    EXPECT_TRUE(std::filesystem::exists(directory.path() / "a" / "b" / "orderstream.db"));
}

TEST(SqliteStore, a_data_directory_that_cannot_be_made_is_named) {
    const TemporaryDirectory directory;
    std::ofstream(directory.path() / "file") << "no directory";
    EXPECT_THAT(refusal(directory.path() / "file"), HasSubstr((directory.path() / "file").string()));
    EXPECT_THAT(refusal(directory.path() / "file" / "below"), HasSubstr((directory.path() / "file").string()));
}

TEST(SqliteStore, a_file_that_is_no_database_is_named) {
    const TemporaryDirectory directory;
    std::ofstream(directory.path() / "orderstream.db") << std::string(10'000, 'x');
    EXPECT_THAT(refusal(directory.path()), AllOf(HasSubstr("orderstream.db"), HasSubstr("not a database")));
}

TEST(SqliteStore, someone_elses_orders_are_left_alone) {
    const TemporaryDirectory directory;
    run_sql(directory.path(), "CREATE TABLE orders (id INTEGER)");
    EXPECT_THAT(refusal(directory.path()), AllOf(HasSubstr("orderstream.db"), HasSubstr("`orders`")));
    EXPECT_EQ(run_sql(directory.path(), "SELECT group_concat(name) FROM sqlite_schema"), "orders");
}

TEST(SqliteStore, a_schema_of_a_newer_program_is_refused) {
    const TemporaryDirectory directory;
    { const auto store = open_sqlite(directory.path()); }
    run_sql(directory.path(), "UPDATE schema_migrations SET version = 1000");
    EXPECT_THAT(refusal(directory.path()), AllOf(HasSubstr("version 1000"), HasSubstr("newer OrderStream")));
}

TEST(SqliteStore, a_half_migrated_schema_is_refused) {
    const TemporaryDirectory directory;
    { const auto store = open_sqlite(directory.path()); }
    run_sql(directory.path(), "UPDATE schema_migrations SET dirty = 1");
    EXPECT_THAT(refusal(directory.path()), HasSubstr("half-way"));
}

TEST(SqliteStore, a_closed_store_is_one_file_and_its_lock) {
    const TemporaryDirectory directory;
    {
        const auto store = open_sqlite(directory.path());
        ASSERT_TRUE(apply(*store, a_create()));
        ASSERT_TRUE(store->fetch(std::vector{a_create().order_id}));
        EXPECT_TRUE(std::filesystem::exists(directory.path() / "orderstream.db-wal"));
    }
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
        names.push_back(entry.path().filename().string());
    }
    EXPECT_THAT(names, testing::UnorderedElementsAre("lock", "orderstream.db"));
}

TEST(SqliteStore, updated_at_never_goes_back_when_the_clock_does) {
    const TemporaryDirectory directory;
    order::Time now{std::chrono::sys_days(std::chrono::year(2026) / 1 / 31)};
    const auto store = open_sqlite(directory.path(), {.now = [&] { return now; }, .fatal = {}});
    const order::Change created = a_create();
    ASSERT_TRUE(apply(*store, created));
    const order::Time then = now;
    now -= 1h;
    order::Change replaced = created;
    replaced.verb = order::Verb::replace;
    EXPECT_EQ(apply(*store, replaced)->front().order->updated_at, then);
    const auto begun = store->take_steps(std::vector{ports::Step{{created.order_id, 2}, ports::Step::Kind::begun}});
    ASSERT_TRUE(begun->front().applied);
    EXPECT_EQ(store->fetch(std::vector{created.order_id})->front()->updated_at, then);
}

TEST(SqliteStore, the_bucket_column_agrees_with_the_domain) {
    const TemporaryDirectory directory;
    const auto store = open_sqlite(directory.path());
    for (int i = 0; i < 8; ++i) {
        const order::Change change = a_create();
        ASSERT_TRUE(apply(*store, change));
        EXPECT_EQ(run_sql(directory.path(), "SELECT bucket FROM orders ORDER BY seq DESC LIMIT 1"),
                  std::to_string(order::bucket_of(change.order_id)));
    }
}

TEST(SqliteStore, an_order_that_is_deleted_by_hand_takes_its_payload_and_retries_along) {
    const TemporaryDirectory directory;
    const auto store = open_sqlite(directory.path());
    const order::Change change = a_create();
    ASSERT_TRUE(apply(*store, change));
    const ports::Deferral deferral{.order = {change.order_id, 1}, .attempts = 1, .due_in = 0ms, .error = "timed out"};
    ASSERT_TRUE(store->defer(std::vector{deferral}));
    run_sql(directory.path(), "PRAGMA foreign_keys = ON; DELETE FROM orders");
    EXPECT_EQ(run_sql(directory.path(), "SELECT count(*) FROM order_payloads"), "0");
    EXPECT_EQ(run_sql(directory.path(), "SELECT count(*) FROM orders_retry"), "0");
    EXPECT_TRUE(store->claim_due(10, 1s)->empty());
    EXPECT_FALSE(store->fetch(std::vector{change.order_id})->front());
}

void store_megabytes(SqliteStore& store, int megabytes) {
    order::Change change = a_create();
    change.document.payload = std::make_shared<const std::string>(1'000'000, 'x');
    static order::Uuid7Source ids;
    for (int i = 0; i < megabytes; ++i) {
        change.order_id = {ids.next()};
        ASSERT_TRUE(apply(store, change));
    }
}

TEST(SqliteStore, the_log_is_folded_into_the_file_under_load) {
    const TemporaryDirectory directory;
    const auto store = open_sqlite(directory.path());
    store_megabytes(*store, 200);
    // At twice the length at which a copy begins the writer waits; the commit that reached it is of less than 300
    // pages.
    constexpr std::uintmax_t longest_bytes = 32 + (2 * 16'000 + 300) * (24 + 4'096);
    EXPECT_LT(std::filesystem::file_size(directory.path() / "orderstream.db-wal"), longest_bytes);
    EXPECT_GT(std::filesystem::file_size(directory.path() / "orderstream.db"), 70'000'000u);
}

TEST(SqliteStore, the_log_is_copied_beside_the_writer) {
    const TemporaryDirectory directory;
    const auto store = open_sqlite(directory.path());
    const auto bytes_of = [&](const char* name) { return std::filesystem::file_size(directory.path() / name); };
    // Until a copy is due. The commit after it would copy what is left by itself: nobody writes any more.
    constexpr std::uintmax_t due_bytes = 32 + 16'000 * (24 + 4'096);
    while (bytes_of("orderstream.db-wal") < due_bytes) store_megabytes(*store, 1);
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    const auto is_copied = [&] { return bytes_of("orderstream.db") > 60'000'000u; };
    while (!is_copied() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(1ms);
    EXPECT_TRUE(is_copied());
}

TEST(SqliteStore, a_reader_that_stays_lets_the_log_grow_only_while_it_stays) {
    const TemporaryDirectory directory;
    const auto store = open_sqlite(directory.path());
    ASSERT_TRUE(apply(*store, a_create()));
    const auto log_bytes = [&] { return std::filesystem::file_size(directory.path() / "orderstream.db-wal"); };

    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open((directory.path() / "orderstream.db").c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN; SELECT * FROM orders", nullptr, nullptr, nullptr), SQLITE_OK);
    store_megabytes(*store, 200);
    EXPECT_GT(log_bytes(), 190'000'000u);
    sqlite3_close(other);
    store_megabytes(*store, 40);
    EXPECT_LT(log_bytes(), 100'000'000u);
}

// A file-size limit stands in for a full disk: the kernel refuses what goes past it.
void fill_the_disk(const std::filesystem::path& data_dir, SqliteStore::Options options) {
    const auto store = open_sqlite(data_dir, std::move(options));
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1'000'000, 1'000'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < 10'000; ++i) {
        if (!apply(*store, a_create())) std::_Exit(3);  // an answer, though nobody knows what is stored
    }
    std::_Exit(4);
}

TEST(SqliteStoreDeathTest, a_commit_that_fails_ends_the_process_unanswered) {
    const TemporaryDirectory directory;
    EXPECT_EXIT(fill_the_disk(directory.path(), {}), testing::ExitedWithCode(74), "ends the process: a commit failed");
    // What was answered before is there, and the store works once there is room again.
    const auto store = open_sqlite(directory.path());
    EXPECT_EQ(store->trouble(), "");
    EXPECT_GT(*store->adopt_notes(), 10u);
    EXPECT_TRUE(apply(*store, a_create()));
}

TEST(SqliteStoreDeathTest, whoever_opens_it_may_say_the_last_words) {
    const TemporaryDirectory directory;
    const auto last_words = [](const std::string& message) {
        std::fprintf(stderr, "[critical] %s", message.c_str());
        std::_Exit(5);
    };
    EXPECT_EXIT(fill_the_disk(directory.path(), {.now = {}, .fatal = last_words}), testing::ExitedWithCode(5),
                "critical. a commit failed");
}

TEST(SqliteStore, a_lock_that_another_program_keeps_is_trouble_until_it_lets_go) {
    const TemporaryDirectory directory;
    const auto store = open_sqlite(directory.path());
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open((directory.path() / "orderstream.db").c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    const auto refused = apply(*store, a_create());  // waits as long as the busy timeout
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, ports::StoreFault::unavailable);
    ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(other);
    EXPECT_EQ(store->trouble(), "");
    EXPECT_TRUE(apply(*store, a_create()));
}

}  // namespace
}  // namespace orderstream::contract
