#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include "e2e/life_customer.h"
#include "e2e/life_store.h"
#include "e2e/support/concurrent.h"
#include "e2e/support/json_access.h"
#include "e2e/support/server.h"

// How a server leaves: unready at once, refusing after two seconds, gone when everybody has an answer.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

constexpr auto grace = 2s;
/// How much later than it should something may happen on a busy machine.
constexpr auto slack = 3s;

class Signals : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Of, Signals, testing::Values(SIGTERM, SIGINT),
                         [](const auto& instance) { return instance.param == SIGTERM ? "term" : "int"; });

TEST_P(Signals, an_idle_server_goes_after_its_grace) {
    Server server;
    const auto began = Clock::now();
    server.program().send_signal(GetParam());
    ASSERT_EQ(server.program().wait(20s), exited(0)) << server.log();
    EXPECT_GE(Clock::now() - began, grace);
    EXPECT_LE(Clock::now() - began, grace + slack);
    EXPECT_THAT(server.log(), HasSubstr("\"waiting\":0"));
    EXPECT_THAT(server.log(), HasSubstr("\"message\":\"stopped\""));
}

TEST_P(Signals, it_is_unready_at_once_and_serves_through_its_grace) {
    Server server;
    HttpConnection kept_alive = server.connect();
    ASSERT_EQ(kept_alive.ask(get("/health/ready")).status, 200);
    const auto began = Clock::now();
    server.program().send_signal(GetParam());
    HttpResponse ready;
    EXPECT_TRUE(eventually([&] { return (ready = server.ask(get("/health/ready"))).status == 503; }, 1s));
    EXPECT_TRUE(ready.header("Retry-After")) << ready;
    EXPECT_TRUE(says(ready, "Connection", "close")) << ready;
    EXPECT_EQ(text_at(ready.json(), "/status"), "unhealthy");
    EXPECT_EQ(server.ask(get("/health/live")).status, 200);

    const std::string customer = new_customer();
    const HttpResponse created = kept_alive.ask(create(customer, document("late", 1)));
    ASSERT_LT(Clock::now() - began, grace) << "too slow a machine to see anything";
    EXPECT_EQ(created.status, 201) << created;
    EXPECT_TRUE(says(created, "Connection", "close")) << created;
    EXPECT_TRUE(kept_alive.closes());
    EXPECT_EQ(server.program().wait(20s), exited(0)) << server.log();
    EXPECT_EQ(StoreFile(server.data()).count("orders WHERE status = 'done'"), 1);
}

TEST_P(Signals, a_second_one_hurries) {
    Server server;
    const auto began = Clock::now();
    server.program().send_signal(GetParam());
    ASSERT_TRUE(server.logs("leaving"));
    server.program().send_signal(GetParam());
    ASSERT_EQ(server.program().wait(20s), exited(0)) << server.log();
    EXPECT_LT(Clock::now() - began, grace);
}

TEST_P(Signals, under_load_everybody_is_answered_and_nothing_is_lost) {
    constexpr int clients = 32;
    Server server({.environment = {{"SHUTDOWN_TIMEOUT", "20s"}}, .data = {}});
    std::vector<Customer> customers;
    for (int i = 0; i < clients; ++i) customers.emplace_back(i);
    std::atomic<Clock::time_point> refuses_from = Clock::time_point::max();
    const auto grace_is_over = [&] { return Clock::now() >= refuses_from.load(); };
    std::jthread signaller([&] {
        std::this_thread::sleep_for(500ms);
        refuses_from = Clock::now() + grace;
        server.program().send_signal(GetParam());
    });
    concurrently(clients, [&](int i) {
        Customer& customer = customers[static_cast<std::size_t>(i)];
        try {
            for (;;) {
                HttpConnection connection(server.port(), 30s);
                do {
                    const Customer::Heard heard = customer.act(connection);
                    ASSERT_NE(heard, Customer::Heard::accepted);
                    // It says no only when its grace is over.
                    ASSERT_TRUE(heard == Customer::Heard::done || grace_is_over());
                } while (!customer.was_sent_off());
            }
        } catch (const NetworkError& error) {
            // Whoever comes when it is gone, or knocks in the moment in which it closes the door.
            EXPECT_TRUE(grace_is_over()) << error.what();
        }
    });
    signaller.join();
    ASSERT_EQ(server.program().wait(20s), exited(0)) << server.log();
    EXPECT_LE(Clock::now(), refuses_from.load() + slack);

    // A request that had no answer was not taken: nothing is there that was not told, and all that was told.
    const StoredOrders left = StoreFile(server.data()).orders();
    for (const Customer& customer : customers) customer.expect_kept(left);
    const Server again({.environment = {}, .data = server.data()});
    const StoreFile file(server.data());
    ASSERT_TRUE(file.comes_to_rest());
    const StoredOrders rows = file.orders();
    EXPECT_EQ(rows.size(), left.size());
    for (const Customer& customer : customers) customer.expect_kept(rows);
    EXPECT_EQ(file.integrity(), "ok");
}

/// Many wait for a worker that gets nowhere, because the store has become slow.
class SlowLeave : public testing::Test {
  protected:
    static constexpr int clients = 48;

