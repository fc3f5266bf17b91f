#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "pipeline/health.h"

namespace orderstream::cli {

/// Asks what the process depends on whether it works, again and again, so that probes are answered at once: each
/// dependency by a thread of its own, lest one that is silent hides another. Thread-safe.
class HealthWatch {
  public:
    struct Dependency {
        std::string_view name;  ///< "store", "bus", "cache"
        std::string engine;
        std::function<std::string()> trouble;  ///< empty: it works. May block
        pipeline::HealthStatus in_trouble = pipeline::HealthStatus::degraded;
    };

    /// What `dependencies` refer to, and the phase, must outlive it.
    HealthWatch(std::vector<Dependency> dependencies, const std::atomic<pipeline::Phase>& phase);
    ~HealthWatch();
    HealthWatch(const HealthWatch&) = delete;
    HealthWatch& operator=(const HealthWatch&) = delete;

    /// Waits, up to a limit, until each dependency was asked anew.
    void refresh();

    [[nodiscard]] pipeline::Health health() const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Watched {
        Dependency dependency;
        std::string trouble = "not known yet";
        Clock::time_point asked_at{};  ///< when the question under way was put; the last one while none is
        bool asking = false;
        int answers = 0;
        bool again = false;  ///< ask at once
    };

    void watch(Watched& watched);
    [[nodiscard]] std::string trouble_of(const Watched& watched) const;

    const std::atomic<pipeline::Phase>& phase_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool ending_ = false;
    std::vector<Watched> watched_;
    std::vector<std::thread> threads_;
};

}  // namespace orderstream::cli
