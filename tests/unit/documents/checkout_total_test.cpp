#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

#include "documents/checkout.h"
#include "documents/pricing.h"
#include "order/limits.h"

namespace orderstream::documents {
namespace {

/// An order of random items, and what it costs in cents by whole numbers alone.
struct RandomOrder {
    std::string body;
    std::int64_t cents = 0;
};

class RandomOrders {
  public:
    explicit RandomOrders(std::uint32_t seed) : random_(seed) {}

    RandomOrder next() {
        RandomOrder order;
        const std::int64_t items = below(20) + 1;
        order.body = R"({"customer_id":"123e4567-e89b-12d3-a456-426614174000","email":"a@b.cd","items":[)";
        for (std::int64_t i = 0; i < items; ++i) {
            const std::int64_t cents = magnitude(order::limits::price_cents_max);
            // Most orders are within the limit; some are far past it.
            const std::int64_t affordable = order::limits::price_cents_max / cents / items + 1;
            const std::int64_t most = below(8) == 0 ? order::limits::quantity_max : affordable;
            const std::int64_t quantity = magnitude(std::min<std::int64_t>(most, order::limits::quantity_max));
            order.cents = std::min(order.cents + product(cents, quantity), order::limits::amount_cents_max);
            order.body += i == 0 ? "" : ",";
            order.body += R"({"product_id":"456e7890-e89b-12d3-a456-426614174001","name":"x","price":)";
            order.body += price(cents) + R"(,"quantity":)" + std::to_string(quantity) + "}";
        }
        order.body += "]}";
        return order;
    }

  private:
    std::int64_t below(std::int64_t bound) {
        return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_);
    }

    /// From 1 to `max`, as often small as large.
    std::int64_t magnitude(std::int64_t max) {
        std::int64_t bound = 1;
        for (std::int64_t digits = below(11); digits > 0 && bound < max; --digits) bound *= 10;
        return below(std::min(bound, max)) + 1;
    }

    static std::int64_t product(std::int64_t cents, std::int64_t quantity) {
        const std::int64_t max = order::limits::amount_cents_max / 100;
        return cents > max / quantity ? max : cents * quantity;
    }

    /// One of the ways to write it.
    std::string price(std::int64_t cents) {
        const std::string whole = std::to_string(cents / 100);
        const std::string rest = std::to_string(100 + cents % 100).substr(1);
        switch (below(3)) {
            case 0: return std::to_string(cents) + "e-2";
            case 1: return whole + "." + rest + "00";
            default: return whole + "." + rest;
        }
    }

    std::mt19937 random_;
};

TEST(CheckoutTotal, agrees_to_the_cent_with_whole_numbers_and_with_the_workers_price) {
    constexpr std::uint32_t seed = 20260131;
    RandomOrders orders(seed);
    order::Uuid7Source item_ids;
    int refused = 0;
    int accepted = 0;
    for (int i = 0; i < 2000; ++i) {
        const RandomOrder order = orders.next();
        auto body = parse_json(order.body);
        ASSERT_TRUE(body) << order.body;
        const auto change = parse_checkout(std::move(*body), order::Verb::create, false, item_ids);
        ASSERT_EQ(change.has_value(), order.cents <= order::limits::price_cents_max) << order.body;
        if (!change) {
            ++refused;
            continue;
        }
        ++accepted;
        EXPECT_EQ(change->document.total_amount.cents(), order.cents) << order.body;
        const auto priced = price(order::Kind::checkout, *change->document.payload);
        ASSERT_TRUE(priced) << priced.error();
        EXPECT_EQ(priced->total_amount, change->document.total_amount) << order.body;

        const auto payload = parse_json(*change->document.payload);
        ASSERT_TRUE(payload);
        std::int64_t item_totals = 0;
        for (const Json& item : *payload->find("items")->as_array()) {
            item_totals += order::parse_money(item.find("total")->as_number()->text).value().cents();
        }
        EXPECT_EQ(item_totals, order.cents) << order.body;
    }
    EXPECT_GT(refused, 500);
    EXPECT_GT(accepted, 500);
}

}  // namespace
}  // namespace orderstream::documents
