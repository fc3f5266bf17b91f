#include "documents/pricing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "order/limits.h"

namespace orderstream::documents {
namespace {

using order::Kind;
using testing::ElementsAre;

MATCHER_P2(IsProblem, pointer, detail, "") {
    *result_listener << arg.pointer << ": " << arg.detail;
    return arg.pointer == pointer && testing::Value(arg.detail, testing::HasSubstr(detail));
}

Json parsed(std::string_view text) {
    auto value = parse_json(text);
    EXPECT_TRUE(value) << text << ": " << value.error().detail;
    return value.value_or(Json());
}

/// "29.99 EUR", or the first problem.
std::string price_of(Kind kind, std::string_view text) {
    const auto priced = price(kind, text);
    return priced ? to_string(priced->total_amount) + " " + priced->currency : priced.error();
}

TEST(GenericPrice, is_the_amount_or_the_sum_of_the_items_or_zero) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {R"({})", "0 USD"},
        {R"({"note":"x"})", "0 USD"},
        {R"({"amount":49.99})", "49.99 USD"},
        {R"({"amount":"49.99"})", "49.99 USD"},
        {R"({"amount":"1e2"})", "100 USD"},
        {R"({"amount":0})", "0 USD"},
        {R"({"amount":-0})", "0 USD"},
        {R"({"amount":0.005})", "0.01 USD"},
        {R"({"amount":7,"items":[{"price":1}]})", "7 USD"},
        {R"({"amount":7,"items":[{"price":"unread"}]})", "7 USD"},
        {R"({"amount":null,"items":[{"price":1}]})", "1 USD"},
        {R"({"items":[]})", "0 USD"},
        {R"({"items":[{"price":12.5,"quantity":2},{"price":"4.99"}]})", "29.99 USD"},
        {R"({"items":[{"price":3,"qty":4}]})", "12 USD"},
        {R"({"items":[{"price":3,"quantity":2,"qty":4}]})", "6 USD"},
        {R"({"items":[{"price":3,"quantity":null,"qty":4}]})", "12 USD"},
        {R"({"items":[{"price":3,"quantity":"2"}]})", "6 USD"},
        {R"({"items":[{"price":3,"quantity":0}]})", "0 USD"},
        {R"({"items":[{"price":3,"quantity":0.5}]})", "1.5 USD"},
        {R"({"items":[{"quantity":3},{"price":null},{"price":2}]})", "2 USD"},
        {R"({"items":[1,"x",null,[],{"price":2}]})", "2 USD"},
        {R"({"items":[{"price":10},{"price":-2.5}]})", "7.5 USD"},
        {R"({"items":[{"price":0.001,"quantity":3},{"price":0.002}]})", "0.01 USD"},
        {R"({"items":[{"price":0.1},{"price":0.2}]})", "0.3 USD"},
        {R"({"items":{"price":5}})", "0 USD"},
        {R"({"items":"none"})", "0 USD"},
        {R"({"items":null})", "0 USD"},
        {R"({"amount":1,"currency":"EUR"})", "1 EUR"},
        {R"({"amount":1,"currency":null})", "1 USD"},
        {R"({"amount":9999999999999999.99})", "9999999999999999.99 USD"},
        {R"({"items":[{"price":"1e308","quantity":"1e-308"}]})", "1 USD"},
        {R"([])", "0 USD"},
    };
    for (const auto& [payload, expected] : cases) {
        EXPECT_EQ(price_of(Kind::generic, payload), expected) << payload;
    }
}

TEST(GenericPrice, names_every_problem_by_its_pointer) {
    const auto priced = price_generic(parsed(R"({"currency":"euro","items":[{"price":"x"},{"price":1,"quantity":true},
                                                 {"price":[],"qty":{}},{"price":1}]})"),
                                      "/payload");
    ASSERT_FALSE(priced);
    EXPECT_THAT(priced.error(), ElementsAre(IsProblem("/payload/items/0/price", "must be a number"),
                                            IsProblem("/payload/items/1/quantity", "must be a number"),
                                            IsProblem("/payload/items/2/price", "must be a number"),
                                            IsProblem("/payload/items/2/qty", "must be a number"),
                                            IsProblem("/payload/currency", "three capital letters")));
}

TEST(GenericPrice, is_a_number_or_a_numeric_text) {
    for (
        const auto* amount :
        {R"("")", R"("abc")", R"("1,5")", R"(" 1")", R"("1e999")", R"("0x10")", "true", "[]", "{}",
         R"("9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999")"}) {
        const auto priced = price_generic(parsed(std::string(R"({"amount":)") + amount + "}"), "");
        ASSERT_FALSE(priced) << amount;
        EXPECT_THAT(priced.error(), ElementsAre(IsProblem("/amount", "must be a number"))) << amount;
    }
}

