#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "cache/local_cache.h"
#include "cache/no_cache.h"
#include "contract/cache_contract.h"
#include "contract/cache_samples.h"

namespace orderstream::contract {

namespace {

using namespace std::chrono_literals;
using cache::LocalCache;
using order::OrderPtr;
using ports::OrderCache;
using ports::OrderStamp;
using testing::ElementsAre;
using testing::IsEmpty;

/// The real clock, which the concurrency test needs, and what the others add to it.
class LocalCacheUnderTest final : public CacheUnderTest {
  public:
    using Make = std::unique_ptr<LocalCache> (*)(LocalCache::Options);

    LocalCacheUnderTest(Make make, std::optional<std::chrono::microseconds> max_age)
        : cache_(make({.orders_max = 5000, .max_age = max_age, .now = [this] {
                           return LocalCache::steady_now() + std::chrono::microseconds(passed_);
                       }})) {}
    [[nodiscard]] OrderCache& cache() override { return *cache_; }
    void pass(std::chrono::microseconds time) override { passed_ += time.count(); }

  private:
    std::atomic<std::int64_t> passed_ = 0;
    std::unique_ptr<LocalCache> cache_;
};

class NoCacheUnderTest final : public CacheUnderTest {
  public:
    [[nodiscard]] OrderCache& cache() override { return cache_; }
    void pass(std::chrono::microseconds) override {}

  private:
    cache::NoCache cache_;
};

CacheAdapter local(std::string name, LocalCacheUnderTest::Make make, std::optional<std::chrono::microseconds> max_age) {
    return {.name = std::move(name), .make = [=] { return std::make_unique<LocalCacheUnderTest>(make, max_age); }};
}

INSTANTIATE_TEST_SUITE_P(
    Local, CacheContract,
    testing::Values(local("memory", cache::make_memory_cache, {}),
                    local("memory_max_age", cache::make_memory_cache, 60s), local("lru", cache::make_lru_cache, {}),
                    local("lru_max_age", cache::make_lru_cache, 60s),
                    CacheAdapter{.name = "none", .keeps = false, .make = std::make_unique<NoCacheUnderTest>}),
    [](const auto& adapter) { return adapter.param.name; });

/// A clock that only moves by hand.
class LocalCacheTest : public testing::Test {
  protected:
    void make(LocalCacheUnderTest::Make factory, LocalCache::Options options) {
        options.now = [this] { return now_; };
        cache_ = factory(std::move(options));
    }
    OrderCache::Ticket begin_read() {
        now_ += 10us;
        const auto ticket = cache_->get({}).ticket;
        now_ += 10us;
        return ticket;
    }
    void read_and_fill(const OrderPtr& order) { cache_->fill(begin_read(), std::array{order}); }
    /// The orders that are there; looking at them changes what was used last.
    std::vector<int> present(int count) {
        std::vector<int> numbers;
        for (int i = 0; i < count; ++i) {
            if (cache_->peek(cached_id(i))) numbers.push_back(i);
        }
        return numbers;
    }

