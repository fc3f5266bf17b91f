#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "contract/listing_contract.h"
#include "contract/postgres_store.h"
#include "order/limits.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using ports::ListingError;
using ports::ListQuery;
using testing::HasSubstr;

const auto of_postgres = testing::Values(StoreAdapter{.name = "postgres", .make = std::make_unique<PostgresUnderTest>});

INSTANTIATE_TEST_SUITE_P(Postgres, ListingContract, of_postgres,
                         [](const auto& adapter) { return adapter.param.name; });

/// What PostgreSQL alone can do to a listing. Its functions are replaced by slow ones of the same names, which are
/// found first in these databases.
class PostgresListings : public ListingContract {
  protected:
    void TearDown() override { unmake_slow(); }

    static std::string sql(const std::string& statement) {
        return PostgresServer::get().run_sql(PostgresUnderTest::database(), statement);
    }
    static void make_keys_slow() {
        (void)sql(
            "CREATE FUNCTION test_clock.pg_column_size(jsonb) RETURNS int LANGUAGE sql AS "
            "'SELECT 1 FROM pg_sleep(1)'");
    }
    static void make_count_slow() {
        (void)sql(
            "CREATE FUNCTION test_clock.one_more(bigint) RETURNS bigint LANGUAGE sql AS "
            "'SELECT $1 + 1 FROM pg_sleep(1)'; "
            "CREATE AGGREGATE test_clock.count(*) (sfunc = test_clock.one_more, stype = bigint, initcond = 0)");
    }
    static void unmake_slow() {
        (void)sql(
            "DROP FUNCTION IF EXISTS test_clock.pg_column_size(jsonb); "
            "DROP FUNCTION IF EXISTS test_clock.one_more(bigint) CASCADE");
    }

    static std::unique_ptr<postgres::PostgresListing> open(std::chrono::milliseconds timeout,
                                                           std::chrono::milliseconds count_time) {
        return std::make_unique<postgres::PostgresListing>(
            postgres::PostgresListing::Options{.dsn = PostgresServer::get().dsn(PostgresUnderTest::database()),
                                               .application = "test of its own",
                                               .patience = {},
                                               .timeout = timeout,
                                               .count_time = count_time},
            silent_log());
    }
};

TEST_P(PostgresListings, a_question_that_takes_too_long_is_given_up_and_the_next_one_is_answered) {
    store_orders(3, 1ms);
    const auto own = open(100ms, 100ms);
    ASSERT_TRUE(own->list({}));
    make_keys_slow();
    const auto page = own->list({});
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().fault, ListingError::Fault::took_too_long);
    EXPECT_THAT(page.error().message, HasSubstr("statement timeout"));
    unmake_slow();
    ASSERT_TRUE(own->list({}));
    EXPECT_EQ(own->list({})->orders.size(), 3u);

    make_count_slow();
    EXPECT_EQ(own->statistics().error().fault, ListingError::Fault::took_too_long);
}

TEST_P(PostgresListings, a_total_that_takes_too_long_is_what_is_known_of_it) {
    store_orders(10, 1ms);
    const auto own = open(order::limits::listing_timeout, 1ms);
    make_count_slow();
    const auto first = own->list({.limit = 3});
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->orders.size(), 3u);
    EXPECT_TRUE(first->more);
    EXPECT_EQ(first->total, 3u);
    EXPECT_TRUE(first->total_is_capped) << "there are more";

    const auto third = own->list({.limit = 3, .offset = 6});
    EXPECT_EQ(third->total, 9u);
    EXPECT_TRUE(third->total_is_capped);
    const auto whole = own->list({.limit = 10});
    EXPECT_EQ(whole->total, 10u) << "what is seen as a whole needs no counting";
    EXPECT_FALSE(whole->total_is_capped);
    const auto last = own->list({.limit = 3, .offset = 9});
    EXPECT_EQ(last->total, 10u);
    EXPECT_FALSE(last->total_is_capped);
    EXPECT_EQ(own->list({.filter = {.customer_id = "nobody"}})->total, 0u);

    ListQuery behind{.limit = 20};
    behind.after = ports::position_of(*first->orders.back(), behind.sort.key);
    const auto rest = own->list(behind);
    EXPECT_EQ(rest->orders.size(), 7u);
    EXPECT_FALSE(rest->more);
    EXPECT_TRUE(rest->total_is_capped) << "how many there are before is not known";
}

TEST_P(PostgresListings, a_lost_connection_is_replaced_unnoticed) {
    store_orders(3, 1ms);
    ASSERT_EQ(list({}).orders.size(), 3u);
    (void)sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test listing'");
    EXPECT_EQ(list({}).orders.size(), 3u);
    EXPECT_EQ(statistics().size(), 1u);
}

TEST_P(PostgresListings, every_statement_has_its_name) {
    store_orders(3, 1ms);
    const auto last_statement = [] {
        return sql("SELECT query FROM pg_stat_activity WHERE application_name = 'test listing'");
    };
    (void)list({});
    EXPECT_THAT(last_statement(), testing::StartsWith("/* end_list */"));
    (void)statistics();
    EXPECT_THAT(last_statement(), testing::StartsWith("/* statistics */"));
}

TEST_P(PostgresListings, a_listing_changes_nothing_and_blocks_nobody) {
    store_orders(3, 1ms);
    (void)list({});
    (void)statistics();
    EXPECT_EQ(sql("SELECT state FROM pg_stat_activity WHERE application_name = 'test listing'"), "idle");
}

INSTANTIATE_TEST_SUITE_P(Postgres, PostgresListings, of_postgres,
                         [](const auto& adapter) { return adapter.param.name; });

}  // namespace
}  // namespace orderstream::contract
