#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <thread>

#include "contract/cache_contract.h"
#include "contract/cache_samples.h"
#include "contract/redis_cache.h"
#include "redis/entry.h"

namespace orderstream::contract {

namespace {

using namespace std::chrono_literals;
using order::OrderPtr;
using ports::OrderCache;
using ports::OrderStamp;
using testing::HasSubstr;

/// Its rows are shown for so long that no test waits for their end.
class RedisUnderTest final : public CacheUnderTest {
  public:
    [[nodiscard]] OrderCache& cache() override { return *cache_; }
    void pass(std::chrono::microseconds time) override { std::this_thread::sleep_for(time); }

  private:
    std::unique_ptr<redis::RedisCache> cache_ = empty_redis_cache(60s);
};

INSTANTIATE_TEST_SUITE_P(Redis, CacheContract,
                         testing::Values(CacheAdapter{.name = "redis", .make = std::make_unique<RedisUnderTest>}),
                         [](const auto& adapter) { return adapter.param.name; });

/// With the life that rows have in the service.
class RedisCacheTest : public testing::Test {
  protected:
    static std::string key(int number) { return redis::entry_key(cached_id(number)); }
    static std::int64_t expires_at(int number) { return server().ask_number({"PEXPIRETIME", key(number)}) * 1000; }
    static RedisServer& server() { return RedisServer::get(); }

    OrderCache::Ticket begin_read() { return cache_->get({}).ticket; }
    void fill(OrderCache::Ticket ticket, const OrderPtr& order) { cache_->fill(ticket, std::array{order}); }
    bool advance(int number, int version, int processed_version) {
        return cache_->advance(std::array{OrderStamp{cached_id(number), version, processed_version}});
    }
    OrderPtr shown(int number) { return cache_->get(std::array{cached_id(number)}).found[0]; }
    /// Fills until it is shown: a busy machine may need more than the life of a row for it.
    bool fill_and_show(const OrderPtr& order) {
        return eventually([&] {
            fill(begin_read(), order);
            return cache_->get(std::array{order->id}).found[0] != nullptr;
        });
    }

