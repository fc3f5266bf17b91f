#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "e2e/life_orders.h"
#include "e2e/life_store.h"
#include "e2e/support/concurrent.h"
#include "e2e/support/json_access.h"
#include "e2e/support/server.h"
#include "order/limits.h"

// Clients that are gone, too slow or too many cost little, and nobody else pays for them.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;
namespace limits = order::limits;

constexpr std::size_t mebibyte = 1024 * 1024;
/// AddressSanitizer keeps what was freed, and its own books.
constexpr std::size_t sanitizers_share = sanitized ? 512 * mebibyte : 0;

std::size_t resident_bytes(Server& server) {
    std::ifstream status("/proc/" + std::to_string(server.program().pid()) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6)) * 1024;
    }
    throw std::runtime_error("no VmRSS");
}

void expect_at_service(Server& server) {
    const std::string customer = new_customer();
    const auto began = Clock::now();
    const HttpResponse created = server.ask(create(customer, document("still at service", 1)));
    ASSERT_EQ(created.status, 201) << created;
    EXPECT_EQ(server.ask(update(id_in(created), customer, document("yes", 2))).status, 200);
    EXPECT_EQ(version_in(server.ask(show(id_in(created)))), 2);
    EXPECT_EQ(server.ask(get("/health/ready")).status, 200);
    EXPECT_LT(Clock::now() - began, 3s);
}

/// Ends it, and expects that nobody was waiting any more.
void expect_nobody_waits(Server& server) {
    server.program().send_signal(SIGTERM);
    ASSERT_TRUE(server.logs("leaving"));
    EXPECT_THAT(server.log(), HasSubstr("\"waiting\":0"));
    EXPECT_EQ(server.program().wait(20s), exited(0)) << server.log();
}

TEST(HangUp, of_thousands_who_wait_costs_nothing) {
    Server server;
    const std::string customer = new_customer();
    expect_at_service(server);
    const std::size_t before = resident_bytes(server);
    concurrently(4, [&](int client) {
        for (int i = 0; i < scaled(2000); ++i) {
            HttpConnection connection(server.port());
            connection.send(create(customer, document(std::to_string(client) + "-" + std::to_string(i), i)));
            if (i % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(i % 1000));
            if (i % 2 == 0) connection.reset();
        }
    });
    expect_at_service(server);
    const StoreFile file(server.data());
    ASSERT_TRUE(file.comes_to_rest());
    EXPECT_EQ(file.count("orders WHERE status <> 'done'"), 0);
    EXPECT_EQ(file.count("(SELECT external_id FROM orders WHERE external_id LIKE '%-%' GROUP BY external_id "
                         "HAVING count(*) > 1)"),
              0);
    EXPECT_LE(resident_bytes(server), before + 64 * mebibyte + sanitizers_share);
    expect_nobody_waits(server);
}

TEST(HangUp, gives_back_its_place_while_the_store_is_slow) {
    Server server;
    const std::string customer = new_customer();
    std::optional<WriteLock> lock(server.data());
    // Twice what the queue holds, one after the other: who is gone leaves room for the next.
    const std::string filler(900'000, 'x');
    const Document large{.external_id = "large", .text = R"({"id":"large","filler":")" + filler + "\"}"};
    for (std::size_t i = 0; i < 2 * limits::queue_bytes_max / filler.size(); ++i) {
        HttpConnection connection(server.port());
        connection.send(create(customer, large));
        std::this_thread::sleep_for(5ms);  // taken in, or what it sent would be gone with it
        connection.reset();
    }
    HttpConnection connection = server.connect();
    connection.send(create(customer, large));
    std::this_thread::sleep_for(100ms);
    lock.reset();
    const HttpResponse response = connection.receive();
    // The writer may have had it in hand when the lock took too long: then the store was away.
    if (response.status != 201) {
        EXPECT_EQ(response.status, 503) << response;
        EXPECT_THAT(response.body, Not(HasSubstr("too much"))) << response;
    }
    expect_at_service(server);
    ASSERT_TRUE(StoreFile(server.data()).comes_to_rest());
    expect_nobody_waits(server);
}

