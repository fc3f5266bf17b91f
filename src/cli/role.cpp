#include "cli/role.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "cache/no_cache.h"
#include "cli/await_store.h"
#include "cli/bus.h"
#include "cli/cache.h"
#include "cli/health_watch.h"
#include "cli/leaving.h"
#include "cli/real_clock.h"
#include "cli/signals.h"
#include "cli/store.h"
#include "http/api_orders_resource.h"
#include "http/health_resource.h"
#include "http/order_list_resource.h"
#include "http/order_status_resource.h"
#include "http/orders_resource.h"
#include "http/server.h"
#include "http/statistics_resource.h"
#include "order/limits.h"
#include "pipeline/pricing_processor.h"
#include "pipeline/service.h"
#include "pipeline/worker.h"

// The wiring diagram: which parts a role has, and who talks to whom.

namespace orderstream::cli {

namespace {

using namespace std::chrono_literals;
using config::Role;
using pipeline::HealthStatus;
using pipeline::Phase;

/// How long the bus may take to answer, and its ears to find the end of the ACKs; a lost one costs its waiter a
/// look-up.
constexpr auto bus_max = 10s;
constexpr auto bus_poll = 10ms;

constexpr int cannot_start = 1;

constexpr std::string_view name_of(Role role) {
    switch (role) {
        case Role::serve: return "serve";
        case Role::api: return "api";
        case Role::worker: return "worker";
    }
    std::terminate();
}

bool has_api(Role role) { return role != Role::worker; }
bool has_worker(Role role) { return role != Role::api; }

template <class Part>
std::string error_of(const tl::expected<Part, std::string>& part) {
    return part ? std::string() : part.error();
}

pipeline::Worker::Random real_random() {
    return [generator = std::mt19937_64(std::random_device{}())]() mutable {
        return std::uniform_real_distribution<double>(0, 1)(generator);
    };
}

pipeline::Intake::Limits intake_limits(const StorePart& store) {
    pipeline::Intake::Limits limits = pipeline::Intake::default_limits();
    limits.overlapping = !store.one_writer;
    limits.gathering = limits.overlapping ? order::limits::gathering_overlapping_max : order::limits::gathering_max;
    return limits;
}

/// The API's half: the pipeline up to the bus, and the doors to it.
struct Api {
    Api(const StorePart& store, const BusPart& bus, ports::OrderCache& cache, const pipeline::Clock& clock,
        std::chrono::milliseconds ack_timeout, telemetry::Log& log)
        : service({.store = *store.port,
                   .listing = *store.listing,
                   .publisher = *bus.publisher,
                   .acks = *bus.acks,
                   .cache = cache},
                  clock, log, intake_limits(store)),
          orders(service.orders(), ids, ack_timeout),
          api_orders(service.orders(), ids, ack_timeout),
          statuses(service.orders(), ack_timeout, log),
          list(service.orders()),
          statistics(service.orders()) {}

    [[nodiscard]] std::vector<http::Route> routes() {
        std::vector<http::Route> all;
        for (auto routes :
             {orders.routes(), api_orders.routes(), statuses.routes(), list.routes(), statistics.routes()}) {
            std::ranges::move(routes, std::back_inserter(all));
        }
        return all;
    }

    pipeline::Service service;
    order::Uuid7Source ids;
    http::OrdersResource orders;
    http::ApiOrdersResource api_orders;
    http::OrderStatusResource statuses;
    http::OrderListResource list;
    http::StatisticsResource statistics;
};

/// The worker's half, on a thread of its own.
class WorkerThread {
  public:
    WorkerThread(ports::OrderStore& store, ports::EventSource& events, const pipeline::Clock& clock,
                 const config::Work& work, telemetry::Log& log)
        : worker_(store, events, processor_, clock, real_random(), log,
                  {.mark_processing = work.mark_processing,
                   .retry_attempts_max = work.retry_attempts_max,
                   .retry_backoff = work.retry_backoff,
                   .batch_events = order::limits::batch_orders_max}) {}
    ~WorkerThread() { stop(); }
    WorkerThread(const WorkerThread&) = delete;
    WorkerThread& operator=(const WorkerThread&) = delete;

    void start() {
        thread_ = std::thread([this] { worker_.run(); });
    }
    void stop() {
        worker_.stop();
        if (thread_.joinable()) thread_.join();
    }

