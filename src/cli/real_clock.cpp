#include "cli/real_clock.h"

namespace orderstream::cli {

pipeline::Clock RealClock::clock() {
    return {.now = [] { return std::chrono::steady_clock::now(); },
            .sleep = [this](std::chrono::milliseconds duration) { sleep(duration); }};
}

void RealClock::wake_for_good() {
    {
        const std::lock_guard lock(mutex_);
        awake_ = true;
    }
    woken_.notify_all();
}

void RealClock::sleep(std::chrono::milliseconds duration) {
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, duration, [this] { return awake_; });
}

}  // namespace orderstream::cli
