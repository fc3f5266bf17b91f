#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "contract/tcp_proxy.h"
#include "e2e/chaos_crowd.h"
#include "e2e/life_orders.h"
#include "e2e/support/cluster.h"
#include "e2e/support/json_access.h"

// Many replicas under load: each answers its own callers, and what one leaves behind when it dies others finish.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Until each of the workers has partitions and nothing is left to do: no rebalance to come.
void warm(const Cluster& cluster, const Server& api, const std::vector<Server*>& workers) {
    for (Server* worker : workers) ASSERT_TRUE(worker->logs("partitions come", 60s)) << worker->log();
    HttpConnection connection = api.connect();
    for (int i = 0; i < 50; ++i) {
        const HttpResponse stored =
            connection.ask(create(new_customer(), document("w", i), {{"Prefer", "respond-async"}}));
        ASSERT_EQ(stored.status, 202) << stored;
    }
    ASSERT_TRUE(cluster.comes_to_rest());
}

/// How many callers were answered by a look-up in the store, because no ACK came; said at the end.
long long looked_up(Server& ended) {
    const auto line = ended.program().wait_for_line(
        [](std::string_view text) { return text.find(R"("message":"stopped")") != std::string_view::npos; }, 10s);
    return integer_at(documents::parse_json(line.value()).value(), "/answered_by_lookup");
}

TEST(Replicas, acks_come_to_the_one_that_waits_for_them) {
    const Cluster cluster;
    const std::array workers{cluster.start("worker"), cluster.start("worker"), cluster.start("worker")};
    const std::array apis{cluster.start("api"), cluster.start("api"), cluster.start("api")};
    ASSERT_NO_FATAL_FAILURE(warm(cluster, *apis[0], {workers[0].get(), workers[1].get(), workers[2].get()}));
    Crowd crowd;
    for (const auto& api : apis) crowd.come(*api, 2);
    EXPECT_TRUE(crowd.hear_more(&Crowd::Told::done, 900, 300s));
    crowd.go_home();
    const Crowd::Told told = crowd.told();
    EXPECT_EQ(told.accepted + told.refused + told.unknown + told.broken, 0) << told;
    crowd.expect_kept(cluster);
    long long without_ack = 0;
    for (const auto& api : apis) {
        ASSERT_EQ(api->stop(), exited(0)) << api->log();
        without_ack += looked_up(*api);
    }
    RecordProperty("answered_by_lookup", std::to_string(without_ack));
    // None, on a machine that keeps up; on one that does not some ACKs take a second. If they went to one of the three
    // only, as in a consumer group, two thirds of the callers would have to look.
    EXPECT_LE(without_ack, told.done / 4) << "callers wait a second and ask the store instead";
}

TEST(Replicas, a_worker_that_is_killed_is_replaced_by_the_others) {
    const Cluster cluster(Environment{{"ACK_TIMEOUT", "2s"}, {"KAFKA_CONF_SESSION_TIMEOUT_MS", "6000"}});
    std::array workers{cluster.start("worker"), cluster.start("worker"), cluster.start("worker")};
    const std::array apis{cluster.start("api"), cluster.start("api")};
    Crowd crowd;
    for (const auto& api : apis) crowd.come(*api, 6);
    for (auto& worker : workers) {
        ASSERT_TRUE(worker->logs("partitions come", 60s)) << worker->log();
        ASSERT_TRUE(crowd.hear_more(&Crowd::Told::done, 200));
        EXPECT_EQ(worker->kill(), killed_by(SIGKILL));
        if (&worker != &workers.back()) {
            worker = cluster.start("worker");
        }
    }
    EXPECT_TRUE(crowd.hear_more(&Crowd::Told::done, 200));
    crowd.expect_kept(cluster);
    const Crowd::Told told = crowd.told();
    EXPECT_EQ(told.refused + told.unknown + told.broken, 0) << told;
}

