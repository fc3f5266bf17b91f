#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "e2e/life_orders.h"
#include "e2e/life_store.h"
#include "e2e/support/concurrent.h"
#include "e2e/support/json_access.h"
#include "e2e/support/server.h"

// Whoever was answered a change, and everyone after that, never reads the order as it was before.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;

struct Setting {
    std::string name;
    std::map<std::string, std::string> environment;
};

class Reads : public testing::TestWithParam<Setting> {};

INSTANTIATE_TEST_SUITE_P(With, Reads,
                         testing::Values(Setting{"no_cache", {{"CACHE_TYPE", "none"}}},
                                         Setting{"memory", {{"CACHE_TYPE", "memory"}}},
                                         Setting{"lru", {{"CACHE_TYPE", "lru"}}},
                                         Setting{"a_tiny_lru", {{"CACHE_TYPE", "lru"}, {"CACHE_LRU_SIZE", "2"}}},
                                         Setting{"no_processing_mark", {{"WORKER_MARK_PROCESSING", "false"}}}),
                         [](const auto& instance) { return instance.param.name; });

struct HotOrder {
    std::string id;
    std::string customer;
    std::atomic<int> answered{1};  ///< the highest version that anyone was answered
    std::mutex mutex;
    std::map<int, Document> documents;              ///< by version
    std::vector<std::pair<int, std::string>> seen;  ///< version and payload, checked at the end

    void update(HttpConnection& connection, const Document& sent) {
        const HttpResponse response = connection.ask(e2e::update(id, customer, sent));
        ASSERT_EQ(response.status, 200) << response;
        const int version = version_in(response);
        {
            const std::lock_guard lock(mutex);
            documents[version] = sent;
        }
        for (int known = answered; known < version && !answered.compare_exchange_weak(known, version);) {
        }
    }

    void read(HttpConnection& connection) {
        const int at_least = answered;
        const HttpResponse response = connection.ask(show(id));
        ASSERT_EQ(response.status, 200) << response;
        const int version = version_in(response);
        ASSERT_GE(version, at_least) << response;
        if (version == at_least) {
            // Its update was answered when it was done.
            ASSERT_EQ(text_at(response.json(), "/status"), "done") << response;
        }
        const std::lock_guard lock(mutex);
        seen.emplace_back(version, payload_in(response));
    }

    void read_by_external_id(HttpConnection& connection) {
        const int at_least = answered;
        const HttpResponse response = connection.ask(get("/orders/by-external/hot?user_id=" + customer));
        ASSERT_EQ(response.status, 200) << response;
        ASSERT_GE(version_in(response), at_least) << response;
        const std::lock_guard lock(mutex);
        seen.emplace_back(version_in(response), payload_in(response));
    }
};

TEST_P(Reads, after_an_answer_show_that_version_or_a_newer_one) {
    constexpr int writers = 6;
    constexpr int readers = 14;
    const Server server({.environment = GetParam().environment, .data = {}});
    std::vector<HotOrder> orders(6);
    for (HotOrder& hot : orders) {
        hot.customer = new_customer();
        hot.documents[1] = document("hot", 1);
        hot.id = id_in(server.ask(create(hot.customer, hot.documents[1])));
    }
    const auto until = std::chrono::steady_clock::now() + 2s;
    concurrent_clients(server.port(), writers + readers, [&](HttpConnection& connection, int client) {
        std::mt19937 random(static_cast<unsigned>(client));
        for (int i = 0; std::chrono::steady_clock::now() < until && !testing::Test::HasFailure(); ++i) {
            HotOrder& hot = orders[random() % orders.size()];
            if (client < writers) {
                hot.update(connection, {.external_id = "hot",
                                        .text = R"({"id":"hot","by":)" + std::to_string(client) + R"(,"n":)" +
                                                std::to_string(i) + "}"});
                hot.read(connection);  // its own change, at once
            } else if (random() % 10 == 0) {
                hot.read_by_external_id(connection);
            } else {
                hot.read(connection);
            }
        }
    });
    ASSERT_TRUE(StoreFile(server.data()).comes_to_rest());
    for (HotOrder& hot : orders) {
        EXPECT_EQ(hot.documents.rbegin()->first, static_cast<int>(hot.documents.size()));
        EXPECT_GT(hot.seen.size(), hot.documents.size());
        for (const auto& [version, payload] : hot.seen) {
            ASSERT_TRUE(hot.documents.contains(version)) << version;
            ASSERT_EQ(payload, hot.documents.at(version).text);
        }
        const HttpResponse last = server.ask(show(hot.id));
        EXPECT_EQ(version_in(last), hot.answered);
        EXPECT_EQ(text_at(last.json(), "/status"), "done");
    }
}

TEST_P(Reads, after_an_end_show_the_end) {
    const Server server({.environment = GetParam().environment, .data = {}});
    const std::string customer = new_customer();
    concurrent_clients(server.port(), 8, [&](HttpConnection& connection, int client) {
        const std::string status = client % 2 == 0 ? "deleted" : "cancelled";
        HttpConnection reader(server.port());
        for (int i = 0; i < scaled(100); ++i) {
            const std::string external = std::to_string(client) + "-" + std::to_string(i);
            const std::string id = id_in(connection.ask(create(customer, document(external, 1))));
            // In the cache now, and by a read under way when the end comes.
            ASSERT_EQ(text_at(reader.ask(show(id)).json(), "/status"), "done");
            reader.send(show(id));
            ASSERT_EQ(connection.ask(end(id, customer, status)).status, 200);
            ASSERT_EQ(reader.receive().status, 200);
            const HttpResponse shown = reader.ask(show(id));
            ASSERT_EQ(text_at(shown.json(), "/status"), status);
            ASSERT_EQ(version_in(shown), 2);
            const HttpResponse by_external =
                reader.ask(get("/orders/by-external/" + external + "?user_id=" + customer));
            ASSERT_EQ(by_external.status, status == "deleted" ? 404 : 200);
        }
    });
}

}  // namespace

}  // namespace orderstream::e2e
