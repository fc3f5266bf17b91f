#include "contract/cache_contract.h"

#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "contract/cache_samples.h"

namespace orderstream::contract {

namespace {

using namespace std::chrono_literals;
using order::OrderPtr;
using ports::OrderCache;
using ports::OrderStamp;

struct Stamp {
    int version = 0;
    int processed_version = 0;
    friend auto operator<=>(const Stamp&, const Stamp&) = default;
};
std::ostream& operator<<(std::ostream& out, const Stamp& stamp) {
    return out << "version " << stamp.version << ", processed " << stamp.processed_version;
}

/// A cache under test with the calls that the tests are about; 0 stands for "not there".
class Cache {
  public:
    Cache() : under_test_(CacheContract::GetParam().make()) {}

    [[nodiscard]] OrderCache& port() { return under_test_->cache(); }
    void pass(std::chrono::microseconds time) { under_test_->pass(time); }

    [[nodiscard]] Stamp shown(int number) {
        const auto found = get(number).found;
        return found.size() == 1 && found[0] ? Stamp{found[0]->version, found[0]->processed_version} : Stamp{};
    }
    [[nodiscard]] OrderCache::Lookup get(int number) { return port().get(std::array{cached_id(number)}); }
    /// A read begins: after everything that was before it.
    [[nodiscard]] OrderCache::Ticket begin_read() {
        pass(10us);
        const auto ticket = port().get({}).ticket;
        pass(10us);
        return ticket;
    }
    void fill(OrderCache::Ticket ticket, const OrderPtr& order) { port().fill(ticket, std::array{order}); }
    void read_and_fill(const OrderPtr& order) { fill(begin_read(), order); }
    void advance(int number, int version, int processed_version) {
        pass(10us);
        EXPECT_TRUE(port().advance(std::array{OrderStamp{cached_id(number), version, processed_version}}));
    }

  private:
    std::unique_ptr<CacheUnderTest> under_test_;
};

/// The stamp where the cache keeps anything at all.
Stamp kept(int version, int processed_version) {
    return CacheContract::GetParam().keeps ? Stamp{version, processed_version} : Stamp{};
}

TEST_P(CacheContract, an_empty_cache_misses) {
    Cache cache;
    const auto lookup = cache.port().get(std::array{cached_id(1), cached_id(2)});
    EXPECT_EQ(lookup.found, (std::vector<OrderPtr>{nullptr, nullptr}));
    EXPECT_EQ(cache.port().peek(cached_id(1)), nullptr);
    EXPECT_TRUE(cache.port().get({}).found.empty());
}

TEST_P(CacheContract, what_was_filled_is_found_one_answer_per_id) {
    Cache cache;
    cache.read_and_fill(cached_order(2, 3, 1));
    const auto found = cache.port().get(std::array{cached_id(1), cached_id(2), cached_id(2)}).found;
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0], nullptr);
    if (!GetParam().keeps) return;
    for (const OrderPtr& order : {found[1], found[2]}) {
        ASSERT_NE(order, nullptr);
        EXPECT_EQ(order->id, cached_id(2));
        EXPECT_EQ(order->version, 3);
        EXPECT_EQ(order->processed_version, 1);
        EXPECT_EQ(*order->payload, R"({"amount":1})");
    }
}

TEST_P(CacheContract, peek_shows_what_get_shows_or_nothing) {
    Cache cache;
    cache.read_and_fill(cached_order(1, 2, 2));
    if (const OrderPtr order = cache.port().peek(cached_id(1))) {
        EXPECT_EQ(order->version, 2);
    }
    cache.advance(1, 3, 2);
    const OrderPtr order = cache.port().peek(cached_id(1));
    EXPECT_TRUE(order == nullptr || order->version >= 3);
}

TEST_P(CacheContract, rows_that_are_not_there_are_skipped) {
    Cache cache;
    cache.port().fill(cache.begin_read(), std::array{OrderPtr{}, cached_order(1), OrderPtr{}});
    EXPECT_EQ(cache.shown(1), kept(1, 0));
}

TEST_P(CacheContract, newer_replaces_older) {
    Cache cache;
    cache.read_and_fill(cached_order(1, 1, 0));
    cache.read_and_fill(cached_order(1, 1, 1));
    EXPECT_EQ(cache.shown(1), kept(1, 1));
    cache.read_and_fill(cached_order(1, 2, 1));
    EXPECT_EQ(cache.shown(1), kept(2, 1));
}

