#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "documents/generic.h"
#include "documents/json.h"
#include "order/ids.h"
#include "sample_order.h"

namespace {

using namespace orderstream;

void count_bytes(benchmark::State& state, std::size_t bytes) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void parse_json(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(documents::parse_json(bench::request_body));
    count_bytes(state, bench::request_body.size());
}
BENCHMARK(parse_json);

void render_json(benchmark::State& state) {
    const documents::Json value = documents::parse_json(bench::request_body).value();
    for (auto _ : state) benchmark::DoNotOptimize(documents::render_json(value));
    count_bytes(state, bench::request_body.size());
}
BENCHMARK(render_json);

void parse_generic_request(benchmark::State& state) {
    const bool want_canonical = state.range(0) != 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(documents::parse_generic_request(bench::request_body, want_canonical));
    }
    count_bytes(state, bench::request_body.size());
}
BENCHMARK(parse_generic_request)->ArgName("idempotency_key")->Arg(0)->Arg(1);

void append_generic_order(benchmark::State& state) {
    order::Uuid7Source ids;
    const order::Order row = bench::sample_order(ids.next());
    std::string out;
    for (auto _ : state) {
        out.clear();
        documents::append_generic_order(out, row);
        benchmark::DoNotOptimize(out.data());
    }
    count_bytes(state, out.size());
}
BENCHMARK(append_generic_order);

}  // namespace
