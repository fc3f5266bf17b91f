#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "documents/checkout.h"

namespace orderstream::documents {
namespace {

using namespace std::chrono_literals;

/// What a store has of the order that the originals' documentation shows.
order::Order some_order() {
    order::Uuid7Source item_ids([] { return order::Time(1ms); }, [] { return std::uint64_t{0}; });
    auto body = parse_json(R"({
        "customer_id": "123e4567-e89b-12d3-a456-426614174000", "email": "customer@example.com",
        "items": [{"product_id": "456e7890-e89b-12d3-a456-426614174001", "name": "Test Product", "price": 49.99,
                   "quantity": 3}],
        "metadata": {"source": "web"},
        "shipping_address": {"street": "Main St, 1", "city": "Minsk", "country": "BY", "zip_code": "220030"}})");
    auto change = parse_checkout(std::move(*body), order::Verb::create, false, item_ids);
    EXPECT_TRUE(change);
    order::Order order;
    order.id = *order::parse_order_id("0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071");
    order.kind = order::Kind::checkout;
    order.customer_id = change->customer_id;
    order.email = change->document.email;
    order.status = order::Status::pending;
    order.currency = change->document.currency;
    order.total_amount = change->document.total_amount;
    order.payload = change->document.payload;
    order.version = 1;
    order.created_at = order::Time{1'700'000'000'000'001us};
    order.updated_at = order::Time{1'700'000'001'500'000us};
    return order;
}

std::string rendered(const order::Order& order) {
    std::string out;
    append_checkout_order(out, order);
    return out;
}

TEST(CheckoutOrder, is_rendered_as_the_reference_says) {
    EXPECT_EQ(rendered(some_order()),
              R"({"id":"0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071","status":"pending","total_amount":149.97,)"
              R"("created_at":"2023-11-14T22:13:20.000001Z","updated_at":"2023-11-14T22:13:21.500000Z",)"
              R"("customer_id":"123e4567-e89b-12d3-a456-426614174000","email":"customer@example.com",)"
              R"("currency":"USD","items":[{"id":"00000000-0001-7000-8000-000000000000",)"
              R"("product_id":"456e7890-e89b-12d3-a456-426614174001","name":"Test Product","price":49.99,)"
              R"("quantity":3,"total":149.97}],"metadata":{"source":"web"},)"
              R"("shipping_address":{"street":"Main St, 1","city":"Minsk","country":"BY","zip_code":"220030"},)"
              R"("billing_address":null})");
}

TEST(CheckoutOrder, shows_why_it_failed) {
    order::Order order = some_order();
    order.status = order::Status::failed;
    order.failure_reason = "no \"tea\"\n";
    const auto value = parse_json(rendered(order));
    ASSERT_TRUE(value) << value.error().detail;
    EXPECT_EQ(*value->find("status")->as_string(), "failed");
    EXPECT_EQ(*value->find("failure_reason")->as_string(), "no \"tea\"\n");
    EXPECT_EQ(value->as_object()->size(), 13U);
}

TEST(CheckoutOrder, shows_the_amount_of_its_row) {
    order::Order order = some_order();
    order.total_amount = order::Money::of_cents(19996);
    const auto value = parse_json(rendered(order));
    ASSERT_TRUE(value) << value.error().detail;
    EXPECT_EQ(value->find("total_amount")->as_number()->text, "199.96");
}

TEST(CheckoutOrder, is_json_whatever_document_somebody_else_stored) {
    order::Order order = some_order();
    for (const auto* payload : {"{}", R"({"email":null})"}) {
        order.payload = std::make_shared<const std::string>(payload);
        EXPECT_TRUE(parse_json(rendered(order))) << rendered(order);
    }
    order.payload.reset();
    EXPECT_TRUE(parse_json(rendered(order))) << rendered(order);
}

TEST(CheckoutOrder, is_appended_to_what_is_there) {
    std::string out = R"({"order":)";
    append_checkout_order(out, some_order());
    EXPECT_TRUE(out.starts_with(R"({"order":{"id":"0193d7a0-)")) << out;
}

}  // namespace
}  // namespace orderstream::documents
