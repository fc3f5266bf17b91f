#include "cli/real_clock.h"

#include <gtest/gtest.h>

#include <future>

namespace orderstream::cli {
namespace {

using namespace std::chrono_literals;

TEST(RealClock, WakesWhoSleepsAndLetsNobodySleepAnyMore) {
    RealClock real;
    const pipeline::Clock clock = real.clock();
    std::promise<void> about_to_sleep;
    auto sleeper = std::async(std::launch::async, [&] {
        about_to_sleep.set_value();
        clock.sleep(1h);
    });
    about_to_sleep.get_future().wait();
    real.wake_for_good();
    sleeper.get();
    clock.sleep(1h);
}

TEST(RealClock, GoesOn) {
    RealClock real;
    const pipeline::Clock clock = real.clock();
    const auto before = clock.now();
    clock.sleep(1ms);
    EXPECT_GE(clock.now() - before, 1ms);
}

}  // namespace
}  // namespace orderstream::cli
