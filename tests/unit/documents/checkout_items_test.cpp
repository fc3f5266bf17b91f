#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <utility>

#include "order/limits.h"
#include "unit/documents/checkout_bodies.h"

namespace orderstream::documents {
namespace {

namespace limits = order::limits;
using testing::ElementsAre;

// --- prices --------------------------------------------------------------------------------------------------------

TEST(CheckoutItems, takes_exact_prices_of_two_decimals) {
    const std::tuple<const char*, const char*, std::int64_t> cases[] = {
        {"49.99", "49.99", 4999},
        {"0.01", "0.01", 1},
        {"1e-2", "0.01", 1},
        {"49.990000", "49.99", 4999},
        {"10", "10", 1000},
        {"10.0", "10", 1000},
        {"0.1", "0.1", 10},
        {"1.5e1", "15", 1500},
        {"99999999.99", "99999999.99", 9'999'999'999},
        {"9999999999e-2", "99999999.99", 9'999'999'999},
    };
    for (const auto& [price, written, cents] : cases) {
        const std::string body = order_of_item(
            object_of({{"product_id", product}, {"name", R"("Tea")"}, {"price", price}, {"quantity", "1"}}));
        EXPECT_EQ(stored_in_item(body, "price"), written);
        EXPECT_EQ(stored_in_item(body, "total"), written);
        EXPECT_EQ(accepted(body).document.total_amount, order::Money::of_cents(cents)) << price;
    }
}

TEST(CheckoutItems, refuses_other_prices) {
    const std::pair<const char*, const char*> cases[] = {
        {"0", "must be greater than 0"},
        {"-0", "must be greater than 0"},
        {"0.00", "must be greater than 0"},
        {"-0.01", "must be greater than 0"},
        {"-1e300", "must be greater than 0"},
        {"0.001", "must have at most two decimals"},
        {"49.999", "must have at most two decimals"},
        {"1e-300", "must have at most two decimals"},
        {"99999999.991", "must have at most two decimals"},
        {"100000000", "must be at most 99999999.99"},
        {"100000000.00", "must be at most 99999999.99"},
        {"99999999999999999999.99", "must be at most 99999999.99"},
        {"1e308", "must be at most 99999999.99"},
        {R"("49.99")", "must be a number"},
        {"true", "must be a number"},
        {"[]", "must be a number"},
        {"null", "is required"},
    };
    for (const auto& [price, detail] : cases) {
        EXPECT_THAT(refused(item_with("price", price)).problems, ElementsAre(IsProblem("/items/0/price", detail)))
            << price;
    }
}

TEST(CheckoutItems, takes_whole_quantities) {
    for (const auto& [quantity, written] :
         {std::pair{"1", "1"}, {"3", "3"}, {"3.00", "3"}, {"2e3", "2000"}, {"2000000", "2000000"}}) {
        EXPECT_EQ(stored_in_item(item_with("quantity", quantity), "quantity"), written);
    }
    const std::pair<const char*, const char*> cases[] = {
        {"0", "must be greater than 0"},         {"-1", "must be greater than 0"},
        {"-0.5", "must be greater than 0"},      {"0.5", "must be a whole number"},
        {"1.0000001", "must be a whole number"}, {"2147483648", "must be at most 2147483647"},
        {"1e308", "must be at most 2147483647"}, {R"("3")", "must be a number"},
        {"false", "must be a number"},           {"null", "is required"},
    };
    for (const auto& [quantity, detail] : cases) {
        EXPECT_THAT(refused(item_with("quantity", quantity)).problems,
                    ElementsAre(IsProblem("/items/0/quantity", detail)))
            << quantity;
    }
}

TEST(CheckoutItems, has_a_total_of_at_most_99999999_99) {
    for (const std::string& items :
         {priced("99999999.99", "1"), priced("0.01", "2147483647") + "," + priced("78525163.52", "1"),
          priced("33333333.33", "3"), priced("99999999.98", "1") + "," + priced("0.01", "1")}) {
        EXPECT_EQ(accepted(order_of_item(items)).document.total_amount.cents(), limits::price_cents_max) << items;
    }
    for (const std::string& items :
         {priced("99999999.99", "1") + "," + priced("0.01", "1"), priced("50000000", "2"),
          priced("99999999.99", "2147483647"), priced("0.01", "2147483647") + "," + priced("78525163.53", "1"),
          priced("99999999.99", "2147483647") + "," + priced("99999999.99", "2147483647")}) {
        EXPECT_THAT(refused(order_of_item(items)).problems,
                    ElementsAre(IsProblem("/items", "the total must be at most 99999999.99")))
            << items;
    }
}

TEST(CheckoutItems, names_a_total_too_large_beside_other_problems) {
    const std::string items = "[" + priced("50000000", "2") + "," + priced("0", "1") + "]";
    EXPECT_THAT(refused(object_of({{"customer_id", customer}, {"email", "5"}, {"items", items}})).problems,
                ElementsAre(IsProblem("/email", "must be a string"), IsProblem("/items/1/price", "greater than 0"),
                            IsProblem("/items", "the total must be at most")));
}

TEST(CheckoutItems, has_at_least_one_item) {
    for (const auto* items : {"[]", "{}", "5", R"("tea")", R"({"0":{}})"}) {
        EXPECT_THAT(refused(order_with("items", items)).problems,
                    ElementsAre(IsProblem("/items", "must be an array of at least one item")))
            << items;
    }
    EXPECT_THAT(refused(order_with("items", "null")).problems, ElementsAre(IsProblem("/items", "is required")));
    EXPECT_THAT(refused(order_with("items", "[null]")).problems,
                ElementsAre(IsProblem("/items/0", "must be an object")));
}

}  // namespace
}  // namespace orderstream::documents
