#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "e2e/life_customer.h"
#include "e2e/life_store.h"
#include "e2e/support/concurrent.h"
#include "e2e/support/server.h"

// kill -9 at any moment, and again: what was answered is there, what was stored is processed, none twice.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;

constexpr int clients = 16;

class Kill : public testing::Test {
  protected:
    Kill() {
        for (int i = 0; i < clients; ++i) customers_.emplace_back(i);
    }

    [[nodiscard]] Server::Options on_the_same_data(std::map<std::string, std::string> environment = {}) const {
        return {.environment = std::move(environment), .data = directory_.path()};
    }

    /// Everybody is busy until the connection breaks.
    void live_until_killed(Server& server, std::chrono::milliseconds life) {
        std::jthread killer([&] {
            std::this_thread::sleep_for(life);
            server.program().send_signal(SIGKILL);
        });
        concurrently(clients, [&](int i) {
            try {
                HttpConnection connection(server.port(), 30s);
                for (;;) ASSERT_EQ(customers_[static_cast<std::size_t>(i)].act(connection), Customer::Heard::done);
            } catch (const NetworkError& error) {
                EXPECT_NE(error.fault(), NetworkError::Fault::timed_out) << error.what();
                EXPECT_NE(error.fault(), NetworkError::Fault::malformed) << error.what();
            }
        });
        killer.join();
        EXPECT_EQ(server.kill(), killed_by(SIGKILL));
    }

    /// Killed again while it takes up what the one before it has left.
    void die_early(std::chrono::milliseconds life) {
        Program program(orderstream_binary(),
                        {.arguments = {"serve"},
                         .environment = {{"HTTP_PORT", "0"}, {"DATA_DIR", directory_.path().string()}},
                         .directory = {}});
        EXPECT_EQ(program.wait(life), std::nullopt) << program.errors();
        program.send_signal(SIGKILL);
        EXPECT_EQ(program.wait(10s), killed_by(SIGKILL));
    }

    void expect_nothing_lost(Server& server) {
        const StoreFile file(directory_.path());
        ASSERT_TRUE(file.comes_to_rest()) << file.left_to_do() << " left to do\n" << server.log();
        HttpConnection connection = server.connect();
        for (Customer& customer : customers_) {
            if (customer.settle(connection)) ++settled_;
        }
        ASSERT_TRUE(file.comes_to_rest());
        const StoredOrders rows = file.orders();
        std::size_t told = 0;
        for (Customer& customer : customers_) {
            customer.expect_kept(rows);
            customer.remember_updates(rows);
            told += customer.orders().size();
        }
        EXPECT_EQ(rows.size(), told);
        EXPECT_EQ(file.count("orders_retry"), 0);
    }

    TemporaryDirectory directory_;
    std::vector<Customer> customers_;
    int settled_ = 0;
};

TEST_F(Kill, at_random_moments_again_and_again) {
    std::mt19937 random(20);
    const int cycles = sanitized ? 6 : 15;
    for (int cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
        SCOPED_TRACE("cycle " + std::to_string(cycle));
        // Without the mark, only the last write stands between an event that comes again and a second processing.
        Server server(on_the_same_data({{"WORKER_MARK_PROCESSING", cycle % 2 == 0 ? "true" : "false"}}));
        expect_nothing_lost(server);
        live_until_killed(server, std::chrono::milliseconds(20 + random() % 600));
        for (auto deaths = random() % 3; deaths > 0; --deaths) die_early(std::chrono::milliseconds(random() % 150));
    }
    Server server(on_the_same_data());
    expect_nothing_lost(server);
    EXPECT_EQ(StoreFile(directory_.path()).integrity(), "ok");
    EXPECT_GT(settled_, cycles) << "the kills came when nobody had asked for anything";
    EXPECT_EQ(server.stop(), exited(0)) << server.log();
}

TEST_F(Kill, orders_nobody_waited_for_are_processed_after_the_next_start) {
    std::vector<std::string> ids;
    const std::string customer = new_customer();
    for (int cycle = 0; cycle < 3; ++cycle) {
        Server server(on_the_same_data());
        HttpConnection connection = server.connect();
        for (int i = 0; i < 50; ++i) {
            const HttpResponse response =
                connection.ask(create(customer, document("x", i), {{"Prefer", "respond-async"}}));
            ASSERT_EQ(response.status, 202) << response;
            ids.push_back(id_in(response));
        }
        server.kill();
    }
    const Server server(on_the_same_data());
    const StoreFile file(directory_.path());
    ASSERT_TRUE(file.comes_to_rest());
    EXPECT_EQ(file.count("orders WHERE status = 'done' AND processed_version = 1 AND announced_version = 1"), 150);
    const StoredOrders rows = file.orders();
    for (const std::string& id : ids) EXPECT_TRUE(rows.contains(id));
}

TEST_F(Kill, orders_that_were_done_are_not_processed_again_though_their_note_is_still_there) {
    for (const std::string mark : {"true", "false"}) {
        std::optional<Server> server(on_the_same_data({{"WORKER_MARK_PROCESSING", mark}}));
        std::optional<StoreFile> file(directory_.path());
        // Notes go with a later batch, or within a second: stopped in between, one is there.
        do {
            server->thaw();
            concurrent_clients(server->port(), clients, [&](HttpConnection& connection, int i) {
                customers_[static_cast<std::size_t>(i)].create_one(connection);
            });
            server->freeze();
        } while (file->count("batches WHERE published_at IS NULL") == 0);
        const StoredOrders rows = file->orders();
        for (Customer& customer : customers_) {
            customer.expect_kept(rows);
            customer.remember_updates(rows);
        }
        file.reset();
        server->kill();
        server.emplace(on_the_same_data({{"WORKER_MARK_PROCESSING", mark}}));
        expect_nothing_lost(*server);
        EXPECT_GT(StoreFile(directory_.path()).count("batches WHERE published_at IS NOT NULL"), 0)
            << "nothing was published again";
    }
}

TEST_F(Kill, a_second_server_on_the_same_data_is_refused) {
    const Server server(on_the_same_data());
    const Finished second =
        run(orderstream_binary(), {.arguments = {"serve"},
                                   .environment = {{"HTTP_PORT", "0"}, {"DATA_DIR", directory_.path().string()}},
                                   .directory = {}});
    EXPECT_NE(second.status, exited(0));
    EXPECT_NE(second.errors.find(directory_.path().string()), std::string::npos) << second.errors;
    EXPECT_EQ(server.ask(get("/health/ready")).status, 200);
}

}  // namespace

}  // namespace orderstream::e2e
