#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "contract/kafka_server.h"
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

class ClusterWithCache : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Cache, ClusterWithCache, testing::Values("none", "lru", "memory", "redis"),
                         [](const auto& instance) { return instance.param; });

TEST_P(ClusterWithCache, a_change_at_one_replica_is_seen_at_the_other_within_a_second) {
    const Cluster cluster(Environment{{"CACHE_TYPE", GetParam()}});
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

TEST(Cluster, a_trace_goes_all_the_way_and_an_invalid_one_nowhere) {
    const Cluster cluster;
    const auto api = cluster.start("api");
    const auto worker = cluster.start("worker");
    const std::string customer = new_customer();
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const std::string of_no_trace = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
    const auto create_within = [&](const std::string& request_id, const std::string& traceparent) {
        const Headers headers{{"X-Request-ID", request_id}, {"Traceparent", traceparent}};
        EXPECT_EQ(api->ask(create(customer, document("x", 1), headers)).status, 201);
    };
    create_within("traced", trace);
    create_within("untraced", of_no_trace);

    using Traces = std::map<std::string, std::string>;  // by request
    const kafka::KafkaOptions options = cluster.kafka_options();
    const auto traces_in = [&](const std::string& topic) {
        Traces traces;
        for (const auto& record : contract::TopicReader(options, topic).read()) {
            std::map<std::string, std::string> headers{{"traceparent", "none"}};
            for (const kafka::Header& header : record.message.headers) headers[header.name] = header.value;
            traces[headers["x-request-id"]] = headers["traceparent"];
        }
        return traces;
    };
    for (const std::string& topic : {options.topics.events, options.topics.acks, options.topics.created}) {
        Traces traces;
        // The announcement goes out behind the ACK.
        EXPECT_TRUE(eventually([&] { return (traces = traces_in(topic)).size() == 2; })) << topic;
        EXPECT_EQ(traces, (Traces{{"traced", trace}, {"untraced", "none"}})) << topic;
    }
}

TEST(Cluster, one_key_at_two_replicas_at_once_makes_one_order) {
    const Cluster cluster;
    const std::array apis{cluster.start("api"), cluster.start("api")};
    const auto worker = cluster.start("worker");
    for (int round = 0; round < scaled(20); ++round) {
        const std::string customer = new_customer();
        const std::string key = "key-" + std::to_string(round);
        std::array<HttpResponse, 8> answers;
        concurrently(8, [&](int i) {
            const auto place = static_cast<std::size_t>(i);
            answers[place] = apis[place % 2]->ask(create(customer, document("x", 1), {{"Idempotency-Key", key}}));
        });
        int first = 0;
        for (const HttpResponse& answer : answers) {
            ASSERT_EQ(answer.status, 201) << answer;
            EXPECT_EQ(id_in(answer), id_in(answers[0]));
            if (!answer.header("Idempotent-Replayed")) ++first;
        }
        EXPECT_EQ(first, 1);
        EXPECT_EQ(cluster.count("orders WHERE customer_id = '" + customer + "'"), 1);
        const auto other = apis[1]->ask(create(customer, document("y", 2), {{"Idempotency-Key", key}}));
        EXPECT_EQ(other.status, 422) << other;
    }
}

TEST(Cluster, an_instance_that_dies_right_after_its_commit_leaves_nothing_undone) {
    const Cluster cluster;
    const auto heir = cluster.start("api");
    // No worker yet: what the dying one stores stays open, whatever became of its events.
    for (int round = 0; round < 3; ++round) {
        const auto api = cluster.start("api");
        const std::string customer = new_customer();
        std::vector<std::jthread> clients;
        for (int i = 0; i < 16; ++i) {
            clients.emplace_back([&, i] {
                try {
                    HttpConnection connection = api->connect();
                    const Headers no_wait{{"Prefer", "respond-async"}};
                    for (;;) (void)connection.ask(create(customer, document("x", i), no_wait));
                } catch (const NetworkError&) {  // gone
                }
            });
        }
        ASSERT_TRUE(eventually([&] { return cluster.count("orders WHERE customer_id = '" + customer + "'") > 20; }));
        EXPECT_EQ(api->kill(), killed_by(SIGKILL));
    }
    EXPECT_TRUE(eventually([&] { return cluster.count("batches WHERE published_at IS NULL") == 0; }));
    EXPECT_EQ(heir->ask(get("/health/ready")).status, 200);
    const auto worker = cluster.start("worker");
    EXPECT_TRUE(cluster.comes_to_rest());
    EXPECT_EQ(cluster.count("orders WHERE status <> 'done' OR version <> 1"), 0);
}

TEST(Cluster, a_poison_event_goes_to_the_dead_letters_and_blocks_nobody) {
    const Cluster cluster(Environment{{"ORDERS_PARTITIONS", "1"}});
    const auto api = cluster.start("api");
    const auto worker = cluster.start("worker");
    const kafka::KafkaOptions options = cluster.kafka_options();
    const std::string customer = new_customer();
    ASSERT_EQ(api->ask(create(customer, document("before", 1))).status, 201);
    const std::string event = contract::TopicReader(options, options.topics.events).read().at(0).message.value;
    const std::string id = text_at(documents::parse_json(event).value(), "/order_id");
    std::string stranger = event;
    stranger.replace(stranger.find(id), id.size(), new_customer());
    std::string wrong_type = event;
    wrong_type.replace(wrong_type.find("\"version\":1"), 11, "\"version\":\"one\"");
    const std::vector<std::string> poisons{"this is no JSON", stranger, wrong_type, ""};
    for (const std::string& poison : poisons) {
        contract::write(options, options.topics.events, 0, {.key = "k", .value = poison, .headers = {{"x", "y"}}});
    }
    EXPECT_EQ(api->ask(create(customer, document("behind", 2))).status, 201);
    contract::TopicReader letters(options, options.topics.dead_letters);
    std::vector<contract::TopicReader::Record> found;
    ASSERT_TRUE(eventually([&] {
        found = letters.read();
        return found.size() >= poisons.size();
    }));
    std::vector<std::string> values;
    for (const auto& record : found) {
        values.push_back(record.message.value);
        std::vector<std::string> names;
        for (const kafka::Header& header : record.message.headers) names.push_back(header.name);
        EXPECT_THAT(names, testing::IsSupersetOf({"x", "error", "attempts", "replays", "original-topic",
                                                  "original-partition", "original-offset", "failed-at"}));
    }
    EXPECT_THAT(values, testing::UnorderedElementsAreArray(poisons));
    EXPECT_TRUE(cluster.comes_to_rest());
    EXPECT_EQ(cluster.count("orders"), 2);
}

}  // namespace

}  // namespace orderstream::e2e
