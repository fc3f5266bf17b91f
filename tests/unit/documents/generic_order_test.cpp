#include <gtest/gtest.h>

#include <memory>

#include "documents/generic.h"

namespace orderstream::documents {
namespace {

using namespace std::chrono_literals;

order::Order some_order() {
    order::Order order;
    order.id = *order::parse_order_id("0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071");
    order.customer_id = "5f0c1b7a-2f1e-4b6a-9d3c-0a1b2c3d4e5f";
    order.status = order::Status::done;
    order.currency = "EUR";
    order.total_amount = order::Money::of_cents(2999);
    order.payload = std::make_shared<const std::string>(R"({"id":"A-1","amount":29.990})");
    order.version = 2;
    order.created_at = order::Time{1'700'000'000'000'001us};
    order.updated_at = order::Time{1'700'000'001'500'000us};
    return order;
}

std::string rendered(const order::Order& order) {
    std::string out;
    append_generic_order(out, order);
    return out;
}

TEST(GenericOrder, is_rendered_as_the_reference_says) {
    EXPECT_EQ(rendered(some_order()),
              R"({"order_id":"0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071","user_id":"5f0c1b7a-2f1e-4b6a-9d3c-0a1b2c3d4e5f",)"
              R"("status":"done","amount":29.99,"currency":"EUR","payload":{"id":"A-1","amount":29.990},"bucket":1,)"
              R"("version":2,"failure_reason":null,"created_at":"2023-11-14T22:13:20.000001Z",)"
              R"("updated_at":"2023-11-14T22:13:21.500000Z"})");
}

TEST(GenericOrder, shows_why_it_failed) {
    order::Order order = some_order();
    order.status = order::Status::failed;
    order.failure_reason = "no \"price\"\n";
    order.total_amount = order::Money();
    const auto value = parse_json(rendered(order));
    ASSERT_TRUE(value) << value.error().detail;
    EXPECT_EQ(*value->find("failure_reason")->as_string(), "no \"price\"\n");
    EXPECT_EQ(*value->find("status")->as_string(), "failed");
    EXPECT_EQ(value->find("amount")->as_number()->text, "0");
}

TEST(GenericOrder, is_appended_to_what_is_there) {
    std::string out = "HTTP/1.1 200 OK\r\n\r\n";
    append_generic_order(out, some_order());
    EXPECT_TRUE(out.starts_with("HTTP/1.1 200 OK\r\n\r\n{\"order_id\""));
}

TEST(GenericOrder, is_json_whatever_its_customer_is_called) {
    order::Order order = some_order();
    order.customer_id = "a\"b\\c";
    order.payload.reset();
    const auto value = parse_json(rendered(order));
    ASSERT_TRUE(value) << value.error().detail;
    EXPECT_EQ(*value->find("user_id")->as_string(), "a\"b\\c");
    EXPECT_TRUE(value->find("payload")->is_null());
    EXPECT_EQ(value->as_object()->size(), 11U);
}

}  // namespace
}  // namespace orderstream::documents