    /// Creates orders until an answer is not a 201; every answer of each client.
    void start(std::chrono::seconds shutdown_timeout) {
        server_.emplace(Server::Options{
            .environment = {{"SHUTDOWN_TIMEOUT", std::to_string(shutdown_timeout.count()) + "s"}}, .data = {}});
        answers_.resize(clients);
        for (int i = 0; i < clients; ++i) {
            running_.emplace_back([this, i] {
                try {
                    HttpConnection connection(server_->port(), 30s);
                    auto& mine = answers_[static_cast<std::size_t>(i)];
                    const std::string customer = new_customer();
                    do mine.push_back(connection.ask(create(customer, document("x", i))));
                    while (mine.back().status == 201 && !says(mine.back(), "Connection", "close"));
                } catch (const std::exception& error) {
                    ADD_FAILURE() << "no answer: " << error.what();
                }
            });
        }
        std::this_thread::sleep_for(300ms);
    }

    /// Locks the store when orders are stored that the worker is not done with, and leaves those who wait for that, and
    /// those who wait for their turn. How many orders are stored and not done.
    long long lock_with_work_under_way() {
        const StoreFile file(server_->data());
        for (;;) {
            lock_.emplace(server_->data());
            std::this_thread::sleep_for(50ms);  // what was done before is answered
            if (const long long open = file.count("orders WHERE processed_version < version"); open > 0) return open;
            lock_.reset();
            std::this_thread::sleep_for(7ms);
        }
    }

    /// How many heard `status`; they end with an answer.
    int count(int status) {
        running_.clear();
        int count = 0;
        for (const auto& mine : answers_) {
            for (const HttpResponse& answer : mine) {
                if (answer.status == status) ++count;
            }
        }
        return count;
    }

    /// What was told, 201 and 202, is there and processed after the next start; a 503 has left nothing.
    void expect_as_told() {
        const Server again({.environment = {}, .data = server_->data()});
        const StoreFile file(server_->data());
        ASSERT_TRUE(file.comes_to_rest());
        const StoredOrders rows = file.orders();
        std::size_t accepted = 0;
        for (const auto& mine : answers_) {
            for (const HttpResponse& answer : mine) {
                if (answer.status == 503) continue;
                ++accepted;
                EXPECT_EQ(rows.at(id_in(answer)).status, "done");
            }
        }
        EXPECT_EQ(rows.size(), accepted);
    }

    std::optional<Server> server_;
    std::optional<WriteLock> lock_;
    std::vector<std::vector<HttpResponse>> answers_;
    std::vector<std::jthread> running_;
};

TEST_F(SlowLeave, who_waits_is_answered_when_the_store_is_back_and_newcomers_are_refused) {
    start(25s);
    const long long open = lock_with_work_under_way();
    const auto began = Clock::now();
    server_->program().send_signal(SIGTERM);
    std::this_thread::sleep_until(began + grace + 300ms);
    const HttpResponse refused = server_->ask(create(new_customer(), document("too late", 1)));
    EXPECT_EQ(refused.status, 503);
    EXPECT_TRUE(refused.header("Retry-After")) << refused;
    EXPECT_TRUE(says(refused, "Connection", "close")) << refused;
    EXPECT_THAT(refused.body, HasSubstr("shutting down"));
    EXPECT_EQ(server_->ask(get("/health/live")).status, 200);
    lock_.reset();
    ASSERT_EQ(server_->program().wait(20s), exited(0)) << server_->log();
    EXPECT_GE(count(201), open);
    EXPECT_EQ(count(202), 0);
    expect_as_told();
}

TEST_F(SlowLeave, who_waits_too_long_is_told_accepted_in_time) {
    start(14s);
    const long long open = lock_with_work_under_way();
    const auto began = Clock::now();
    server_->program().send_signal(SIGTERM);
    const int told = count(202);  // with the store still locked
    EXPECT_GE(Clock::now() - began, 4s) << "they may wait until ten seconds before the end";
    EXPECT_LE(Clock::now() - began, 4s + slack);
    EXPECT_EQ(told, open);
    lock_.reset();
    ASSERT_EQ(server_->program().wait(std::chrono::ceil<std::chrono::milliseconds>(began + 14s - Clock::now())),
              exited(0))
        << server_->log();
    EXPECT_EQ(count(202), open);
    EXPECT_EQ(count(503), clients - open);
    expect_as_told();
}

TEST_F(SlowLeave, who_cannot_wait_for_the_store_ends_in_time_all_the_same) {
    start(11s);
    const long long open = lock_with_work_under_way();
    const auto began = Clock::now();
    server_->program().send_signal(SIGTERM);
    ASSERT_EQ(server_->program().wait(20s), exited(0)) << server_->log();
    EXPECT_LE(Clock::now() - began, 11s);
    lock_.reset();
    EXPECT_EQ(count(202), open);
    EXPECT_EQ(count(503), clients - open);
    expect_as_told();
}

TEST_F(SlowLeave, a_second_signal_answers_whoever_waits_at_once) {
    start(60s);
    const long long open = lock_with_work_under_way();
    server_->program().send_signal(SIGTERM);
    ASSERT_TRUE(server_->logs("leaving"));
    server_->program().send_signal(SIGTERM);
    ASSERT_EQ(server_->program().wait(15s), exited(0)) << server_->log();
    lock_.reset();
    EXPECT_EQ(count(202), open);
    EXPECT_EQ(count(503), clients - open);
    expect_as_told();
}

}  // namespace

}  // namespace orderstream::e2e