TEST(GenericPrice, is_not_negative_and_below_1e16) {
    const std::tuple<const char*, const char*, const char*> cases[] = {
        {R"({"amount":-0.001})", "/amount", "must not be negative"},
        {R"({"amount":-1e308})", "/amount", "must not be negative"},
        {R"({"amount":1e16})", "/amount", "must be less than"},
        {R"({"amount":9999999999999999.995})", "/amount", "must be less than"},
        {R"({"items":[{"price":1},{"price":-2}]})", "/items", "must not be negative"},
        {R"({"items":[{"price":1e15,"quantity":10}]})", "/items", "must be less than"},
        {R"({"items":[{"price":1e308,"quantity":1e308}]})", "/items", "must be less than"},
    };
    for (const auto& [payload, pointer, detail] : cases) {
        const auto priced = price_generic(parsed(payload), "");
        ASSERT_FALSE(priced) << payload;
        EXPECT_THAT(priced.error(), ElementsAre(IsProblem(pointer, detail))) << payload;
    }
}

TEST(GenericPrice, wants_three_capitals_for_a_currency) {
    for (const auto* currency : {R"("")", R"("usd")", R"("EURO")", "840", "true", "[]"}) {
        const auto priced = price_generic(parsed(std::string(R"({"currency":)") + currency + "}"), "");
        ASSERT_FALSE(priced) << currency;
        EXPECT_THAT(priced.error(), ElementsAre(IsProblem("/currency", "three capital letters"))) << currency;
    }
}

TEST(MarketplacePrice, is_what_was_paid) {
    EXPECT_EQ(price_of(Kind::marketplace, R"({"payment":{"amount":1817,"currency":"USD"},"items":[{"price":5}]})"),
              "1817 USD");
    EXPECT_EQ(price_of(Kind::marketplace, R"({"payment":{"amount":10.5,"currency":"RUB"}})"), "10.5 RUB");
    EXPECT_EQ(price_of(Kind::marketplace, R"({})"), "/payment/amount: is required; /payment/currency: is required");
    EXPECT_EQ(price_of(Kind::marketplace, R"({"payment":{"amount":"x","currency":"rub"}})"),
              "/payment/amount: must be a number; /payment/currency: must be three capital letters");
}

TEST(CheckoutPrice, is_the_sum_of_the_items) {
    EXPECT_EQ(price_of(Kind::checkout, R"({"items":[{"price":12.5,"quantity":2},{"price":4.99,"quantity":1}]})"),
              "29.99 USD");
    EXPECT_EQ(price_of(Kind::checkout, R"({"currency":"EUR","items":[{"price":1,"quantity":3}]})"), "3 EUR");
    EXPECT_EQ(price_of(Kind::checkout, R"({"amount":5})"), "/items: must be an array");
}

TEST(Price, of_a_text_that_is_no_document_has_a_reason) {
    EXPECT_EQ(price_of(Kind::generic, "{"), "not JSON: it ends too early at byte 1");
}

TEST(Price, names_only_the_first_problems_in_its_sentence) {
    EXPECT_EQ(
        price_of(
            Kind::generic,
            R"({"items":[{"price":""},{"price":""},{"price":""},{"price":""},{"price":""},{"price":""},{"price":""}]})"),
        "/items/0/price: must be a number; /items/1/price: must be a number; /items/2/price: must be a number; "
        "/items/3/price: must be a number; /items/4/price: must be a number; and 2 more");
}

/// A mebibyte of the worst items takes milliseconds; the bound allows for sanitizers on a busy machine.
TEST(Price, of_the_worst_documents_has_a_bounded_cost) {
    const std::string hundred(100, '7');
    const std::string items[] = {
        R"({"price":1})",
        R"({"price":"1e-308","qty":"1e-308"})",
        R"({"price":"1e308","qty":"1e-308"})",
        R"({"price":0.)" + hundred + R"(,"qty":0.)" + hundred + "}",
        R"({"price":")" + hundred + R"(e-308","qty":")" + hundred + R"(e-308"})",
    };
    for (const std::string& item : items) {
        std::string text = R"({"items":[{"price":"1e-308"},)";
        while (text.size() + item.size() + 3 < order::limits::body_bytes) {
            text += item + ",";
        }
        text.back() = ']';
        const auto start = std::chrono::steady_clock::now();
        EXPECT_TRUE(price(Kind::generic, text + "}")) << item;
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << item;
    }
}

}  // namespace
}  // namespace orderstream::documents
