#include "cli/leaving.h"

#include <algorithm>
#include <cstdlib>

#include "order/limits.h"

namespace orderstream::cli {

namespace {

using namespace std::chrono_literals;
using order::limits::shutdown_reserve;

constexpr auto unready_before_refusing = 2s;
constexpr auto drain_poll = 10ms;
/// From the last answers on, until they are sent and their events are safe. The rest of the reserve is for calls of a
/// store that does not answer, one after the other.
constexpr auto send_off_max = 4s;
static_assert(send_off_max < shutdown_reserve);
/// For the exit itself.
constexpr auto last_moment = 300ms;

}  // namespace

Leaving::Leaving(std::chrono::milliseconds shutdown_timeout, const Signals& signals, telemetry::Log& log)
    : signals_(signals),
      log_(log),
      end_(began_ + shutdown_timeout - last_moment),
      last_answers_(began_ + shutdown_timeout - shutdown_reserve),
      watchdog_([this] { watch(); }) {}

Leaving::~Leaving() {
    {
        const std::lock_guard lock(mutex_);
        in_time_ = true;
    }
    ended_.notify_all();
    watchdog_.join();
}

void Leaving::watch() {
    std::unique_lock lock(mutex_);
    if (ended_.wait_until(lock, end_, [this] { return in_time_; })) return;
    log_.error("the end takes too long; what is not finished is left to the next start, or to other instances", {});
    std::_Exit(too_late);
}

void Leaving::give_grace() {
    if (signals_.wait_for(unready_before_refusing)) last_answers_ = std::min(last_answers_, Clock::now());
}

void Leaving::wait_until(const std::function<bool()>& done, const std::function<void()>& on_hurry) {
    const auto give_up = last_answers_ + send_off_max;
    while (!done() && Clock::now() < give_up) {
        if (signals_.wait_for(drain_poll)) on_hurry();
    }
}

}  // namespace orderstream::cli
