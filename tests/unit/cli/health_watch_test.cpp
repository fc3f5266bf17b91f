#include "cli/health_watch.h"

#include <gtest/gtest.h>

#include <future>
#include <map>

namespace orderstream::cli {
namespace {

using pipeline::HealthStatus;
using pipeline::Phase;

std::map<std::string, std::string> details(const pipeline::Health& health) {
    std::map<std::string, std::string> details;
    for (const auto& check : health.checks) details[std::string(check.name)] = check.detail;
    return details;
}

class HealthWatchTest : public testing::Test {
  protected:
    HealthWatch::Dependency dependency(std::string_view name, std::atomic<bool>& works, HealthStatus in_trouble) {
        return {.name = name,
                .engine = "engine",
                .trouble = [&works] { return works ? "" : "gone"; },
                .in_trouble = in_trouble};
    }

    std::atomic<Phase> phase_ = Phase::running;
    std::atomic<bool> store_works_ = true;
    std::atomic<bool> bus_works_ = true;
};

TEST_F(HealthWatchTest, IsAsBadAsTheWorstDependency) {
    HealthWatch watch({dependency("store", store_works_, HealthStatus::unhealthy),
                       dependency("bus", bus_works_, HealthStatus::degraded)},
                      phase_);
    watch.refresh();
    EXPECT_EQ(watch.health().status, HealthStatus::healthy);
    EXPECT_EQ(details(watch.health())["store"], "engine");
    bus_works_ = false;
    watch.refresh();
    EXPECT_EQ(watch.health().status, HealthStatus::degraded);
    EXPECT_EQ(details(watch.health())["bus"], "engine: gone");
    store_works_ = false;
    watch.refresh();
    EXPECT_EQ(watch.health().status, HealthStatus::unhealthy);
    store_works_ = bus_works_ = true;
    watch.refresh();
    EXPECT_EQ(watch.health().status, HealthStatus::healthy);
}

TEST_F(HealthWatchTest, IsUnhealthyWhileTheProcessTakesNothing) {
    HealthWatch watch({}, phase_);
    for (const Phase phase : {Phase::starting, Phase::leaving, Phase::draining}) {
        phase_ = phase;
        EXPECT_EQ(watch.health().status, HealthStatus::unhealthy);
    }
    phase_ = Phase::running;
    EXPECT_EQ(watch.health().status, HealthStatus::healthy);
}

TEST_F(HealthWatchTest, ASilentDependencyHidesNoOther) {
    std::promise<void> end;
    const std::shared_future<void> ended = end.get_future().share();
    HealthWatch watch({{.name = "cache",
                        .engine = "engine",
                        .trouble =
                            [ended] {
                                ended.wait();
                                return "";
                            }},
                       dependency("store", store_works_, HealthStatus::unhealthy)},
                      phase_);
    store_works_ = false;
    watch.refresh();  // gives the silent one up after a while
    EXPECT_EQ(details(watch.health())["store"], "engine: gone");
    EXPECT_NE(details(watch.health())["cache"], "engine");
    end.set_value();
    watch.refresh();
    EXPECT_EQ(details(watch.health())["cache"], "engine");
}

}  // namespace
}  // namespace orderstream::cli
