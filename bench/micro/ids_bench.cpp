#include <benchmark/benchmark.h>

#include <string>

#include "order/ids.h"

namespace {

using namespace orderstream;

void make_uuid7(benchmark::State& state) {
    static order::Uuid7Source ids;
    for (auto _ : state) benchmark::DoNotOptimize(ids.next());
}
BENCHMARK(make_uuid7)->Threads(1)->Threads(2);

void derive_id_from_key(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            order::order_id_for_key(order::Kind::generic, "00000001-0000-4000-8000-000000000000", "checkout-4711"));
    }
}
BENCHMARK(derive_id_from_key);

void parse_uuid(benchmark::State& state) {
    const std::string text = order::to_string(order::Uuid7Source().next());
    for (auto _ : state) benchmark::DoNotOptimize(order::parse_uuid(text));
}
BENCHMARK(parse_uuid);

}  // namespace