    std::chrono::microseconds now_ = 0us;
    std::unique_ptr<LocalCache> cache_;
};

TEST_F(LocalCacheTest, lru_evicts_what_was_used_least_recently) {
    make(cache::make_lru_cache, {.orders_max = 3});
    for (int i = 0; i < 3; ++i) read_and_fill(cached_order(i));
    EXPECT_NE(cache_->peek(cached_id(0)), nullptr);
    EXPECT_NE(cache_->get(std::array{cached_id(1)}).found[0], nullptr);
    read_and_fill(cached_order(3));
    EXPECT_THAT(present(4), ElementsAre(0, 1, 3));
    EXPECT_EQ(cache_->stats().size, 3u);
    EXPECT_EQ(cache_->stats().capacity, 3u);
    EXPECT_EQ(cache_->stats().type, "lru");
}

TEST_F(LocalCacheTest, a_newer_row_counts_as_use) {
    make(cache::make_lru_cache, {.orders_max = 2});
    read_and_fill(cached_order(0));
    read_and_fill(cached_order(1));
    read_and_fill(cached_order(0, 2));
    read_and_fill(cached_order(2));
    EXPECT_THAT(present(3), ElementsAre(0, 2));
}

TEST_F(LocalCacheTest, memory_takes_nothing_new_when_full) {
    make(cache::make_memory_cache, {.orders_max = 2});
    for (int i = 0; i < 4; ++i) read_and_fill(cached_order(i));
    EXPECT_THAT(present(4), ElementsAre(0, 1));
    read_and_fill(cached_order(1, 2));
    EXPECT_EQ(cache_->peek(cached_id(1))->version, 2);
    EXPECT_TRUE(cache_->advance(std::array{OrderStamp{cached_id(0), 2, 0}}));
    read_and_fill(cached_order(3));
    EXPECT_THAT(present(4), ElementsAre(1, 3));
    EXPECT_EQ(cache_->stats().type, "memory");
}

TEST_F(LocalCacheTest, memory_gives_the_place_of_what_is_too_old_to_newcomers) {
    make(cache::make_memory_cache, {.orders_max = 2, .max_age = 1s});
    read_and_fill(cached_order(0));
    now_ += 600ms;
    read_and_fill(cached_order(1));
    now_ += 600ms;
    read_and_fill(cached_order(2));
    EXPECT_THAT(present(3), ElementsAre(1, 2));
    read_and_fill(cached_order(3));
    EXPECT_THAT(present(4), ElementsAre(1, 2));
}

TEST_F(LocalCacheTest, bytes_are_bounded) {
    const auto large = [](int number) { return cached_order(number, 1, 0, std::string(1000, 'x')); };
    for (const auto factory : {cache::make_lru_cache, cache::make_memory_cache}) {
        make(factory, {.orders_max = 100, .bytes_max = 5000});
        for (int i = 0; i < 20; ++i) {
            read_and_fill(large(i));
            EXPECT_LE(cache_->bytes(), 5000u);
            EXPECT_GT(cache_->bytes(), cache_->stats().size * 1000);
        }
        EXPECT_EQ(cache_->stats().size, 3u);
        for (int i = 0; i < 20; ++i) EXPECT_TRUE(cache_->advance(std::array{OrderStamp{cached_id(i), 2, 0}}));
        EXPECT_EQ(cache_->bytes(), 0u);
    }
}

TEST_F(LocalCacheTest, an_order_larger_than_the_bound_is_not_taken_and_its_older_view_goes) {
    make(cache::make_lru_cache, {.orders_max = 100, .bytes_max = 5000});
    read_and_fill(cached_order(0, 1));
    read_and_fill(cached_order(0, 2, 0, std::string(6000, 'x')));
    EXPECT_THAT(present(1), IsEmpty());
    EXPECT_EQ(cache_->bytes(), 0u);
}

TEST_F(LocalCacheTest, without_room_for_orders_nothing_is_taken) {
    for (const auto factory : {cache::make_lru_cache, cache::make_memory_cache}) {
        make(factory, {.orders_max = 0});
        read_and_fill(cached_order(0));
        EXPECT_THAT(present(1), IsEmpty());
    }
}

TEST_F(LocalCacheTest, nothing_is_shown_past_its_age_reckoned_from_the_begin_of_its_read) {
    make(cache::make_lru_cache, {.orders_max = 10, .max_age = 1s});
    const auto ticket = begin_read();
    const auto began = now_ - 10us;
    now_ += 400ms;
    cache_->fill(ticket, std::array{cached_order(0)});
    now_ = began + 1s;
    EXPECT_THAT(present(1), ElementsAre(0));
    now_ += 1us;
    EXPECT_THAT(present(1), IsEmpty());
    EXPECT_EQ(cache_->get(std::array{cached_id(0)}).found[0], nullptr);
    EXPECT_EQ(cache_->stats().misses, 1u);
}

TEST_F(LocalCacheTest, reading_the_same_row_again_makes_it_young_again) {
    make(cache::make_lru_cache, {.orders_max = 10, .max_age = 1s});
    const auto early = begin_read();
    read_and_fill(cached_order(0, 1, 1));
    now_ += 900ms;
    read_and_fill(cached_order(0, 1, 1));
    cache_->fill(early, std::array{cached_order(0, 1, 1)});
    now_ += 900ms;
    EXPECT_THAT(present(1), ElementsAre(0));
}

TEST_F(LocalCacheTest, without_max_age_orders_stay) {
    make(cache::make_lru_cache, {.orders_max = 10});
    read_and_fill(cached_order(0));
    now_ += 1000h;
    EXPECT_THAT(present(1), ElementsAre(0));
}

TEST_F(LocalCacheTest, of_equally_new_rows_the_one_read_later_counts) {
    make(cache::make_lru_cache, {.orders_max = 10});
    const auto early = begin_read();
    read_and_fill(cached_order(0, 1, 0, "later"));
    cache_->fill(early, std::array{cached_order(0, 1, 0, "earlier")});
    EXPECT_EQ(*cache_->peek(cached_id(0))->payload, "later");
}

TEST_F(LocalCacheTest, what_was_shown_and_evicted_is_not_followed_by_an_older_view) {
    make(cache::make_lru_cache, {.orders_max = 1});
    const auto in_flight = begin_read();
    read_and_fill(cached_order(0, 2));
    EXPECT_EQ(cache_->peek(cached_id(0))->version, 2);
    read_and_fill(cached_order(1));  // evicts it
    cache_->fill(in_flight, std::array{cached_order(0, 1)});
    EXPECT_EQ(cache_->peek(cached_id(0)), nullptr);
    read_and_fill(cached_order(0, 2));
    EXPECT_EQ(cache_->peek(cached_id(0))->version, 2);
}

TEST_F(LocalCacheTest, a_row_that_is_newer_than_what_is_shown_needs_no_proof) {
    make(cache::make_lru_cache, {.orders_max = 10});
    const auto in_flight = begin_read();
    read_and_fill(cached_order(0, 1, 1));
    now_ += 10us;
    EXPECT_TRUE(cache_->advance(std::array{OrderStamp{cached_id(0), 1, 1}}));
    cache_->fill(in_flight, std::array{cached_order(0, 2, 1)});
    EXPECT_EQ(cache_->peek(cached_id(0))->version, 2);
}

TEST_F(LocalCacheTest, a_large_cache_keeps_to_its_bounds_and_uses_them) {
    constexpr int orders_max = 10'000;
    make(cache::make_lru_cache, {.orders_max = orders_max});
    for (int i = 0; i < 5 * orders_max; ++i) read_and_fill(cached_order(i));
    EXPECT_EQ(cache_->stats().size, std::size_t{orders_max});
    // Shards fill at random: what came last is there all the same.
    const auto newest = present(5 * orders_max);
    EXPECT_GT(newest.front(), 5 * orders_max - 2 * orders_max);
}

TEST(LocalCache, size_and_bytes_stay_bounded_under_threads) {
    const auto cache = cache::make_lru_cache({.orders_max = 200, .bytes_max = 100'000});
    std::vector<std::thread> threads;
    for (int who = 0; who < 4; ++who) {
        threads.emplace_back([&, who] {
            for (int i = 0; i < 3000; ++i) {
                const int number = (i * 7 + who * 1001) % 1000;
                const auto lookup = cache->get(std::array{cached_id(number)});
                cache->fill(lookup.ticket,
                            std::array{cached_order(number, 1, 0, std::string(std::size_t(i) % 500, 'x'))});
                (void)cache->advance(std::array{OrderStamp{cached_id((number + 500) % 1000), 1 + i % 2, 0}});
                if (i % 100 == 0) {
                    EXPECT_LE(cache->stats().size, 200u);
                }
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_LE(cache->bytes(), 100'000u);
    EXPECT_GT(cache->stats().size, 0u);
}

TEST(NoCache, says_what_it_is) {
    cache::NoCache none;
    EXPECT_EQ(none.stats().type, "none");
    EXPECT_EQ(none.stats().capacity, 0u);
}

}  // namespace

}  // namespace orderstream::contract
