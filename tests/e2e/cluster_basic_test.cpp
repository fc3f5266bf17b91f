#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "e2e/life_customer.h"
#include "e2e/life_orders.h"
#include "e2e/support/cluster.h"
#include "e2e/support/concurrent.h"
#include "e2e/support/json_access.h"

// Replicas on real servers: what holds while nothing breaks.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;

class ClusterWithCache : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Cache, ClusterWithCache, testing::Values("none", "lru", "memory", "redis"),
                         [](const auto& instance) { return instance.param; });

TEST_P(ClusterWithCache, a_change_at_one_replica_is_seen_at_the_other_within_a_second) {
    const Cluster cluster({{"CACHE_TYPE", GetParam()}});
    const auto a = cluster.start("api");
    const auto b = cluster.start("api");
    const auto worker = cluster.start("worker");
    const std::string customer = new_customer();
    const auto shows = [&](const std::string& id, int version, const std::string& status) {
        return eventually(
            [&] {
                const HttpResponse shown = b->ask(show(id));
                return shown.status == 200 && version_in(shown) == version &&
                       text_at(shown.json(), "/status") == status;
            },
            1s + (sanitized ? 4s : 1s));  // the bound, and what a busy machine adds
    };
    const HttpResponse created = a->ask(create(customer, document("x", 1)));
    ASSERT_EQ(created.status, 201) << created;
    const std::string id = id_in(created);
    EXPECT_TRUE(shows(id, 1, "done"));
    ASSERT_EQ(a->ask(update(id, customer, document("y", 2))).status, 200);
    EXPECT_EQ(version_in(a->ask(show(id))), 2) << "who changed it sees it at once";
    EXPECT_TRUE(shows(id, 2, "done"));
    ASSERT_EQ(b->ask(update(id, customer, document("z", 3))).status, 200);
    ASSERT_EQ(a->ask(end(id, customer, "cancelled")).status, 200);
    EXPECT_TRUE(shows(id, 4, "cancelled"));
    const HttpResponse deleted = a->ask(create(customer, document("d", 4)));
    ASSERT_EQ(a->ask(end(id_in(deleted), customer, "deleted")).status, 200);
    EXPECT_TRUE(shows(id_in(deleted), 2, "deleted"));
    EXPECT_EQ(b->ask(get("/orders/by-external/z?user_id=" + customer)).status, 200);
    EXPECT_TRUE(cluster.comes_to_rest());
}

TEST(Cluster, customers_of_many_replicas_are_told_the_truth) {
    const Cluster cluster;
    const std::array apis{cluster.start("api"), cluster.start("api", {{"CACHE_TYPE", "lru"}}),
                          cluster.start("api", {{"CACHE_TYPE", "none"}})};
    const std::array workers{cluster.start("worker"), cluster.start("worker"),
                             cluster.start("worker", {{"WORKER_MARK_PROCESSING", "false"}})};
    constexpr int clients = 12;
    std::vector<Customer> customers;
    for (int i = 0; i < clients; ++i) customers.emplace_back(i);
    concurrently(clients, [&](int i) {
        HttpConnection connection(apis[static_cast<std::size_t>(i) % apis.size()]->port(), 40s);
        for (int step = 0; step < scaled(150); ++step) {
            ASSERT_EQ(customers[static_cast<std::size_t>(i)].act(connection), Customer::Heard::done);
        }
    });
    ASSERT_TRUE(cluster.comes_to_rest());
    const StoredOrders rows = cluster.orders();
    for (const Customer& customer : customers) customer.expect_kept(rows);
}

TEST(Cluster, an_ack_takes_milliseconds) {
    const Cluster cluster;
    const auto api = cluster.start("api");
    const auto worker = cluster.start("worker");
    const std::string customer = new_customer();
    HttpConnection connection = api->connect();
    std::vector<std::chrono::milliseconds> waits;
    for (int i = 0; i < 50; ++i) {
        const auto began = Clock::now();
        ASSERT_EQ(connection.ask(create(customer, document("x", i))).status, 201);
        waits.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began));
    }
    std::ranges::sort(waits);
    EXPECT_LT(waits[waits.size() / 2], 500ms) << "waiters fall back to asking the store after a second";
}

}  // namespace

}  // namespace orderstream::e2e
