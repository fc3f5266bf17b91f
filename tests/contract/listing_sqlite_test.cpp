#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "contract/listing_contract.h"
#include "contract/store_sqlite.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

INSTANTIATE_TEST_SUITE_P(Sqlite, ListingContract,
                         testing::Values(StoreAdapter{.name = "sqlite", .make = std::make_unique<SqliteUnderTest>}),
                         [](const auto& adapter) { return adapter.param.name; });

std::vector<order::Change> creates(std::size_t count, std::size_t payload_bytes) {
    static order::Uuid7Source ids;
    order::Change change;
    change.customer_id = "someone";
    change.document.payload = std::make_shared<const std::string>(payload_bytes, 'x');
    std::vector<order::Change> changes(count, change);
    for (order::Change& each : changes) each.order_id = {ids.next()};
    return changes;
}

void store(sqlite::SqliteStore& store, const std::vector<order::Change>& changes) {
    static order::Uuid7Source notes;
    std::vector<const order::Change*> pointers;
    for (const order::Change& change : changes) pointers.push_back(&change);
    const auto results = store.apply(notes.next(), pointers, {});
    ASSERT_TRUE(results) << results.error().message;
}

TEST(SqliteListing, a_question_that_takes_too_long_is_given_up_and_the_next_one_is_answered) {
    const TemporaryDirectory directory;
    const auto opened = open_sqlite(directory.path());
    store(*opened, creates(20'000, 2));
    sqlite::SqliteListing listing(*opened, 0ms);
    const auto hurried = listing.statistics();
    ASSERT_FALSE(hurried);
    EXPECT_EQ(hurried.error().fault, ports::ListingError::Fault::took_too_long);
    EXPECT_THAT(hurried.error().message, HasSubstr("given up after 0 ms"));
    EXPECT_FALSE(listing.list({.sort = {.key = ports::SortKey::total_amount}}));
    // What is answered at once needs no time.
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(listing.list({.filter = {.customer_id = "nobody"}}));
    EXPECT_EQ(sqlite::SqliteListing(*opened).statistics()->front().count, 20'000);
}

TEST(SqliteListing, listings_one_after_another_do_not_keep_the_log_from_starting_again) {
    const TemporaryDirectory directory;
    const auto opened = open_sqlite(directory.path());
    // So many that looking at all of them takes longer than the store would wait for a reader.
    run_sql(directory.path(), R"sql(
        INSERT INTO orders (order_id, kind, customer_id, status, currency, total_amount, version, processed_version,
                            announced_version, created_at, updated_at)
        WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 500000)
        SELECT randomblob(16), 'generic', 'someone', 'done', 'USD', i, 1, 1, 1, i, i FROM number)sql");
    sqlite::SqliteListing listing(*opened);
    std::atomic<bool> done = false;
    std::atomic<int> answered = 0;
    {
        const auto watch = [&] {
            while (!done) {
                const auto lines = listing.statistics();
                ASSERT_TRUE(lines) << lines.error().message;
                ++answered;
            }
        };
        const std::jthread one(watch);
        const std::jthread other(watch);  // begins before the one before is over
        for (int i = 0; i < 250; ++i) store(*opened, creates(1, 1'000'000));
        done = true;
    }
    EXPECT_GT(answered, 2);
    EXPECT_LT(std::filesystem::file_size(directory.path() / "orderstream.db-wal"), 200'000'000u);
    std::int64_t count = 0;
    const auto lines = listing.statistics();
    for (const ports::StatisticsLine& line : *lines) count += line.count;
    EXPECT_EQ(count, 500'250);
}

}  // namespace
}  // namespace orderstream::contract
