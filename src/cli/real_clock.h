#pragma once

#include <condition_variable>
#include <mutex>

#include "pipeline/clock.h"

namespace orderstream::cli {

/// Real time, in which nobody sleeps through the end of the process. Thread-safe; outlives whoever was given a clock().
class RealClock {
  public:
    [[nodiscard]] pipeline::Clock clock();

    /// Wakes all who sleep; from now on a sleep is over at once.
    void wake_for_good();

  private:
    void sleep(std::chrono::milliseconds duration);

    std::mutex mutex_;
    std::condition_variable woken_;
    bool awake_ = false;
};

}  // namespace orderstream::cli