TEST_P(CacheContract, older_never_replaces_newer) {
    Cache cache;
    const auto early = cache.begin_read();
    cache.read_and_fill(cached_order(1, 2, 1));
    cache.fill(early, cached_order(1, 2, 0));
    EXPECT_EQ(cache.shown(1), kept(2, 1));
    cache.fill(early, cached_order(1, 1, 1));
    EXPECT_EQ(cache.shown(1), kept(2, 1));
}

TEST_P(CacheContract, of_equally_new_rows_in_one_fill_one_is_kept) {
    Cache cache;
    cache.port().fill(cache.begin_read(), std::array{cached_order(1, 2, 2), cached_order(1, 2, 2)});
    EXPECT_EQ(cache.shown(1), kept(2, 2));
}

TEST_P(CacheContract, advance_ends_what_is_older) {
    for (const Stamp stamp : {Stamp{2, 1}, Stamp{3, 0}, Stamp{3, 3}}) {
        Cache cache;
        cache.read_and_fill(cached_order(1, 2, 0));
        cache.advance(1, stamp.version, stamp.processed_version);
        const Stamp shown = cache.shown(1);
        EXPECT_TRUE(shown == Stamp{} || shown >= stamp) << shown;
    }
}

TEST_P(CacheContract, advance_leaves_what_is_as_new) {
    Cache cache;
    cache.read_and_fill(cached_order(1, 2, 2));
    cache.advance(1, 2, 2);
    cache.advance(1, 2, 1);
    cache.advance(1, 1, 1);
    EXPECT_EQ(cache.shown(1), kept(2, 2));
}

TEST_P(CacheContract, a_read_overtaken_by_a_change_fills_nothing_older) {
    Cache cache;
    const auto in_flight = cache.begin_read();
    cache.advance(1, 2, 0);
    cache.fill(in_flight, cached_order(1, 1, 1));
    EXPECT_EQ(cache.shown(1), Stamp{});
}

TEST_P(CacheContract, a_read_overtaken_by_two_changes_fills_nothing_older) {
    Cache cache;
    cache.read_and_fill(cached_order(1, 1, 1));
    const auto in_flight = cache.begin_read();
    cache.advance(1, 3, 0);
    cache.advance(1, 2, 2);  // an ACK that came late
    cache.fill(in_flight, cached_order(1, 2, 2));
    const Stamp shown = cache.shown(1);
    EXPECT_TRUE(shown == Stamp{} || shown >= (Stamp{3, 0})) << shown;
}

TEST_P(CacheContract, a_read_after_a_change_fills_again) {
    Cache cache;
    cache.read_and_fill(cached_order(1, 1, 1));
    cache.advance(1, 2, 1);
    cache.read_and_fill(cached_order(1, 2, 1));
    EXPECT_EQ(cache.shown(1), kept(2, 1));
}

TEST_P(CacheContract, a_change_of_one_order_leaves_the_others) {
    Cache cache;
    for (int i = 0; i < 20; ++i) cache.read_and_fill(cached_order(i));
    cache.advance(7, 2, 0);
    for (int i = 0; i < 20; ++i) {
        if (i != 7) {
            EXPECT_EQ(cache.shown(i), kept(1, 0)) << i;
        }
    }
    EXPECT_EQ(cache.shown(7), Stamp{});
}

TEST_P(CacheContract, many_stamps_at_once) {
    Cache cache;
    std::vector<OrderStamp> stamps;
    for (int i = 0; i < 500; ++i) {
        cache.read_and_fill(cached_order(i, 1, 0));
        stamps.push_back({cached_id(i), i % 2 == 0 ? 1 : 2, 0});
    }
    EXPECT_TRUE(cache.port().advance(stamps));
    for (int i = 0; i < 500; ++i) EXPECT_EQ(cache.shown(i), i % 2 == 0 ? kept(1, 0) : Stamp{}) << i;
}

