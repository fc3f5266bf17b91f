#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "contract/cache_samples.h"
#include "contract/redis_cache.h"
#include "contract/tcp_proxy.h"

namespace orderstream::contract {

namespace {

using namespace std::chrono_literals;
using order::OrderPtr;
using ports::OrderCache;
using ports::OrderStamp;
using redis::RedisCache;

RedisServer& server() { return RedisServer::get(); }

bool advance(RedisCache& cache, int number, int version, int processed_version) {
    return cache.advance(std::array{OrderStamp{cached_id(number), version, processed_version}});
}
OrderPtr shown(RedisCache& cache, int number) { return cache.get(std::array{cached_id(number)}).found[0]; }
void read_and_fill(RedisCache& cache, const OrderPtr& order) { cache.fill(cache.get({}).ticket, std::array{order}); }
bool fill_and_show(RedisCache& cache, const OrderPtr& order) {
    return eventually([&] {
        read_and_fill(cache, order);
        const OrderPtr found = cache.get(std::array{order->id}).found[0];
        return found != nullptr && found->version == order->version;
    });
}
bool works(RedisCache& cache) {
    return eventually([&] { return cache.trouble().empty() && advance(cache, 99, 2, 0); });
}
/// That takes a call each time-out at most; whoever waited for each would not come to its end.
void expect_quick_misses(RedisCache& cache) {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 2000; ++i) {
        EXPECT_EQ(shown(cache, 1), nullptr);
        EXPECT_FALSE(advance(cache, 1, 2, 0));
        read_and_fill(cache, cached_order(1));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, 2000 * order::limits::redis_silence_timeout / 4);
}

/// A replica behind a network that can be broken.
struct Replica {
    explicit Replica(redis::Patience patience = patient)
        : cache({.address = "127.0.0.1:" + std::to_string(proxy.port()), .patience = patience}, silent_log()) {}
    TcpProxy proxy{server().port()};
    RedisCache cache;
};

class RedisReplicasTest : public testing::Test {
  protected:
    std::unique_ptr<RedisCache> cache_ = empty_redis_cache();
};

TEST_F(RedisReplicasTest, see_each_others_rows_and_changes) {
    const auto other = redis_cache();
    ASSERT_TRUE(eventually([&] {
        read_and_fill(*cache_, cached_order(1, 1, 1));
        return shown(*other, 1) != nullptr;
    }));
    ASSERT_TRUE(advance(*other, 1, 2, 1));
    EXPECT_EQ(shown(*cache_, 1), nullptr);
    ASSERT_TRUE(fill_and_show(*cache_, cached_order(1, 2, 2)));
}

// DESIGN 4, Reads: between instances the bound is one second, whatever fails.
TEST_F(RedisReplicasTest, the_change_of_one_that_is_cut_off_is_seen_by_the_others_within_a_second) {
    Replica cut_off;
    ASSERT_TRUE(works(cut_off.cache));
    int rounds_shown = 0;
    for (int round = 0; round < 3 || rounds_shown == 0; ++round) {
        cut_off.proxy.set_weather(TcpProxy::Weather::cut);
        // Read by the other replica at the last moment before the change.
        read_and_fill(*cache_, cached_order(round, 1, 1));
        const auto in_flight = cache_->get({}).ticket;
        const std::int64_t committed_at = server().now();
        EXPECT_FALSE(advance(cut_off.cache, round, 2, 1));

        bool late_filled = false;
        for (std::int64_t asked_at = server().now(); asked_at <= committed_at + 1'100'000; asked_at = server().now()) {
            const OrderPtr seen = shown(*cache_, round);
            if (seen != nullptr) {
                ++rounds_shown;
                EXPECT_LE(asked_at, committed_at + 1'000'000);
            }
            if (!late_filled && asked_at > committed_at + 500'000) {
                cache_->fill(in_flight, std::array{cached_order(round, 1, 1)});
                late_filled = true;
            }
        }
        cut_off.proxy.set_weather(TcpProxy::Weather::fair);
        ASSERT_TRUE(works(cut_off.cache));
        EXPECT_EQ(shown(cut_off.cache, round), nullptr);
        ASSERT_TRUE(fill_and_show(*cache_, cached_order(round, 2, 1)));
    }
}

TEST_F(RedisReplicasTest, what_one_read_before_it_was_cut_off_fills_nothing_later) {
    Replica cut_off;
    ASSERT_TRUE(works(cut_off.cache));
    const auto ticket = cut_off.cache.get({}).ticket;
    cut_off.proxy.set_weather(TcpProxy::Weather::cut);
    ASSERT_TRUE(advance(*cache_, 1, 2, 1));
    wait_past(ticket.microseconds + 1'000'000);
    cut_off.proxy.set_weather(TcpProxy::Weather::fair);
    ASSERT_TRUE(works(cut_off.cache));
    cut_off.cache.fill(ticket, std::array{cached_order(1, 1, 1)});
    EXPECT_EQ(shown(*cache_, 1), nullptr);
    EXPECT_EQ(shown(cut_off.cache, 1), nullptr);
}

TEST_F(RedisReplicasTest, a_redis_that_was_killed_is_missed_and_found_again) {
    ASSERT_TRUE(fill_and_show(*cache_, cached_order(1, 1, 1)));
    for (int round = 0; round < 2; ++round) {
        server().control("kill");
        EXPECT_FALSE(advance(*cache_, 1, 2, 1));
        expect_quick_misses(*cache_);
        EXPECT_NE(cache_->trouble(), "");
        EXPECT_TRUE(advance(*cache_, 2, 1, 0));  // nothing is older
        server().control("start");
        ASSERT_TRUE(works(*cache_));
        EXPECT_EQ(cache_->trouble(), "");
        ASSERT_TRUE(fill_and_show(*cache_, cached_order(1, 2, 2)));
    }
}

TEST_F(RedisReplicasTest, a_redis_that_falls_silent_costs_the_first_callers_alone) {
    Replica replica(redis::Patience{});  // the service's own patience
    ASSERT_TRUE(eventually([&] { return fill_and_show(replica.cache, cached_order(1)); }));
    replica.proxy.set_weather(TcpProxy::Weather::silent);
    (void)shown(replica.cache, 1);
    EXPECT_TRUE(eventually([&] { return !replica.cache.trouble().empty(); }));
    expect_quick_misses(replica.cache);
    EXPECT_NE(replica.cache.trouble().find("not answered"), std::string::npos) << replica.cache.trouble();
    replica.proxy.set_weather(TcpProxy::Weather::fair);
    EXPECT_TRUE(eventually([&] { return advance(replica.cache, 1, 3, 0); }));
    EXPECT_TRUE(eventually([&] { return fill_and_show(replica.cache, cached_order(1, 3, 3)); }));
}

TEST_F(RedisReplicasTest, an_answer_that_is_lost_half_way_is_never_taken_for_anothers) {
    Replica replica;
    ASSERT_TRUE(works(replica.cache));
    for (int round = 0; round < 10; ++round) {
        std::vector<OrderStamp> stamps;
        for (int i = 0; i < 100; ++i) stamps.push_back({cached_id(i), 2 + round, 0});
        replica.proxy.set_trap(TcpProxy::Trap::swallow_answer, "EVALSHA");
        EXPECT_FALSE(replica.cache.advance(stamps));
        EXPECT_TRUE(replica.proxy.sprung());
        ASSERT_TRUE(works(replica.cache));
        for (int i = 0; i < 5; ++i) {
            const int number = 100 * (round + 1) + i;
            ASSERT_TRUE(fill_and_show(replica.cache, cached_order(number)));
        }
    }
}

/// Many instances, each with its own cache, on one Redis whose scripts are lost now and then. Whoever looks must see at
/// least what was announced, with success, before the look began; with a short life rows and announcements end all the
/// time, while rows that were read long ago still come.
void race(std::chrono::milliseconds life) {
    constexpr int orders = 12;
    constexpr int changes = 1500;
    const auto row_of = [](int number, int state) { return cached_order(number, state + 1, state); };
    std::array<std::atomic<int>, orders> committed{};
    std::array<std::atomic<int>, orders> announced{};
    std::atomic<bool> over = false;
    std::atomic<int> stale = 0;
    std::atomic<int> seen = 0;
    std::vector<std::unique_ptr<RedisCache>> caches;
    caches.push_back(empty_redis_cache(life));
    caches.push_back(redis_cache(life));
    caches.push_back(redis_cache(life));

    const auto reader = [&](unsigned who) {
        RedisCache& cache = *caches[who % caches.size()];
        std::minstd_rand random(who + 1);
        struct InFlight {
            OrderCache::Ticket ticket;
            OrderPtr row;
        };
        std::vector<InFlight> in_flight;
        while (!over) {
            const int number = static_cast<int>(random() % orders);
            const auto at = static_cast<std::size_t>(number);
            const int at_least = announced[at];
            const auto lookup = cache.get(std::array{cached_id(number)});
            if (lookup.found[0] != nullptr) {
                ++seen;
                if (lookup.found[0]->version - 1 < at_least) ++stale;
                continue;
            }
            in_flight.push_back({lookup.ticket, row_of(number, committed[at])});
            while (in_flight.size() > random() % 8) {
                std::swap(in_flight[random() % in_flight.size()], in_flight.back());
                cache.fill(in_flight.back().ticket, std::array{in_flight.back().row});
                in_flight.pop_back();
            }
        }
    };
    const auto writer = [&](unsigned who) {
        RedisCache& cache = *caches[who % caches.size()];
        std::minstd_rand random(who + 1);
        for (int i = 0; i < changes; ++i) {
            // Each order has one writer, so that `announced` grows.
            const int number = static_cast<int>(who % 2) + 2 * static_cast<int>(random() % (orders / 2));
            const auto at = static_cast<std::size_t>(number);
            const int state = ++committed[at];
            if (!advance(cache, number, state + 1, state)) ++stale;
            announced[at] = state;
            if (i % 100 == 0) server().ask({"SCRIPT", "FLUSH"});
            if (random() % 8 == 0) std::this_thread::yield();
        }
    };
    std::vector<std::thread> readers;
    for (unsigned who = 0; who < 3; ++who) readers.emplace_back(reader, who);
    std::thread even(writer, 10);
    std::thread odd(writer, 11);
    even.join();
    odd.join();
    over = true;
    for (std::thread& thread : readers) thread.join();
    EXPECT_EQ(stale, 0);
    EXPECT_GT(seen, 0);
}

TEST(RedisReplicas, never_see_less_than_what_was_announced) { race(60s); }
TEST(RedisReplicas, never_see_less_than_what_was_announced_while_everything_ends) { race(20ms); }

}  // namespace

}  // namespace orderstream::contract
