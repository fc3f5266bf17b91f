#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "e2e/checkout_suite.h"
#include "e2e/life_orders.h"
#include "e2e/life_store.h"

// For random orders what the API says, what the database holds and what the items come to agree to the cent.

namespace orderstream::e2e {

namespace {

using Cents = long long;

/// The exact value of a JSON number with at most two decimals.
Cents cents_of(const std::string& number) {
    const std::size_t point = number.find('.');
    std::string decimals = point == std::string::npos ? "" : number.substr(point + 1);
    if (decimals.size() > 2 || number.find_first_not_of("0123456789.") != std::string::npos) {
        throw std::runtime_error(number + " is no amount of ours");
    }
    decimals.append(2 - decimals.size(), '0');
    return std::stoll(number.substr(0, point) + decimals);
}

/// As a client may write it: with needless zeros, or with an exponent.
std::string written(Cents cents, std::mt19937_64& random) {
    const std::string whole = std::to_string(cents / 100);
    const std::string decimals = {static_cast<char>('0' + cents / 10 % 10), static_cast<char>('0' + cents % 10)};
    switch (random() % 3) {
        case 0: return whole + "." + decimals;
        case 1: return std::to_string(cents) + "e-2";
        default: return whole + "." + decimals + "00";
    }
}

struct RandomOrder {
    std::vector<Item> items;
    Cents total = 0;
    std::string currency;
};

RandomOrder random_order(std::mt19937_64& random) {
    RandomOrder order;
    order.currency = std::vector<std::string>{"USD", "EUR", "BYN"}[random() % 3];
    for (std::size_t i = 1 + random() % 12; i > 0; --i) {
        const Cents magnitudes[] = {10, 1000, 100'000, 10'000'000, 1'000'000'000};
        const Cents price = 1 + static_cast<Cents>(random() % static_cast<std::uint64_t>(magnitudes[random() % 5]));
        const Cents quantity = 1 + static_cast<Cents>(random() % (random() % 4 == 0 ? 500 : 5));
        order.items.push_back({.price = written(price, random), .quantity = std::to_string(quantity)});
        order.total += price * quantity;
    }
    return order;
}

constexpr Cents largest_total = 9'999'999'999;

/// What the items of a stored document come to.
Cents recomputed(const std::string& payload) {
    const documents::Json document = *documents::parse_json(payload);
    Cents total = 0;
    for (std::size_t i = 0; i < size_at(document, "/items"); ++i) {
        const std::string item = "/items/" + std::to_string(i);
        const Cents item_total =
            cents_of(number_at(document, item + "/price")) * integer_at(document, item + "/quantity");
        EXPECT_EQ(cents_of(number_at(document, item + "/total")), item_total);
        total += item_total;
    }
    return total;
}

TEST(CheckoutAmounts, agree_to_the_cent) {
    std::mt19937_64 random(20'260'131);
    TemporaryDirectory directory;
    std::map<std::string, RandomOrder> orders;  // by id, as they were last sent
    std::map<std::string, Cents> told;          // what the API said of them at the end
    int refused = 0;
    {
        Server server({.environment = {}, .data = directory.path()});
        HttpConnection connection = server.connect();
        const std::string customer = new_customer();
        const auto body_of = [&](const RandomOrder& order) {
            return checkout_body(customer, order.items, R"(,"currency":")" + order.currency + "\"");
        };
        for (int i = 0; i < scaled(500); ++i) {
            const bool replaces = !orders.empty() && random() % 4 == 0;
            const RandomOrder order = random_order(random);
            HttpRequest request = with_json("POST", checkouts, body_of(order), {{"Prefer", "wait=30"}});
            if (replaces) {
                request.method = "PUT";
                const auto chosen = std::next(orders.begin(), static_cast<std::ptrdiff_t>(random() % orders.size()));
                request.target += "/" + chosen->first;
            }
            const HttpResponse response = connection.ask(request);
            if (order.total > largest_total) {
                EXPECT_TRUE(is_problem(response, 400, {"/items"}));
                ++refused;
                continue;
            }
            ASSERT_EQ(response.status, replaces ? 200 : 201) << response;
            EXPECT_EQ(cents_of(number_at(response.json(), "/order/total_amount")), order.total) << response;
            orders[order_id_in(response)] = order;
        }

        std::string cursor;
        do {
            const documents::Json page = connection.ask(get(std::string(checkouts) + "?limit=97" + cursor)).json();
            for (std::size_t i = 0; i < size_at(page, "/orders"); ++i) {
                const std::string item = "/orders/" + std::to_string(i);
                told[text_at(page, item + "/id")] = cents_of(number_at(page, item + "/total_amount"));
            }
            const bool ends = at(page, "/pagination/next_cursor").is_null();
            cursor = ends ? "" : "&cursor=" + text_at(page, "/pagination/next_cursor");
        } while (!cursor.empty());

        std::map<std::string, std::pair<long long, Cents>> by_currency;
        for (const auto& [id, order] : orders) {
            ++by_currency[order.currency].first;
            by_currency[order.currency].second += order.total;
        }
        const documents::Json statistics = connection.ask(get("/api/v1/statistics")).json();
        EXPECT_EQ(size_at(statistics, "/statistics"), by_currency.size());
        for (std::size_t i = 0; i < size_at(statistics, "/statistics"); ++i) {
            const documents::Json& line = at(statistics, "/statistics/" + std::to_string(i));
            EXPECT_EQ(text_at(line, "/kind"), "checkout");
            EXPECT_EQ(text_at(line, "/status"), "confirmed");
            const auto [count, sum] = by_currency[text_at(line, "/currency")];
            EXPECT_EQ(integer_at(line, "/count"), count);
            EXPECT_EQ(cents_of(number_at(line, "/total_amount")), sum);
            EXPECT_EQ(cents_of(number_at(line, "/avg_amount")), (2 * sum + count) / (2 * count));
        }
        server.program().send_signal(SIGINT);
        EXPECT_EQ(server.stop(), exited(0)) << server.log();
    }
    EXPECT_GT(refused, 0) << "no order was too dear: the test has lost its edge";
    EXPECT_GT(orders.size(), 50U);

    const StoredOrders rows = StoreFile(directory.path()).orders();
    ASSERT_EQ(rows.size(), orders.size());
    ASSERT_EQ(told.size(), orders.size());
    for (const auto& [id, order] : orders) {
        const StoredOrder& row = rows.at(id);
        EXPECT_EQ(told.at(id), order.total) << id;
        EXPECT_EQ(row.cents, order.total) << id;
        EXPECT_EQ(recomputed(row.payload), order.total) << id;
        EXPECT_EQ(row.status, "confirmed");
        EXPECT_EQ(row.processed_version, row.version);
    }
}

}  // namespace

}  // namespace orderstream::e2e
