#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "contract/kafka_server.h"
#include "contract/tcp_proxy.h"
#include "e2e/cluster_load.h"
#include "e2e/life_orders.h"
#include "e2e/support/cluster.h"
#include "e2e/support/concurrent.h"
#include "e2e/support/json_access.h"
#include "order/limits.h"

// Several replicas are one service: keys that come to two at once, reads while one has lost Redis, the largest body.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using contract::TcpProxy;
using Clock = std::chrono::steady_clock;

TEST(ClusterReplicas, keys_that_come_to_two_at_once_with_two_documents_make_one_order_each) {
    const Cluster cluster(patient);
    const std::array apis{cluster.start("api"), cluster.start("api")};
    const auto worker = cluster.start("worker");
    Load load({apis[0]->port(), apis[1]->port()}, 4);
    const std::string customer = new_customer();
    constexpr int clients = 8;
    const int keys = scaled(24);
    std::vector<std::array<HttpResponse, clients>> answers(static_cast<std::size_t>(keys));
    std::vector<HttpConnection> connections;
    for (std::size_t i = 0; i < clients; ++i) connections.push_back(apis[i % 2]->connect());
    for (int key = 0; key < keys; ++key) {
        concurrently(clients, [&](int i) {
            const auto place = static_cast<std::size_t>(i);
            answers[static_cast<std::size_t>(key)][place] = connections[place].ask(
                create(customer, document("x" + std::to_string(key), i / 2 % 2),  // either document at either replica
                       {{"Idempotency-Key", "key-" + std::to_string(key)}}));
        });
    }
    load.stop();
    for (const auto& of_key : answers) {
        std::map<std::string, int> ids;
        std::map<int, int> codes;
        std::array<int, 2> created{};
        int first = 0;
        for (std::size_t i = 0; i < of_key.size(); ++i) {
            const HttpResponse& answer = of_key[i];
            ++codes[answer.status];
            if (!is_stored(answer)) continue;
            ++ids[id_in(answer)];
            ++created[i / 2 % 2];
            if (!answer.header("Idempotent-Replayed")) ++first;
        }
        EXPECT_EQ(codes[201] + codes[202], clients / 2);
        EXPECT_EQ(codes[422], clients / 2);
        EXPECT_EQ(ids.size(), 1U);
        EXPECT_TRUE(created[0] == 0 || created[1] == 0) << "both documents were taken";
        EXPECT_EQ(first, 1);
    }
    EXPECT_EQ(cluster.count("orders WHERE customer_id = '" + customer + "'"), keys);
    EXPECT_EQ(cluster.count("orders WHERE customer_id = '" + customer + "' AND version <> 1"), 0);
    load.expect_kept(cluster);
    expect_published_once(cluster);
    expect_announced(cluster);
}

class ClusterCutOffFromRedis : public testing::TestWithParam<TcpProxy::Weather> {};

INSTANTIATE_TEST_SUITE_P(Weather, ClusterCutOffFromRedis,
                         testing::Values(TcpProxy::Weather::cut, TcpProxy::Weather::silent), [](const auto& instance) {
                             return std::string(instance.param == TcpProxy::Weather::cut ? "cut" : "silent");
                         });

TEST_P(ClusterCutOffFromRedis, its_changes_are_seen_by_others_within_a_second_and_by_itself_at_once) {
    const Cluster cluster(patient);
    TcpProxy proxy(Cluster::servers().port("redis"));
    const auto cut_off = cluster.start("api", {{"REDIS_ADDR", "127.0.0.1:" + std::to_string(proxy.port())}});
    // It hears of no ACK, which would tell it of the change: there is only the bound.
    const auto other =
        cluster.start("api", {{"ORDERS_ACK_TOPIC", cluster.environment().at("ORDERS_ACK_TOPIC") + ".not"}});
    const auto worker = cluster.start("worker");
    const std::string customer = new_customer();
    const std::string id = id_in(cut_off->ask(create(customer, document("x", 0))));
    HttpConnection to_cut_off = cut_off->connect();
    HttpConnection to_other = other->connect();

    int version = 1;
    int rounds_shown = 0;
    for (int round = 0; round < 3 || (rounds_shown == 0 && round < 30); ++round) {
        // Both have it from Redis; then one loses it.
        ASSERT_TRUE(eventually([&] {
            return text_at(to_cut_off.ask(get("/health/ready")).json(), "/status") == "healthy" &&
                   version_in(to_cut_off.ask(show(id))) == version;
        }));
        proxy.set_weather(GetParam());
        ASSERT_EQ(version_in(to_other.ask(show(id))), version);
        const HttpResponse changed = to_cut_off.ask(update(id, customer, document("y", round)));
        const auto changed_at = Clock::now();
        ASSERT_TRUE(is_stored(changed)) << changed;
        ++version;
        bool shown = false;
        Clock::time_point asked_at;
        do {
            EXPECT_EQ(version_in(to_cut_off.ask(show(id))), version) << "it does not see its own change";
            asked_at = Clock::now();
            const int seen = version_in(to_other.ask(show(id)));
            EXPECT_GE(seen, version - 1);
            if (seen == version) continue;
            shown = true;
            EXPECT_LE(asked_at - changed_at, 1s) << "the other still shows what was before the change";
        } while (asked_at - changed_at < 1300ms);
        if (shown) ++rounds_shown;
        EXPECT_EQ(version_in(to_other.ask(show(id))), version);
        proxy.set_weather(TcpProxy::Weather::fair);
    }
    EXPECT_GE(rounds_shown, 1) << "the other never had it from Redis";
    EXPECT_TRUE(cluster.comes_to_rest());
    EXPECT_EQ(cluster.orders().at(id).version, version);
}

