#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "contract/kafka_server.h"
#include "e2e/cluster_load.h"
#include "e2e/life_orders.h"
#include "e2e/support/cluster.h"
#include "e2e/support/concurrent.h"

// Workers come and go, are frozen, or are away for a while: no request fails, nothing goes backward, nothing happens
// twice.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;

constexpr const char* partitions_come = "partitions come";

bool has_joined(Server& worker) { return worker.logs(partitions_come, 60s); }

TEST(ClusterWorkers, who_join_and_leave_and_partitions_that_grow_let_no_request_fail) {
    constexpr std::int32_t many = 8;
    const Cluster cluster(patient);
    const auto a = cluster.start("api");
    const auto b = cluster.start("api");
    const auto first = cluster.start("worker");
    std::unique_ptr<Server> second;  // those who come later outlive the callers, too, whom they answer
    std::unique_ptr<Server> third;
    std::unique_ptr<Server> fourth;
    Load load({a->port(), b->port()}, one_for_each_partition(many));
    ASSERT_TRUE(load.goes_on());

    second = cluster.start("worker");
    ASSERT_TRUE(has_joined(*second));
    ASSERT_TRUE(load.goes_on());
    third = cluster.start("worker", {{"WORKER_MARK_PROCESSING", "false"}});
    ASSERT_TRUE(has_joined(*third));
    ASSERT_TRUE(load.goes_on());
    EXPECT_EQ(first->stop(), exited(0)) << first->log();
    ASSERT_TRUE(load.goes_on());

    const kafka::KafkaOptions options = cluster.kafka_options();
    contract::grow_topic(options, options.topics.events, many);
    contract::TopicReader events(options, options.topics.events);
    const auto written_to = [&events] {
        std::set<std::int32_t> partitions;
        for (const auto& event : events.read()) partitions.insert(event.partition);
        return partitions;
    };
    EXPECT_TRUE(eventually([&] { return written_to().size() == many; }, 60s))
        << "nobody writes to some of the partitions: " << testing::PrintToString(written_to());
    ASSERT_TRUE(load.goes_on());
    fourth = cluster.start("worker");
    ASSERT_TRUE(has_joined(*fourth));
    ASSERT_TRUE(load.goes_on());
    EXPECT_EQ(second->stop(), exited(0)) << second->log();
    EXPECT_EQ(third->stop(), exited(0)) << third->log();
    ASSERT_TRUE(load.goes_on());

    load.stop();
    EXPECT_EQ(load.refused(), 0);
    load.expect_kept(cluster);
    expect_published_once(cluster);
    expect_announced(cluster);
}

TEST(ClusterWorkers, one_that_is_frozen_and_let_go_turns_nothing_back) {
    const Cluster cluster(patient);
    const auto a = cluster.start("api");
    const auto b = cluster.start("api", {{"CACHE_TYPE", "lru"}});
    // Kafka takes no shorter session; the frozen one is out of its group then.
    const auto frozen = cluster.start("worker", {{"KAFKA_CONF_SESSION_TIMEOUT_MS", "6000"}});
    Load load({a->port(), b->port()}, 8);
    Watch watch(cluster);
    ASSERT_TRUE(load.goes_on());
    const auto other = cluster.start("worker");
    ASSERT_TRUE(has_joined(*other));
    ASSERT_TRUE(load.goes_on());
    for (int round = 0; round < 2; ++round) {
        const int others = times_logged(*other, partitions_come);
        const int own = times_logged(*frozen, partitions_come);
        frozen->freeze();
        ASSERT_TRUE(eventually([&] { return times_logged(*other, partitions_come) > others; }, 60s))
            << "nobody takes the frozen one's partitions over";
        ASSERT_TRUE(load.goes_on(300));
        frozen->thaw();
        ASSERT_TRUE(eventually([&] { return times_logged(*frozen, partitions_come) > own; }, 60s))
            << "it does not find back into its group:\n"
            << frozen->log();
        ASSERT_TRUE(load.goes_on(300));
    }
    EXPECT_EQ(other->stop(), exited(0)) << other->log();
    ASSERT_TRUE(load.goes_on()) << "the one that was frozen works alone";
    load.stop();
    watch.stop();
    EXPECT_GT(watch.looks(), 10);
    EXPECT_EQ(load.refused(), 0);
    load.expect_kept(cluster);
    expect_published_once(cluster);
    expect_announced(cluster);
}

