#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "e2e/life_customer.h"
#include "e2e/life_store.h"
#include "e2e/support/concurrent.h"
#include "e2e/support/server.h"

// Everything at once for some seconds, then every answer is held against the store.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;

TEST(Load, what_sixty_four_clients_were_told_is_what_is_stored) {
    constexpr int clients = 64;
    Server server;
    std::vector<Customer> customers;
    for (int i = 0; i < clients; ++i) customers.emplace_back(i);
    const auto until = std::chrono::steady_clock::now() + 4s;
    concurrent_clients(server.port(), clients, [&](HttpConnection& connection, int i) {
        Customer& customer = customers[static_cast<std::size_t>(i)];
        while (std::chrono::steady_clock::now() < until && !testing::Test::HasFailure()) {
            ASSERT_EQ(customer.act(connection), Customer::Heard::done);
        }
    });
    std::size_t created = 0;
    for (const Customer& customer : customers) created += customer.orders().size();
    const StoreFile file(server.data());
    ASSERT_TRUE(file.comes_to_rest());
    const StoredOrders rows = file.orders();
    EXPECT_EQ(rows.size(), created);
    EXPECT_GT(created, clients);
    for (const Customer& customer : customers) customer.expect_kept(rows);
    EXPECT_EQ(file.count("batches"), 0) << "a note was left behind";
    EXPECT_EQ(file.count("orders_retry"), 0);
    EXPECT_EQ(file.count("orders WHERE announced_version = 0"), 0);

    // The end and the next start change nothing.
    EXPECT_EQ(server.stop(), exited(0)) << server.log();
    const Server again({.environment = {}, .data = server.data()});
    const StoreFile reopened(server.data());
    ASSERT_TRUE(reopened.comes_to_rest());
    const StoredOrders same = reopened.orders();
    EXPECT_EQ(same.size(), created);
    for (const Customer& customer : customers) customer.expect_kept(same);
    EXPECT_EQ(reopened.integrity(), "ok");
}

}  // namespace

}  // namespace orderstream::e2e