TEST(SlowClients, are_ended_and_nobody_waits_for_them) {
    constexpr int clients = 200;
    Server server;
    std::vector<HttpConnection> heads;
    std::vector<HttpConnection> bodies;
    for (int i = 0; i < clients; ++i) {
        heads.push_back(server.connect());
        heads.back().send_raw("POST /orders HTTP/1.1\r\nHost: x\r\nX-Slow: ");
        bodies.push_back(server.connect());
        bodies.back().send_raw("POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{");
    }
    const auto began = Clock::now();
    // Byte by byte does not put it off.
    while (Clock::now() - began < limits::request_head_timeout - 2s) {
        for (HttpConnection& slow : heads) slow.send_raw("a");
        for (HttpConnection& slow : bodies) slow.send_raw(" ");
        expect_at_service(server);
        std::this_thread::sleep_for(500ms);
    }
    for (HttpConnection& slow : heads) {
        slow.set_timeout(10s);
        EXPECT_EQ(slow.receive().status, 408);
        EXPECT_TRUE(slow.closes());
    }
    EXPECT_GE(Clock::now() - began, limits::request_head_timeout - 1s);
    EXPECT_LE(Clock::now() - began, limits::request_head_timeout + 5s);
    expect_at_service(server);
    bodies.clear();
    expect_nobody_waits(server);
}

TEST(Flood, of_large_orders_is_refused_past_the_bounds_and_memory_stays_bounded) {
    constexpr int clients = 160;  // twice what the queue has bytes for
    Server server;
    const std::string filler(limits::body_bytes - 1000, 'x');
    std::mutex mutex;
    std::map<int, int> answers;
    std::optional<WriteLock> lock(server.data());
    std::atomic<int> turned_away = 0;
    std::jthread unlocker([&] {
        EXPECT_TRUE(eventually([&] { return turned_away > 0; }, 30s)) << "the queue has no bound";
        std::this_thread::sleep_for(500ms);
        lock.reset();
    });
    concurrent_clients(server.port(), clients, [&](HttpConnection& connection, int i) {
        const std::string customer = new_customer();
        const Document large{.external_id = std::to_string(i),
                             .text = R"({"id":")" + std::to_string(i) + R"(","filler":")" + filler + "\"}"};
        HttpResponse response = connection.ask(create(customer, large));
        if (response.status == 503) {
            EXPECT_TRUE(response.header("Retry-After")) << response;
            EXPECT_THAT(response.body, HasSubstr("nothing was accepted"));
            if (response.body.find("too much") != std::string::npos) ++turned_away;
        } else {
            EXPECT_EQ(response.status, 201) << response;
        }
        const std::lock_guard guard(mutex);
        ++answers[response.status];
    });
    unlocker.join();
    EXPECT_EQ(answers[201] + answers[503], clients);
    // Bodies on their way, the queue, what was parsed of it, events, the cache: each has a bound of its own.
    EXPECT_LE(resident_bytes(server), limits::large_bodies_bytes + 2 * limits::queue_bytes_max + limits::bus_bytes_max +
                                          limits::cache_bytes_max + 64 * mebibyte + sanitizers_share);
    const StoreFile file(server.data());
    ASSERT_TRUE(file.comes_to_rest());
    EXPECT_EQ(file.count("orders"), answers[201]);
    expect_at_service(server);
    expect_nobody_waits(server);
}

TEST(Flood, of_pipelined_requests_is_answered_in_order) {
    constexpr int requests = 200;
    Server server;
    const std::string customer = new_customer();
    concurrent_clients(server.port(), 16, [&](HttpConnection& connection, int client) {
        std::string wire;
        for (int i = 0; i < requests; ++i) {
            const std::string name = std::to_string(client) + "-" + std::to_string(i);
            wire += create(customer, document(name, i), {{"X-Request-ID", name}}).to_wire();
        }
        // One side sends, the other receives: they share nothing but the socket.
        std::jthread sender([&] { connection.send_raw(wire); });
        for (int i = 0; i < requests; ++i) {
            const HttpResponse response = connection.receive();
            ASSERT_EQ(response.status, 201) << response;
            ASSERT_EQ(response.header("X-Request-ID"), std::to_string(client) + "-" + std::to_string(i));
        }
    });
    EXPECT_EQ(StoreFile(server.data()).count("orders"), 16 * requests);
    expect_nobody_waits(server);
}

TEST(Flood, of_connections_leaves_nothing_behind) {
    Server server;
    expect_at_service(server);
    const std::size_t before = resident_bytes(server);
    for (int round = 0; round < 4; ++round) {
        std::vector<HttpConnection> connections;
        for (int i = 0; i < 1000; ++i) connections.push_back(server.connect());
        for (HttpConnection& connection : connections) connection.send(get("/health"));
        for (HttpConnection& connection : connections) ASSERT_EQ(connection.receive().body, "ok");
    }
    expect_at_service(server);
    EXPECT_LE(resident_bytes(server), before + 32 * mebibyte + sanitizers_share);
}

}  // namespace

}  // namespace orderstream::e2e
