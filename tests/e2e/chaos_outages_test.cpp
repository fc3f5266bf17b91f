#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "e2e/chaos_crowd.h"
#include "e2e/life_orders.h"
#include "e2e/support/cluster.h"
#include "e2e/support/json_access.h"

// Each server in turn is killed under load and comes back: who asks meanwhile hears what the design says, and
// afterwards everything is as it was told.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;

/// kill -9, then back again, whatever happens to the test in between.
class Outage {
  public:
    explicit Outage(std::string server) : server_(std::move(server)) { Cluster::control("kill", server_); }
    ~Outage() {
        try {
            end();
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
        }
    }
    Outage(const Outage&) = delete;
    Outage& operator=(const Outage&) = delete;

    void end() {
        if (!std::exchange(over_, true)) Cluster::control("start", server_);
    }

  private:
    std::string server_;
    bool over_ = false;
};

class Outages : public testing::Test {
  protected:
    Outages() {
        for (const auto& api : apis_) crowd_.come(*api, 5);
    }

    [[nodiscard]] bool ready() const {
        for (const auto& api : apis_) {
            if (api->ask(get("/health/ready")).status != 200) return false;
        }
        return true;
    }
    /// Orders are processed and their callers told, at each replica.
    [[nodiscard]] bool works() const {
        for (const auto& api : apis_) {
            if (!eventually([&] { return api->ask(create(customer_, document("x", 1))).status == 201; }, 60s))
                return false;
        }
        return true;
    }

    const Cluster cluster_;
    const std::array<std::unique_ptr<Server>, 2> workers_{cluster_.start("worker"), cluster_.start("worker")};
    const std::array<std::unique_ptr<Server>, 2> apis_{cluster_.start("api"), cluster_.start("api")};
    const std::string customer_ = new_customer();
    Crowd crowd_;
};

TEST_F(Outages, of_kafka_callers_hear_202_at_once) {
    ASSERT_TRUE(crowd_.hear_more(&Crowd::Told::done, 200));
    ASSERT_EQ(crowd_.told().accepted, 0) << crowd_.told();
    Outage outage("kafka");
    // Each of the callers several times before any would have waited long enough for its ACK.
    EXPECT_TRUE(crowd_.hear_more(&Crowd::Told::accepted, 100, 20s)) << crowd_.told();
    EXPECT_TRUE(ready());
    outage.end();
    EXPECT_TRUE(works());
    const Crowd::Told before = crowd_.told();
    EXPECT_TRUE(crowd_.hear_more(&Crowd::Told::done, 200));
    EXPECT_TRUE(ready());
    crowd_.expect_kept(cluster_);
    const Crowd::Told told = crowd_.told();
    EXPECT_EQ((told - before).accepted, 0) << told - before;
    EXPECT_EQ(told.refused + told.unknown + told.broken, 0) << told;
}

TEST_F(Outages, of_postgresql_nothing_is_accepted_that_is_not_stored) {
    ASSERT_TRUE(crowd_.hear_more(&Crowd::Told::done, 200));
    ASSERT_EQ(crowd_.told().refused, 0) << crowd_.told();
    Outage outage("postgres");
    EXPECT_TRUE(crowd_.hear_more(&Crowd::Told::refused, 50));
    EXPECT_TRUE(eventually([&] { return !ready(); }));
    outage.end();
    EXPECT_TRUE(works());
    EXPECT_TRUE(eventually([&] { return ready(); }));
    EXPECT_TRUE(crowd_.hear_more(&Crowd::Told::done, 200));
    crowd_.expect_kept(cluster_);
    EXPECT_EQ(crowd_.told().broken, 0) << crowd_.told();
}

TEST_F(Outages, of_redis_nobody_notices) {
    ASSERT_TRUE(crowd_.hear_more(&Crowd::Told::done, 200));
    Outage outage("redis");
    EXPECT_TRUE(crowd_.hear_more(&Crowd::Told::done, 400));
    EXPECT_TRUE(ready());
    outage.end();
    EXPECT_TRUE(crowd_.hear_more(&Crowd::Told::done, 400));
    EXPECT_TRUE(works());
    crowd_.expect_kept(cluster_);
    const Crowd::Told told = crowd_.told();
    EXPECT_EQ(told.accepted + told.refused + told.unknown + told.broken, 0) << told;
}

}  // namespace

}  // namespace orderstream::e2e
