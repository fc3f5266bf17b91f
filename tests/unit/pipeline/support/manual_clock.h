#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <utility>

#include "order/time.h"
#include "pipeline/clock.h"

namespace orderstream::pipeline::testing {

using namespace std::chrono_literals;

/// Time that passes only when a test, or whoever sleeps, says so. Thread-safe.
class ManualClock {
  public:
    [[nodiscard]] Clock clock() {
        return {.now = [this] { return now(); }, .sleep = [this](std::chrono::milliseconds pause) { sleep(pause); }};
    }

    [[nodiscard]] MonotonicTime now() const {
        const std::lock_guard lock(mutex_);
        return MonotonicTime(passed_);
    }
    /// The same moment as the store's clock shows it.
    [[nodiscard]] order::Time wall() const {
        const std::lock_guard lock(mutex_);
        return order::Time(1'700'000'000s) + std::chrono::duration_cast<std::chrono::microseconds>(passed_);
    }
    /// As the cache's clock shows it: no two moments of a process are the same.
    [[nodiscard]] std::chrono::microseconds ticking() {
        const std::lock_guard lock(mutex_);
        return std::chrono::duration_cast<std::chrono::microseconds>(passed_) + std::chrono::microseconds(++ticks_);
    }

    void pass(std::chrono::milliseconds time) {
        const std::lock_guard lock(mutex_);
        passed_ += time;
    }

    /// What happens while somebody sleeps, after the time has passed.
    void on_sleep(std::function<void()> happens) { on_sleep_ = std::move(happens); }
    [[nodiscard]] std::chrono::milliseconds slept() const {
        const std::lock_guard lock(mutex_);
        return slept_;
    }

  private:
    void sleep(std::chrono::milliseconds pause) {
        {
            const std::lock_guard lock(mutex_);
            passed_ += pause;
            slept_ += pause;
        }
        if (const auto happens = on_sleep_) happens();  // a copy: it may replace itself
    }

    mutable std::mutex mutex_;
    MonotonicTime::duration passed_ = 1h;  // a monotonic clock's zero is long ago
    std::chrono::milliseconds slept_{};
    std::int64_t ticks_ = 0;
    std::function<void()> on_sleep_;
};

}  // namespace orderstream::pipeline::testing
