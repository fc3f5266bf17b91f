#include "cli/serve.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "cache/local_cache.h"
#include "cache/no_cache.h"
#include "cli/signals.h"
#include "http/health_resource.h"
#include "http/orders_resource.h"
#include "http/server.h"
#include "inprocess/in_process_bus.h"
#include "order/limits.h"
#include "pipeline/health.h"
#include "pipeline/pricing_processor.h"
#include "pipeline/service.h"
#include "pipeline/worker.h"
#include "sqlite/sqlite_store.h"

// The wiring diagram: which parts there are, and who talks to whom.

namespace orderstream::cli {

namespace {

using namespace std::chrono_literals;
using pipeline::HealthStatus;
using pipeline::Phase;

/// How long balancers are given to see that this instance is unready (DESIGN 7).
constexpr auto unready_before_refusing = 2s;
/// What is kept of SHUTDOWN_TIMEOUT for ending in order when the last waiters were answered.
constexpr auto kept_for_ending = 10s;
constexpr auto drain_poll = 10ms;

pipeline::Clock real_clock() {
    return {.now = [] { return std::chrono::steady_clock::now(); },
            .sleep = [](std::chrono::milliseconds duration) { std::this_thread::sleep_for(duration); }};
}

pipeline::Worker::Random real_random() {
    return [generator = std::mt19937_64(std::random_device{}())]() mutable {
        return std::uniform_real_distribution<double>(0, 1)(generator);
    };
}

std::unique_ptr<ports::OrderCache> make_cache(const config::Config& config) {
    cache::LocalCache::Options options;
    options.max_age = config::cache_max_age(config, config::Role::serve);
    switch (config::cache_type(config, config::Role::serve)) {
        case config::CacheType::memory: return cache::make_memory_cache(std::move(options));
        case config::CacheType::lru:
            options.orders_max = static_cast<std::size_t>(config.cache.lru_orders);
            return cache::make_lru_cache(std::move(options));
        case config::CacheType::none:
        case config::CacheType::redis: break;
    }
    return std::make_unique<cache::NoCache>();
}

pipeline::Health health_of(ports::OrderStore& store, const ports::EventPublisher& bus, ports::OrderCache& cache,
                           Phase phase) {
    pipeline::Health health;
    const auto check = [&health](std::string_view name, std::string_view engine, std::string trouble,
                                 HealthStatus in_trouble) {
        const HealthStatus status = trouble.empty() ? HealthStatus::healthy : in_trouble;
        health.status = std::max(health.status, status);
        health.checks.push_back({name, status, trouble.empty() ? std::string(engine) : std::move(trouble)});
    };
    check("store", "sqlite", store.trouble(), HealthStatus::unhealthy);
    check("bus", "in-process", bus.state() == ports::BusState::up ? "" : "the broker is away", HealthStatus::degraded);
    check("cache", cache.stats().type, cache.trouble(), HealthStatus::degraded);
    check("process", "running", phase == Phase::running ? "" : "not taking new requests", HealthStatus::unhealthy);
    return health;
}

/// The last way of an instance: unready at once, refusing a little later, gone when everybody has their answer.
void leave(const Signals& signals, std::atomic<Phase>& phase, http::Server& server, pipeline::Service& service,
           std::chrono::milliseconds shutdown_timeout, telemetry::Log& log) {
    const auto heard = std::chrono::steady_clock::now();
    log.info("leaving", {{"waiting", service.waiters().size()}});
    phase = Phase::leaving;
    service.leave();
    // A second signal is from somebody in a hurry: no grace, but still in order.
    const bool hurry = signals.wait_for(unready_before_refusing);
    phase = Phase::draining;
    const auto last_answers =
        hurry ? std::chrono::steady_clock::now()
              : heard + std::max<std::chrono::milliseconds>(shutdown_timeout - kept_for_ending, 0ms);
    service.cut_waiting(last_answers);
    const auto give_up = last_answers + kept_for_ending / 2;
    while ((!service.idle() || !server.drained()) && std::chrono::steady_clock::now() < give_up) {
        if (signals.wait_for(drain_poll)) service.cut_waiting(std::chrono::steady_clock::now());
    }
}

}  // namespace

int serve(const config::Config& config, telemetry::Log& log) {
    const Signals signals;
    auto opened = sqlite::SqliteStore::open(config.storage.data_dir);
    if (!opened) {
        log.error("cannot start", {{"error", opened.error()}});
        return 1;
    }
    sqlite::SqliteStore& store = **opened;
    const std::unique_ptr<ports::OrderCache> cache = make_cache(config);
    inprocess::InProcessBus bus([&log](const ports::Event& event, const std::string& error) {
        log.error(
            "an event that no worker can handle",
            {{"order_id", order::to_string(event.order->id)}, {"request_id", event.request_id}, {"error", error}});
    });

    pipeline::PricingProcessor processor;
    pipeline::Worker worker(store, bus, processor, real_clock(), real_random(), log,
                            {.mark_processing = config.work.mark_processing,
                             .retry_attempts_max = config.work.retry_attempts_max,
                             .retry_backoff = config.work.retry_backoff,
                             .batch_events = order::limits::batch_orders_max});
    pipeline::Service service({.store = store, .publisher = bus, .acks = bus, .cache = *cache}, real_clock(), log);

    std::atomic<Phase> phase = Phase::starting;
    order::Uuid7Source ids;
    http::HealthResource health_resource(
        ORDERSTREAM_VERSION, [&store, &bus, &cache, &phase] { return health_of(store, bus, *cache, phase); });
    http::OrdersResource orders_resource(service.orders(), ids, config.work.ack_timeout);
    std::vector<http::Route> routes = health_resource.routes();
    std::ranges::move(orders_resource.routes(), std::back_inserter(routes));
    const http::Router router(std::move(routes), phase);
    auto listening = http::Server::listen(
        {.host = config.http.host, .port = config.http.port, .threads = 0, .limits = {}}, router, phase, log);
    if (!listening) {
        log.error("cannot start", {{"error", listening.error()}});
        return 1;
    }
    http::Server& server = **listening;

    service.start();
    std::thread worker_thread([&worker] { worker.run(); });
    phase = Phase::running;
    server.start();
    log.info("ready", {{"host", config.http.host},
                       {"port", server.port()},
                       {"store", "sqlite"},
                       {"bus", "in-process"},
                       {"cache", cache->stats().type},
                       {"data", config.storage.data_dir},
                       {"version", ORDERSTREAM_VERSION}});

    signals.wait();
    leave(signals, phase, server, service, config.work.shutdown_timeout, log);
    server.stop_accepting();
    // The worker first: what it has settled is then seen off by the service; what it has not waits in its note.
    worker.stop();
    worker_thread.join();
    service.finish();
    server.stop();
    log.info("stopped", {});
    return 0;
}

}  // namespace orderstream::cli
