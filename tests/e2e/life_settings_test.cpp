#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "e2e/life_customer.h"
#include "e2e/life_orders.h"
#include "e2e/life_store.h"
#include "e2e/support/concurrent.h"
#include "e2e/support/json_access.h"
#include "e2e/support/server.h"

// Under every setting the service does what it is for.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Environment = std::map<std::string, std::string>;

struct Setting {
    std::string name;
    Environment environment;
};

class Settings : public testing::TestWithParam<Setting> {};

INSTANTIATE_TEST_SUITE_P(With, Settings,
                         testing::Values(Setting{"defaults", {}}, Setting{"cache_none", {{"CACHE_TYPE", "none"}}},
                                         Setting{"cache_memory", {{"CACHE_TYPE", "memory"}}},
                                         Setting{"cache_lru_of_one", {{"CACHE_TYPE", "lru"}, {"CACHE_LRU_SIZE", "1"}}},
                                         Setting{"no_processing_mark", {{"WORKER_MARK_PROCESSING", "false"}}},
                                         Setting{"debug_log", {{"LOG_LEVEL", "debug"}}},
                                         Setting{"any_address", {{"HTTP_HOST", "0.0.0.0"}}}),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(Settings, orders_live_their_lives) {
    const Server server({.environment = GetParam().environment, .data = {}});
    std::vector<Customer> customers;
    for (int i = 0; i < 8; ++i) customers.emplace_back(i);
    concurrent_clients(server.port(), 8, [&](HttpConnection& connection, int i) {
        for (int step = 0; step < scaled(200); ++step) {
            ASSERT_EQ(customers[static_cast<std::size_t>(i)].act(connection), Customer::Heard::done);
        }
    });
    const StoreFile file(server.data());
    ASSERT_TRUE(file.comes_to_rest());
    const StoredOrders rows = file.orders();
    for (const Customer& customer : customers) customer.expect_kept(rows);
}

TEST(AckTimeout, of_zero_never_waits) {
    const Server server({.environment = {{"ACK_TIMEOUT", "0"}}, .data = {}});
    const std::string customer = new_customer();
    const HttpResponse created = server.ask(create(customer, document("x", 1)));
    EXPECT_EQ(created.status, 202) << created;
    EXPECT_EQ(text_at(created.json(), "/status"), "accepted");
    EXPECT_EQ(created.header("Location"), "/orders/" + id_in(created));
    EXPECT_TRUE(created.header("Retry-After")) << created;
    const auto status = [&] { return text_at(server.ask(show(id_in(created))).json(), "/status"); };
    EXPECT_TRUE(eventually([&] { return status() == "done"; }));
    const HttpResponse updated = server.ask(update(id_in(created), customer, document("y", 2)));
    EXPECT_EQ(updated.status, 202) << updated;
    EXPECT_EQ(version_in(updated), 2);
    const HttpResponse deleted = server.ask(end(id_in(created), customer, "deleted"));
    EXPECT_EQ(deleted.status, 202) << deleted;
    EXPECT_EQ(status(), "deleted");
    ASSERT_TRUE(StoreFile(server.data()).comes_to_rest());
    EXPECT_EQ(StoreFile(server.data()).count("orders WHERE status = 'deleted' AND version = 3"), 1);
}

TEST(AckTimeout, of_a_moment_answers_done_or_accepted_and_all_gets_done) {
    const Server server({.environment = {{"ACK_TIMEOUT", "2ms"}}, .data = {}});
    const std::string customer = new_customer();
    std::atomic<int> done = 0;
    std::atomic<int> accepted = 0;
    std::atomic<int> refused = 0;
    concurrent_clients(server.port(), 16, [&](HttpConnection& connection, int) {
        for (int i = 0; i < scaled(100); ++i) {
            const HttpResponse response = connection.ask(create(customer, document("x", i)));
            // Whoever waits so little may be taken out of the queue before its turn comes: nothing was accepted.
            ASSERT_TRUE(response.status == 201 || response.status == 202 || response.status == 503) << response;
            ++(response.status == 201 ? done : response.status == 202 ? accepted : refused);
        }
    });
    const StoreFile file(server.data());
    ASSERT_TRUE(file.comes_to_rest());
    EXPECT_EQ(file.count("orders"), done + accepted);
    EXPECT_EQ(file.count("orders WHERE status = 'done' AND version = 1 AND processed_version = 1"), done + accepted);
}

TEST(AckTimeout, is_how_long_an_answer_waits_for_a_worker_that_gets_nowhere) {
    const Server server({.environment = {{"ACK_TIMEOUT", "1s"}}, .data = {}});
    const std::string customer = new_customer();
    std::mutex mutex;
    std::map<int, int> answers;
    concurrent_clients(server.port(), 17, [&](HttpConnection& connection, int client) {
        if (client == 16) {
            std::this_thread::sleep_for(200ms);
            const WriteLock lock(server.data());
            std::this_thread::sleep_for(4s);  // longer than the server waits for somebody else's lock
            return;
        }
        HttpResponse response;
        const auto ask = [&] { return response = connection.ask(create(customer, document("x", 1))); };
        auto asked_at = std::chrono::steady_clock::now();
        while (ask().status == 201) asked_at = std::chrono::steady_clock::now();
        // Stored, and the worker is not done; or not stored, and it will not be.
        ASSERT_TRUE(response.status == 202 || response.status == 503) << response;
        EXPECT_GE(std::chrono::steady_clock::now() - asked_at, 1s);
        const std::lock_guard lock(mutex);
        ++answers[response.status];
    });
    EXPECT_EQ(answers[202] + answers[503], 16);
    const StoreFile file(server.data());
    ASSERT_TRUE(file.comes_to_rest());
    EXPECT_EQ(file.count("orders WHERE status <> 'done'"), 0);
}

TEST(MarkProcessing, false_shows_nobody_processing) {
    for (const std::string mark : {"true", "false"}) {
        const Server server({.environment = {{"WORKER_MARK_PROCESSING", mark}}, .data = {}});
        const std::string customer = new_customer();
        std::atomic<bool> over = false;
        std::atomic<int> seen_processing = 0;
        std::jthread watcher([&] {
            const StoreFile file(server.data());
            while (!over) {
                if (file.count("orders WHERE status = 'processing'") > 0) ++seen_processing;
            }
        });
        concurrent_clients(server.port(), 8, [&](HttpConnection& connection, int) {
            for (int i = 0; i < scaled(200); ++i) {
                ASSERT_EQ(connection.ask(create(customer, document("x", i))).status, 201);
            }
        });
        over = true;
        watcher.join();
        EXPECT_EQ(seen_processing > 0, mark == "true") << seen_processing;
    }
}

TEST(Log, as_text_says_the_same) {
    const TemporaryDirectory data;
    Program program(orderstream_binary(),
                    {.arguments = {"serve", "--port", "0", "--data", data.path().string(), "--log-format", "text"},
                     .environment = {},
                     .directory = {}});
    const auto ready = program.wait_for_line(
        [](std::string_view line) { return line.find(" ready ") != std::string_view::npos; }, 30s);
    ASSERT_TRUE(ready) << program.errors();
    for (const char* part : {"info ready", "store=sqlite", "bus=in-process", "cache=lru"})
        EXPECT_THAT(*ready, HasSubstr(part));
    const auto port = ready->find("port=");
    ASSERT_NE(port, std::string::npos) << *ready;
    const auto number = static_cast<std::uint16_t>(std::stoi(ready->substr(port + 5)));
    EXPECT_EQ(ask(number, create(new_customer(), document("x", 1))).status, 201);
    program.send_signal(SIGTERM);
    EXPECT_EQ(program.wait(20s), exited(0));
    EXPECT_THAT(program.errors(), HasSubstr("stopped"));
}

TEST(Log, as_json_is_json_in_every_line) {
    Server server({.environment = {{"LOG_LEVEL", "trace"}}, .data = {}});
    const std::string customer = new_customer();
    ASSERT_EQ(server.ask(create(customer, document("x", 1), {{"X-Request-ID", "quotes-and-more"}})).status, 201);
    ASSERT_EQ(server.ask(get("/%22\\nothing?\"\x01")).status, 400);
    EXPECT_TRUE(server.logs("quotes-and-more"));
    ASSERT_EQ(server.stop(), exited(0));
    for (const std::string& line : server.program().lines()) {
        const auto json = documents::parse_json(line);
        ASSERT_TRUE(json) << line;
        EXPECT_TRUE(has(*json, "/time") && has(*json, "/level") && has(*json, "/message")) << line;
    }
}

}  // namespace

}  // namespace orderstream::e2e