/// What a customer has asked for while nobody works: the version that each of his orders has then.
using Backlog = std::map<std::string, int>;

/// Creates and updates, some of them waiting for an answer that cannot come.
Backlog pile_up(const Server& api, std::chrono::milliseconds time) {
    Backlog backlog;
    HttpConnection connection = api.connect();
    const std::string customer = new_customer();
    const auto until = std::chrono::steady_clock::now() + time;
    for (int i = 0; std::chrono::steady_clock::now() < until; ++i) {
        const Headers headers{{"Prefer", i % 100 == 99 ? "wait=1" : "respond-async"}};
        const HttpResponse created = connection.ask(create(customer, document("x", i), headers));
        EXPECT_EQ(created.status, 202) << created;
        if (created.status != 202) break;
        int& version = backlog[id_in(created)] = 1;
        for (; version <= i % 3; ++version) {
            const HttpResponse updated = connection.ask(update(id_in(created), customer, document("y", i), headers));
            EXPECT_EQ(updated.status, 202) << updated;
            if (updated.status != 202) return backlog;
        }
        std::this_thread::sleep_for(5ms);
    }
    return backlog;
}

TEST(ClusterWorkers, who_are_away_for_a_while_find_a_backlog_that_was_published_once) {
    // Every time-out after which somebody might publish again out of impatience is over several times: the producer's
    // for an event and for a request, the caller's for the ACK, the second after which the store is asked and the one
    // after which notes are looked for.
    const Cluster cluster(Environment{
        {"ACK_TIMEOUT", "2s"}, {"KAFKA_CONF_MESSAGE_TIMEOUT_MS", "3000"}, {"KAFKA_CONF_REQUEST_TIMEOUT_MS", "2000"}});
    const auto a = cluster.start("api");
    const auto b = cluster.start("api");
    auto worker = cluster.start("worker");
    ASSERT_TRUE(is_stored(a->ask(create(new_customer(), document("before", 1)))));
    ASSERT_TRUE(cluster.comes_to_rest());
    EXPECT_EQ(worker->stop(), exited(0)) << worker->log();
    auto leaving = cluster.start("api");

    constexpr int customers = 6;
    std::array<Backlog, customers> backlogs;
    concurrently(customers, [&](int i) {
        backlogs[static_cast<std::size_t>(i)] = pile_up(i % 2 == 0 ? *a : *b, sanitized ? 6s : 10s);
    });
    const Backlog of_leaving = pile_up(*leaving, 1s);
    EXPECT_EQ(leaving->stop(), exited(0)) << leaving->log();
    EXPECT_EQ(cluster.count("orders WHERE processed_version > 0"), 1);

    worker = cluster.start("worker");
    const auto second = cluster.start("worker");
    ASSERT_TRUE(cluster.comes_to_rest(120s)) << cluster.left_to_do() << " left to do";
    const StoredOrders rows = cluster.orders();
    std::size_t told = 1;
    const auto expect_kept = [&](const Backlog& backlog) {
        told += backlog.size();
        for (const auto& [id, version] : backlog) {
            ASSERT_TRUE(rows.contains(id)) << id << " is lost";
            EXPECT_EQ(rows.at(id).version, version);
            EXPECT_EQ(rows.at(id).status, "done");
        }
    };
    for (const Backlog& backlog : backlogs) expect_kept(backlog);
    expect_kept(of_leaving);
    EXPECT_EQ(rows.size(), told);
    EXPECT_TRUE(is_stored(a->ask(create(new_customer(), document("after", 1)))));
    ASSERT_TRUE(cluster.comes_to_rest());
    expect_published_once(cluster);
    expect_announced(cluster);
}

}  // namespace

}  // namespace orderstream::e2e
