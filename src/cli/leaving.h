#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "cli/signals.h"
#include "telemetry/log.h"

namespace orderstream::cli {

/// The time table from the first signal to the end (DESIGN 7), kept whatever happens: when SHUTDOWN_TIMEOUT is over and
/// this object still there, the process ends at once, with the exit code `too_late`. Nothing is lost by that: what was
/// not finished stands in the store's notes and the bus's offsets. A second signal is from somebody in a hurry: nobody
/// is waited for then, but all is still done in order.
class Leaving {
  public:
    using Clock = std::chrono::steady_clock;
    static constexpr int too_late = 1;

    Leaving(std::chrono::milliseconds shutdown_timeout, const Signals& signals, telemetry::Log& log);
    ~Leaving();
    Leaving(const Leaving&) = delete;
    Leaving& operator=(const Leaving&) = delete;

    /// How long balancers are given to see that this instance is unready.
    void give_grace();
    /// When the last waiters are answered, with what is known then.
    [[nodiscard]] Clock::time_point last_answers() const { return last_answers_; }
    /// Until `done`, or a while after the last answers.
    void wait_until(const std::function<bool()>& done, const std::function<void()>& on_hurry);

  private:
    void watch();

    const Signals& signals_;
    telemetry::Log& log_;
    const Clock::time_point began_ = Clock::now();
    const Clock::time_point end_;
    Clock::time_point last_answers_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool in_time_ = false;
    std::thread watchdog_;
};

}  // namespace orderstream::cli