/// With its envelope a payload may be more than what a client may send.
documents::Json json_of(const std::string& text) {
    auto json = documents::parse_json(text, {.bytes = order::limits::message_bytes_max});
    if (!json) throw std::runtime_error(json.error().detail + ": " + text.substr(0, 300));
    return std::move(*json);
}
std::string payload_of(const std::string& text) { return render_json(at(json_of(text), "/payload")); }

TEST(ClusterReplicas, a_body_of_a_mebibyte_goes_all_the_way) {
    const Cluster cluster(patient);
    const auto a = cluster.start("api");
    const auto b = cluster.start("api");
    const auto worker = cluster.start("worker");
    const std::string customer = new_customer();
    const auto sized = [&](Document document, std::size_t bytes, const auto& request) {
        // Filled up with what is of several bytes in UTF-8, and is escaped in JSON.
        const std::size_t own = request(document).body.size() + std::string(",\"fill\":\"\"").size();
        std::string fill;
        while (own + fill.size() + 6 <= bytes) fill += "\xc3\xa4\\\"\\\\";
        fill.resize(bytes - own, 'x');
        document.text.insert(document.text.find(",\"items\""), ",\"fill\":\"" + fill + "\"");
        return document;
    };
    const auto to_create = [&](const Document& document) { return create(customer, document); };
    const Document largest = sized(document("large", 1), order::limits::body_bytes, to_create);
    ASSERT_EQ(to_create(largest).body.size(), order::limits::body_bytes);
    const Document too_large = sized(document("large", 1), order::limits::body_bytes + 1, to_create);
    EXPECT_EQ(a->ask(to_create(too_large)).status, 413);

    const HttpResponse created = a->ask(to_create(largest));
    ASSERT_TRUE(is_stored(created)) << created;
    ASSERT_TRUE(cluster.comes_to_rest());
    const std::string id = id_in(created);
    const std::string payload = render_json(json_of(largest.text));
    for (const auto* api : {&a, &b}) {
        for (int times = 0; times < 2; ++times) {  // from the store, and from the cache
            const HttpResponse shown = (*api)->ask(show(id));
            EXPECT_EQ(text_at(json_of(shown.body), "/status"), "done");
            EXPECT_EQ(number_at(json_of(shown.body), "/amount"), "1.25");
            EXPECT_TRUE(payload_of(shown.body) == payload);
        }
    }
    const kafka::KafkaOptions options = cluster.kafka_options();
    const auto carried = [&](const std::string& topic) {
        std::vector<std::string> payloads;
        for (const auto& record : contract::TopicReader(options, topic).read()) {
            payloads.push_back(payload_of(record.message.value));
        }
        return payloads;
    };
    const std::vector<std::string> once{payload};
    EXPECT_TRUE(carried(options.topics.events) == once);
    EXPECT_TRUE(eventually([&] { return carried(options.topics.created) == once; }));

    const auto to_update = [&](const Document& document) { return update(id, customer, document); };
    const Document next = sized(document("larger", 2), order::limits::body_bytes, to_update);
    const HttpResponse updated = b->ask(to_update(next));
    ASSERT_TRUE(is_stored(updated)) << updated;
    EXPECT_EQ(version_in(updated), 2);
    EXPECT_TRUE(eventually([&] { return version_in(a->ask(show(id))) == 2; }));
    EXPECT_TRUE(payload_of(a->ask(show(id)).body) == render_json(json_of(next.text)));
    EXPECT_TRUE(cluster.comes_to_rest());
}

}  // namespace

}  // namespace orderstream::e2e
