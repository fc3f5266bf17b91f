#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "documents/generic.h"
#include "order/limits.h"

namespace orderstream::documents {
namespace {

using testing::ElementsAre;

constexpr const char* user = "5F0C1B7A-2f1e-4b6a-9d3c-0a1b2c3d4e5f";

tl::expected<order::Change, Invalid> parse(const std::string& members) {
    return parse_generic_replacement(*parse_json(R"({"user_id":")" + std::string(user) + "\"" + members + "}"));
}

std::vector<std::string> pointers_of(const std::string& body) {
    const auto change = parse_generic_replacement(*parse_json(body));
    EXPECT_FALSE(change) << body;
    std::vector<std::string> pointers;
    if (change) return pointers;
    for (const Problem& problem : change.error().problems) pointers.push_back(problem.pointer);
    return pointers;
}

TEST(GenericReplacement, is_who_and_what) {
    const auto change = parse(R"(,"payload":{"id":"A-1","currency":"EUR","items":[{"price":12.50,"quantity":2}]})");
    ASSERT_TRUE(change);
    EXPECT_EQ(change->kind, order::Kind::generic);
    EXPECT_EQ(change->verb, order::Verb::replace);
    EXPECT_EQ(change->customer_id, "5f0c1b7a-2f1e-4b6a-9d3c-0a1b2c3d4e5f");
    EXPECT_EQ(*change->document.payload, R"({"id":"A-1","currency":"EUR","items":[{"price":12.50,"quantity":2}]})");
    EXPECT_EQ(change->document.external_id, "A-1");
    EXPECT_EQ(change->document.currency, "EUR");
    EXPECT_EQ(change->document.total_amount, order::Money::of_cents(2500));
    EXPECT_FALSE(change->create_hash);
}

TEST(GenericReplacement, takes_the_order_from_elsewhere) {
    const auto change = parse(R"(,"payload":{},"order_id":"no id at all","event_id":5,"status":"deleted")");
    ASSERT_TRUE(change);
    EXPECT_EQ(change->verb, order::Verb::replace);
}

TEST(GenericReplacement, takes_what_older_clients_write) {
    const auto change = parse(R"(,"payload_json":"{\"amount\":5}","external_id":"A-2")");
    ASSERT_TRUE(change);
    EXPECT_EQ(*change->document.payload, R"({"amount":5,"id":"A-2"})");
    EXPECT_EQ(change->document.external_id, "A-2");
}

TEST(GenericReplacement, names_everything_that_is_wrong) {
    EXPECT_THAT(pointers_of("{}"), ElementsAre("/user_id", "/payload"));
    EXPECT_THAT(pointers_of(R"({"user_id":1,"payload":[]})"), ElementsAre("/user_id", "/payload"));
    EXPECT_THAT(pointers_of(R"({"user_id":")" + std::string(user) + R"(","payload":{"amount":"x","currency":"eur"}})"),
                ElementsAre("/payload/amount", "/payload/currency"));
    EXPECT_THAT(pointers_of("[]"), ElementsAre(""));
}

}  // namespace
}  // namespace orderstream::documents