TEST_P(CacheContract, hits_and_misses_are_counted) {
    Cache cache;
    cache.read_and_fill(cached_order(1));
    (void)cache.port().get(std::array{cached_id(1), cached_id(2), cached_id(3)});
    const bool peeked = cache.port().peek(cached_id(1)) != nullptr;
    EXPECT_EQ(cache.port().peek(cached_id(2)), nullptr);  // no miss: get() will count it
    const auto stats = cache.port().stats();
    const bool keeps = GetParam().keeps;
    EXPECT_EQ(stats.hits, (keeps ? 1u : 0u) + (peeked ? 1u : 0u));
    EXPECT_EQ(stats.misses, keeps ? 2u : 0u);
    // A server's size is asked for now and then.
    const std::size_t size = keeps ? 1 : 0;
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (cache.port().stats().size != size && std::chrono::steady_clock::now() < deadline) cache.pass(1ms);
    EXPECT_EQ(cache.port().stats().size, size);
    EXPECT_TRUE(stats.capacity == 0 || stats.capacity >= size);
}

TEST_P(CacheContract, a_working_cache_has_no_trouble) {
    Cache cache;
    EXPECT_EQ(cache.port().trouble(), "");
}

/// A store and its users in small: writers commit and then advance, readers of rows fill (often late, so that their
/// rows are stale by then), and everyone who looks must see at least what was announced before the look began.
TEST_P(CacheContract, nobody_ever_sees_less_than_what_was_announced) {
    Cache cache;
    constexpr int orders = 24;
    constexpr int changes = 2000;
    // A state n is version n / 2 + 1, processed for odd n.
    const auto row_of = [](int number, int state) {
        return cached_order(number, state / 2 + 1, state / 2 + state % 2);
    };
    const auto state_of = [](const order::Order& order) {
        return 2 * (order.version - 1) + order.processed_version - (order.version - 1);
    };
    std::array<std::atomic<int>, orders> committed{};
    std::array<std::atomic<int>, orders> announced{};
    std::atomic<bool> over = false;
    std::atomic<int> stale = 0;
    std::atomic<int> seen = 0;

    const auto look = [&](int number, const OrderPtr& order, int at_least) {
        if (!order) return;
        ++seen;
        if (order->id != cached_id(number) || state_of(*order) < at_least) ++stale;
    };
    const auto reader = [&](unsigned seed) {
        std::minstd_rand random(seed);
        struct InFlight {
            OrderCache::Ticket ticket;
            OrderPtr row;
        };
        std::vector<InFlight> in_flight;
        while (!over) {
            const int number = static_cast<int>(random() % orders);
            const auto at = static_cast<std::size_t>(number);
            int at_least = announced[at];
            look(number, cache.port().peek(cached_id(number)), at_least);
            at_least = announced[at];
            const auto lookup = cache.get(number);
            look(number, lookup.found[0], at_least);
            if (lookup.found[0]) continue;
            in_flight.push_back({lookup.ticket, row_of(number, committed[at])});
            if (in_flight.size() < 8) continue;
            while (in_flight.size() > random() % 8) {
                std::swap(in_flight[random() % in_flight.size()], in_flight.back());
                cache.fill(in_flight.back().ticket, in_flight.back().row);
                in_flight.pop_back();
            }
        }
    };
    const auto writer = [&](unsigned seed, int first) {
        std::minstd_rand random(seed);
        for (int i = 0; i < changes; ++i) {
            // Each order has one writer, so that `announced` grows.
            const int number = first + 2 * static_cast<int>(random() % (orders / 2));
            const auto at = static_cast<std::size_t>(number);
            const int state = ++committed[at];
            const auto row = row_of(number, state);
            if (!cache.port().advance(std::array{OrderStamp{row->id, row->version, row->processed_version}})) ++stale;
            announced[at] = state;
            if (random() % 32 == 0) std::this_thread::yield();
        }
    };

    std::vector<std::thread> readers;
    for (unsigned seed = 1; seed <= 3; ++seed) readers.emplace_back(reader, seed);
    std::thread even(writer, 11, 0);
    std::thread odd(writer, 12, 1);
    even.join();
    odd.join();
    over = true;
    for (std::thread& thread : readers) thread.join();

    EXPECT_EQ(stale, 0);
    if (GetParam().keeps) {
        EXPECT_GT(seen, 0);
    }
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CacheContract);

}  // namespace orderstream::contract