  private:
    pipeline::PricingProcessor processor_;
    pipeline::Worker worker_;
    std::thread thread_;
};

/// A process in its role, from its parts to its end. Members are in the order of who outlives whom.
class Process {
  public:
    Process(Role role, const config::Config& config, telemetry::Log& log, const Signals& signals, StorePart store,
            BusPart bus)
        : role_(role),
          config_(config),
          log_(log),
          signals_(signals),
          store_(std::move(store)),
          bus_(std::move(bus)),
          cache_(has_api(role) ? make_cache(config, role, log) : std::make_unique<cache::NoCache>()),
          health_(ORDERSTREAM_VERSION, [this] { return health_watch_->health(); }) {
        if (has_api(role)) api_.emplace(store_, bus_, *cache_, clock_.clock(), config.work.ack_timeout, log);
        if (has_worker(role)) worker_.emplace(*store_.port, *bus_.events, clock_.clock(), config.work, log);
        health_watch_.emplace(dependencies(), phase_);
    }
    ~Process() { let_go(); }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    int run() {
        const http::Router router(routes(), phase_);
        const std::uint16_t port = role_ == Role::worker ? config_.http.worker_port : config_.http.port;
        auto listening = http::Server::listen({.host = config_.http.host, .port = port, .threads = 0, .limits = {}},
                                              router, phase_, log_);
        if (!listening) {
            log_.error("cannot start", {{"error", listening.error()}});
            return cannot_start;
        }
        http::Server& server = **listening;
        server.start();
        log_.info("listening", {{"host", config_.http.host}, {"port", server.port()}});

        switch (await_store(store_, signals_, log_)) {
            case Awaited::ready: break;
            case Awaited::refused: return cannot_start;
            case Awaited::signalled: return stopped();
        }
        if (api_) api_->service.start();
        if (worker_) worker_->start();
        const bool signalled = await_bus();
        health_watch_->refresh();
        phase_ = Phase::running;
        log_.info("ready", {{"role", name_of(role_)},
                            {"host", config_.http.host},
                            {"port", server.port()},
                            {"store", store_.engine},
                            {"bus", bus_.engine},
                            {"cache", cache_->stats().type},
                            {"data", store_.place},
                            {"version", ORDERSTREAM_VERSION}});
        if (!signalled) signals_.wait();
        leave(server);
        return stopped();
    }

  private:
    std::vector<HealthWatch::Dependency> dependencies() {
        std::vector<HealthWatch::Dependency> dependencies{
            {.name = "store",
             .engine = std::string(store_.engine),
             .trouble = store_.trouble,
             .in_trouble = HealthStatus::unhealthy},
            {.name = "bus", .engine = std::string(bus_.engine), .trouble = bus_.trouble}};
        if (has_api(role_)) {
            dependencies.push_back({.name = "cache", .engine = std::string(cache_->stats().type), .trouble = [this] {
                                        return cache_->trouble();
                                    }});
        }
        return dependencies;
    }

    std::vector<http::Route> routes() {
        std::vector<http::Route> routes = health_.routes();
        if (api_) std::ranges::move(api_->routes(), std::back_inserter(routes));
        return routes;
    }

    /// Whoever came earlier would wait for nothing: 202, though all is there a moment later. True when a signal came.
    [[nodiscard]] bool await_bus() {
        if (!api_) return false;
        const auto until = std::chrono::steady_clock::now() + bus_max;
        while (bus_.publisher->state() == ports::BusState::away || !bus_.acks->positioned()) {
            if (std::chrono::steady_clock::now() >= until) {
                log_.warn("ready, though the bus does not answer", {{"bus", bus_.engine}});
                return false;
            }
            if (signals_.wait_for(bus_poll)) return true;
        }
        return false;
    }

    /// The last way: unready at once, refusing a little later, gone when everybody has their answer.
    void leave(http::Server& server) {
        Leaving leaving(config_.work.shutdown_timeout, signals_, log_);
        log_.info("leaving", {{"waiting", api_ ? api_->service.waiters().size() : 0}});
        phase_ = Phase::leaving;
        if (api_) {
            api_->service.leave();
            leaving.give_grace();
            phase_ = Phase::draining;
            api_->service.cut_waiting(leaving.last_answers());
            pipeline::Service& service = api_->service;
            leaving.wait_until([&] { return service.idle() && service.published() && server.drained(); },
                               [&] { service.cut_waiting(std::chrono::steady_clock::now()); });
        }
        server.stop_accepting();
        clock_.wake_for_good();
        // The worker first: what it has settled is then seen off by the service; what it has not waits in its note.
        if (worker_) worker_->stop();
        if (api_) api_->service.finish();
        server.stop();
        let_go();
    }

    /// Leaves the bus; before the service goes, nothing may call it any more.
    void let_go() {
        health_watch_.reset();
        worker_.reset();
        bus_ = {};
    }

    int stopped() {
        if (api_) {
            log_.info("stopped", {{"answered_by_lookup", api_->service.waiters().fallbacks()}});
        } else {
            log_.info("stopped", {});
        }
        return 0;
    }

    const Role role_;
    const config::Config& config_;
    telemetry::Log& log_;
    const Signals& signals_;
    std::atomic<Phase> phase_ = Phase::starting;
    RealClock clock_;
    StorePart store_;
    BusPart bus_;
    std::unique_ptr<ports::OrderCache> cache_;
    std::optional<Api> api_;
    std::optional<WorkerThread> worker_;
    std::optional<HealthWatch> health_watch_;
    http::HealthResource health_;
};

}  // namespace

int run(Role role, const config::Config& config, telemetry::Log& log) {
    const Signals signals;
    // Without Kafka no other process would hear of what this one has done.
    const bool alone = !config.kafka.named();
    auto store = make_store(config, alone, log);
    auto bus = make_bus(config, role, log);
    for (const auto& refusal : {error_of(store), error_of(bus)}) {
        if (refusal.empty()) continue;
        log.error("cannot start", {{"error", refusal}});
        return cannot_start;
    }
    return Process(role, config, log, signals, std::move(*store), std::move(*bus)).run();
}

}  // namespace orderstream::cli
