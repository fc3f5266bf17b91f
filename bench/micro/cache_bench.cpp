#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "cache/local_cache.h"
#include "order/ids.h"
#include "sample_order.h"

namespace {

using namespace orderstream;

/// A full cache of 10,000 orders, as `serve` has it, and the orders in it.
struct FullCache {
    static constexpr std::size_t size = 10'000;

    FullCache() {
        const auto ticket = cache->get({}).ticket;
        for (std::size_t i = 0; i < size; ++i) {
            orders.push_back(std::make_shared<const order::Order>(bench::sample_order(source.next())));
        }
        cache->fill(ticket, orders);
    }

    order::Uuid7Source source;
    std::unique_ptr<cache::LocalCache> cache = cache::make_lru_cache({.orders_max = 2 * size});
    std::vector<order::OrderPtr> orders;
};

void cache_peek(benchmark::State& state) {
    static FullCache full;
    std::size_t next = 0;
    for (auto _ : state) {
        const order::OrderPtr found = full.cache->peek(full.orders[next]->id);
        if (!found) state.SkipWithError("not all orders are in the cache");
        next = (next + 4099) % full.orders.size();
    }
}
BENCHMARK(cache_peek)->Threads(1)->Threads(2);

void cache_fill(benchmark::State& state) {
    FullCache full;
    std::vector<order::OrderPtr> one(1);
    for (auto _ : state) {
        const auto ticket = full.cache->get({}).ticket;
        one.front() = std::make_shared<const order::Order>(bench::sample_order(full.source.next()));
        full.cache->fill(ticket, one);
    }
}
BENCHMARK(cache_fill);

}  // namespace