    std::unique_ptr<redis::RedisCache> cache_ = empty_redis_cache();
};

TEST_F(RedisCacheTest, a_row_is_shown_for_a_second_from_the_begin_of_its_read) {
    ASSERT_TRUE(fill_and_show(cached_order(1)));
    const auto ticket = begin_read();
    fill(ticket, cached_order(1));
    std::int64_t asked_at = server().now();
    while (shown(1)) {
        EXPECT_LE(asked_at, ticket.microseconds + 1'000'000);
        asked_at = server().now();
    }
    EXPECT_GT(server().now(), ticket.microseconds + 1'000'000);
}

TEST_F(RedisCacheTest, a_row_that_comes_later_than_a_second_is_dropped) {
    const auto ticket = begin_read();
    wait_past(ticket.microseconds + 1'000'000);
    fill(ticket, cached_order(1));
    EXPECT_EQ(server().ask({"EXISTS", key(1)}), "0");
}

TEST_F(RedisCacheTest, a_row_from_the_future_is_dropped) {
    fill({server().now() + 60'000'000}, cached_order(1));
    EXPECT_EQ(server().ask({"EXISTS", key(1)}), "0");
}

TEST_F(RedisCacheTest, a_clock_that_was_set_back_hides_what_was_read_before) {
    const std::string value = redis::write_entry(*cached_order(1), {server().now() + 60'000'000});
    server().ask({"SET", key(1), value, "PX", "60000"});
    EXPECT_EQ(shown(1), nullptr);
}

TEST_F(RedisCacheTest, without_a_ticket_nothing_is_filled) {
    fill({}, cached_order(1));
    EXPECT_EQ(server().ask({"EXISTS", key(1)}), "0");
}

// Until then a row that was read before may come, and be kept out.
TEST_F(RedisCacheTest, keys_live_a_second_from_now) {
    const auto ticket = begin_read();
    wait_past(ticket.microseconds + 200'000);
    std::int64_t before = server().now();
    ASSERT_TRUE(advance(1, 2, 1));
    EXPECT_GE(expires_at(1), before - 1000 + 1'000'000);
    EXPECT_LE(expires_at(1), server().now() + 1'000'000);

    ASSERT_TRUE(eventually([&] {
        const auto late = begin_read();
        wait_past(late.microseconds + 200'000);
        before = server().now();
        fill(late, cached_order(2));
        return server().ask({"EXISTS", key(2)}) == "1";
    }));
    EXPECT_GE(expires_at(2), before - 1000 + 1'000'000);
}

TEST_F(RedisCacheTest, all_of_an_order_comes_back) {
    auto order = std::make_shared<order::Order>(*cached_order(1, 7, 6));
    std::string payload(1024 * 1024, '\0');
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(i * 31 + (i >> 8));
    order->payload = std::make_shared<const std::string>(payload);
    ASSERT_TRUE(fill_and_show(order));
    fill(begin_read(), order);
    const OrderPtr found = shown(1);
    if (found) {
        EXPECT_EQ(*found->payload, payload);
        EXPECT_EQ(found->customer_id, "customer");
        EXPECT_EQ(found->version, 7);
        EXPECT_EQ(found->processed_version, 6);
    }
}

TEST_F(RedisCacheTest, many_large_rows_at_once) {
    const auto cache = empty_redis_cache(60s);
    std::vector<OrderPtr> orders;
    std::vector<order::OrderId> ids;
    for (int i = 0; i < 100; ++i) {
        orders.push_back(cached_order(i, 1, 1, std::string(100'000 + static_cast<std::size_t>(i), 'x')));
        ids.push_back(orders.back()->id);
    }
    cache->fill(cache->get({}).ticket, orders);
    const auto found = cache->get(ids).found;
    for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_NE(found[i], nullptr) << i;
        EXPECT_EQ(*found[i]->payload, *orders[i]->payload);
    }
}

TEST_F(RedisCacheTest, what_is_none_of_ours_is_missed_and_replaced) {
    const std::string good = redis::write_entry(*cached_order(1), begin_read());
    const std::string of_another = redis::write_entry(*cached_order(2), begin_read());
    for (const std::string& garbage :
         {std::string(), std::string("garbage"), std::string("1 1 1"), std::string("1 1 1 1\n"), std::string(3, '\0'),
          good.substr(0, good.size() - 1), good + "x", of_another, std::string("99 99 1 1\n"),
          std::string("999999999999999999999 1 1 1\n")}) {
        server().ask({"SET", key(1), garbage});
        EXPECT_EQ(shown(1), nullptr) << garbage;
        EXPECT_TRUE(fill_and_show(cached_order(1))) << garbage;
    }
    for (const char* command : {"LPUSH", "SADD"}) {
        server().ask({"DEL", key(1)});
        server().ask({command, key(1), "garbage"});
        EXPECT_EQ(shown(1), nullptr) << command;
        EXPECT_TRUE(fill_and_show(cached_order(1))) << command;
        server().ask({"DEL", key(3)});
        server().ask({command, key(3), "garbage"});
        EXPECT_TRUE(advance(3, 2, 1)) << command;
    }
    EXPECT_EQ(cache_->trouble(), "");
}

TEST_F(RedisCacheTest, what_another_program_version_wrote_counts_and_is_not_read) {
    server().ask({"SET", key(1), "3 2 1 77\nsomething else", "PX", "60000"});
    EXPECT_EQ(shown(1), nullptr);
    fill(begin_read(), cached_order(1, 3, 1));
    EXPECT_THAT(server().ask({"GET", key(1)}), HasSubstr("something else"));
    EXPECT_TRUE(fill_and_show(cached_order(1, 3, 2)));
}

TEST_F(RedisCacheTest, a_script_that_redis_has_lost_is_brought_again) {
    for (int i = 0; i < 3; ++i) {
        server().ask({"SCRIPT", "FLUSH"});
        EXPECT_TRUE(fill_and_show(cached_order(i)));
        server().ask({"SCRIPT", "FLUSH"});
        EXPECT_TRUE(advance(i, 2, 1));
        EXPECT_EQ(shown(i), nullptr);
    }
    std::vector<OrderStamp> stamps;
    for (int i = 0; i < 300; ++i) stamps.push_back({cached_id(i), 5, 5});
    server().ask({"SCRIPT", "FLUSH"});
    EXPECT_TRUE(cache_->advance(stamps));
    EXPECT_EQ(cache_->trouble(), "");
}

TEST_F(RedisCacheTest, what_was_announced_here_is_never_shown_older_whatever_redis_forgets) {
    const auto other = redis_cache();
    ASSERT_TRUE(eventually([&] {
        const auto in_flight = other->get({}).ticket;
        EXPECT_TRUE(advance(1, 2, 1));
        server().ask({"FLUSHALL"});
        other->fill(in_flight, std::array{cached_order(1, 1, 1)});
        const OrderPtr elsewhere = other->get(std::array{cached_id(1)}).found[0];
        EXPECT_EQ(shown(1), nullptr);
        return elsewhere != nullptr;
    }));
}

TEST_F(RedisCacheTest, a_full_redis_keeps_nothing_and_says_so) {
    const auto other = redis_cache();
    ASSERT_TRUE(fill_and_show(cached_order(1, 1, 1)));
    server().ask({"CONFIG", "SET", "maxmemory", "1"});
    EXPECT_FALSE(advance(1, 2, 1));
    EXPECT_THAT(cache_->trouble(), HasSubstr("OOM"));
    EXPECT_EQ(other->get(std::array{cached_id(1)}).found[0], nullptr);
    fill(begin_read(), cached_order(2));
    EXPECT_EQ(shown(2), nullptr);
    server().ask({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_TRUE(advance(1, 3, 1));
    EXPECT_EQ(cache_->trouble(), "");
    EXPECT_TRUE(fill_and_show(cached_order(2)));
}

TEST_F(RedisCacheTest, a_redis_that_takes_no_writes_is_away) {
    server().ask({"REPLICAOF", "127.0.0.1", "1"});
    EXPECT_FALSE(advance(1, 2, 1));
    server().ask({"REPLICAOF", "NO", "ONE"});
    EXPECT_TRUE(eventually([&] { return advance(1, 2, 1); }));
}

TEST_F(RedisCacheTest, a_first_version_needs_no_telling) {
    EXPECT_TRUE(advance(1, 1, 0));
    EXPECT_EQ(server().ask({"EXISTS", key(1)}), "0");
}

TEST_F(RedisCacheTest, size_is_that_of_the_server) {
    server().ask({"SET", "other", "x"});
    EXPECT_TRUE(eventually([&] { return cache_->stats().size == 1; }));
    EXPECT_EQ(cache_->stats().type, "redis");
    EXPECT_EQ(cache_->stats().capacity, 0u);
}

TEST(RedisCacheAddress, may_be_a_name) {
    const std::string address = fmt::format("localhost:{}", RedisServer::get().port());
    redis::RedisCache cache({.address = address, .patience = patient}, silent_log());
    EXPECT_EQ(cache.trouble(), "");
}

TEST(RedisCacheAddress, nobody_there_is_said) {
    for (const char* address : {"127.0.0.1:1", "localhost:1", "[::1]:1"}) {
        redis::RedisCache cache({.address = address}, silent_log());
        EXPECT_TRUE(eventually([&] { return cache.trouble().find(address) != std::string::npos; })) << cache.trouble();
        EXPECT_EQ(cache.get(std::array{cached_id(1)}).found, std::vector<OrderPtr>(1));
        EXPECT_EQ(cache.get({}).ticket.microseconds, 0);
        cache.fill({1}, std::array{cached_order(1)});
        EXPECT_FALSE(cache.advance(std::array{OrderStamp{cached_id(1), 2, 0}}));
    }
}

}  // namespace

}  // namespace orderstream::contract