TEST(Replicas, what_an_api_has_committed_and_not_published_is_published_by_another) {
    const Cluster cluster;
    const auto worker = cluster.start("worker");
    const auto heir = cluster.start("api");
    Crowd crowd;
    crowd.come(*heir, 6);

    // Nobody is at this address: it commits, and no event of its leaves it.
    contract::TcpProxy nobody(Cluster::servers().port("kafka"));
    nobody.set_weather(contract::TcpProxy::Weather::cut);
    const auto mute = cluster.launch("api", {{"KAFKA_BROKERS", "127.0.0.1:" + std::to_string(nobody.port())}});
    Crowd victims;
    victims.come(*mute, 6);
    ASSERT_TRUE(victims.hear_more(&Crowd::Told::accepted, 100));
    const std::string now = cluster.sql("SELECT now()");
    const std::string open = "orders WHERE processed_version < version AND updated_at < '" + now + "'";
    EXPECT_GT(cluster.count(open), 0);
    EXPECT_EQ(mute->kill(), killed_by(SIGKILL));

    EXPECT_TRUE(heir->logs("took over the notes of a session that is gone", 20s));
    EXPECT_TRUE(eventually([&] { return cluster.count(open) == 0; }, 20s)) << cluster.count(open);
    const Crowd::Told told = crowd.told();
    EXPECT_EQ(told.accepted + told.refused + told.unknown + told.broken, 0) << told;
    Crowd::expect_kept(cluster, {&crowd, &victims});
    EXPECT_EQ(victims.told().unknown, 0) << victims.told();
}

TEST(Leaving, of_an_api_under_load_is_announced_and_loses_nothing) {
    const Cluster cluster(Environment{{"SHUTDOWN_TIMEOUT", "20s"}});
    const auto worker = cluster.start("worker");
    const auto leaving = cluster.start("api");
    const auto staying = cluster.start("api");
    Crowd parting;
    parting.come(*leaving, 6);
    Crowd crowd;
    crowd.come(*staying, 6);
    ASSERT_TRUE(parting.hear_more(&Crowd::Told::done, 200));
    EXPECT_EQ(parting.told().refused + parting.told().broken, 0) << parting.told();

    HttpConnection kept_alive = leaving->connect();
    ASSERT_EQ(kept_alive.ask(get("/health/ready")).status, 200);
    leaving->program().send_signal(SIGTERM);
    HttpResponse ready;
    EXPECT_TRUE(eventually([&] { return (ready = leaving->ask(get("/health/ready"))).status == 503; }));
    EXPECT_TRUE(says(ready, "Connection", "close")) << ready;
    const HttpResponse live = kept_alive.ask(get("/health/live"));
    EXPECT_EQ(live.status, 200) << live;
    EXPECT_TRUE(says(live, "Connection", "close")) << live;
    EXPECT_EQ(leaving->program().wait(20s), exited(0)) << leaving->log();
    EXPECT_THAT(leaving->log(), AllOf(HasSubstr(R"("message":"stopped")"), Not(HasSubstr("takes too long"))));

    ASSERT_TRUE(crowd.hear_more(&Crowd::Told::done, 100));
    const Crowd::Told told = crowd.told();
    EXPECT_EQ(told.accepted + told.refused + told.unknown + told.broken, 0) << told;
    EXPECT_EQ(parting.told().accepted + parting.told().unknown, 0) << parting.told();
    Crowd::expect_kept(cluster, {&crowd, &parting});
}

TEST(Leaving, of_a_worker_under_load_is_noticed_by_nobody) {
    const Cluster cluster(Environment{{"SHUTDOWN_TIMEOUT", "20s"}, {"KAFKA_CONF_SESSION_TIMEOUT_MS", "60000"}});
    const std::array workers{cluster.start("worker"), cluster.start("worker")};
    const std::array apis{cluster.start("api"), cluster.start("api")};
    for (const auto& worker : workers) ASSERT_TRUE(worker->logs("partitions come", 60s)) << worker->log();
    Crowd crowd;
    for (const auto& api : apis) crowd.come(*api, 4);
    ASSERT_TRUE(crowd.hear_more(&Crowd::Told::done, 200));
    EXPECT_EQ(workers[0]->stop(20s), exited(0)) << workers[0]->log();
    EXPECT_THAT(workers[0]->log(), AllOf(HasSubstr(R"("message":"stopped")"), Not(HasSubstr("takes too long"))));
    ASSERT_TRUE(crowd.hear_more(&Crowd::Told::done, 400));
    crowd.expect_kept(cluster);
    // It has left its group: its partitions did not wait for the session's end.
    const Crowd::Told told = crowd.told();
    EXPECT_EQ(told.accepted + told.refused + told.unknown + told.broken, 0) << told;
}

}  // namespace

}  // namespace orderstream::e2e
