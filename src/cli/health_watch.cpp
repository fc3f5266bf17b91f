#include "cli/health_watch.h"

#include <algorithm>
#include <utility>

namespace orderstream::cli {

namespace {

using namespace std::chrono_literals;
using pipeline::HealthStatus;

constexpr auto interval = 500ms;
/// Who has not answered for so long does not work, whatever it says in the end.
constexpr auto patience = 2s;

std::string_view say(pipeline::Phase phase) {
    switch (phase) {
        case pipeline::Phase::starting: return "starting";
        case pipeline::Phase::running: return "running";
        case pipeline::Phase::leaving:
        case pipeline::Phase::draining: break;
    }
    return "not taking new requests";
}

}  // namespace

HealthWatch::HealthWatch(std::vector<Dependency> dependencies, const std::atomic<pipeline::Phase>& phase)
    : phase_(phase) {
    watched_.reserve(dependencies.size());
    for (Dependency& dependency : dependencies) watched_.push_back({.dependency = std::move(dependency)});
    for (Watched& watched : watched_) threads_.emplace_back([this, &watched] { watch(watched); });
}

HealthWatch::~HealthWatch() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void HealthWatch::watch(Watched& watched) {
    std::unique_lock lock(mutex_);
    while (!ending_) {
        watched.again = false;
        watched.asking = true;
        watched.asked_at = Clock::now();
        lock.unlock();
        std::string trouble = watched.dependency.trouble();
        lock.lock();
        watched.asking = false;
        watched.trouble = std::move(trouble);
        ++watched.answers;
        changed_.notify_all();
        changed_.wait_for(lock, interval, [&] { return ending_ || watched.again; });
    }
}

void HealthWatch::refresh() {
    std::unique_lock lock(mutex_);
    std::vector<int> before;
    for (Watched& watched : watched_) {
        watched.again = true;
        // The answer to a question that is under way may be an old one.
        before.push_back(watched.answers + (watched.asking ? 1 : 0));
    }
    changed_.notify_all();
    changed_.wait_for(lock, patience, [&] {
        return std::ranges::equal(watched_, before,
                                  [](const Watched& watched, int count) { return watched.answers > count; });
    });
}

std::string HealthWatch::trouble_of(const Watched& watched) const {
    if (watched.asking && Clock::now() - watched.asked_at > patience) return "it does not answer";
    return watched.trouble;
}

pipeline::Health HealthWatch::health() const {
    pipeline::Health health;
    const auto check = [&health](std::string_view name, HealthStatus status, std::string detail) {
        health.status = std::max(health.status, status);
        health.checks.push_back({name, status, std::move(detail)});
    };
    {
        const std::lock_guard lock(mutex_);
        for (const Watched& watched : watched_) {
            const Dependency& dependency = watched.dependency;
            const std::string trouble = trouble_of(watched);
            if (trouble.empty()) {
                check(dependency.name, HealthStatus::healthy, dependency.engine);
            } else {
                check(dependency.name, dependency.in_trouble, dependency.engine + ": " + trouble);
            }
        }
    }
    const pipeline::Phase phase = phase_;
    check("process", phase == pipeline::Phase::running ? HealthStatus::healthy : HealthStatus::unhealthy,
          std::string(say(phase)));
    return health;
}

}  // namespace orderstream::cli
