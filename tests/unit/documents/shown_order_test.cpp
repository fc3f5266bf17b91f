#include "documents/shown_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "order/limits.h"

namespace orderstream::documents {
namespace {

using namespace std::chrono_literals;
using order::Kind;
using testing::ElementsAre;

order::Order row_of(Kind kind, const std::string& payload) {
    order::Order row;
    row.id = *order::parse_order_id("0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071");
    row.kind = kind;
    row.customer_id = "owner";
    row.status = order::Status::cancelled;
    row.currency = "EUR";
    row.total_amount = order::Money::of_cents(14997);
    row.payload = std::make_shared<const std::string>(payload);
    row.version = 3;
    row.created_at = order::Time{1'700'000'000'000'001us};
    row.updated_at = order::Time{1'700'000'001'500'000us};
    return row;
}

std::string shown(const order::Order& row) {
    std::string out;
    append_shown_order(out, row);
    return out;
}

std::string item(const order::Order& row) {
    std::string out;
    append_list_item(out, row);
    return out;
}

/// The names in an object, one for each time they are there; the test fails when the text is no JSON.
std::vector<std::string> names_in(const std::string& text) {
    const auto json = parse_json(text, {.bytes = order::limits::page_bytes_max});
    EXPECT_TRUE(json) << text << ": " << json.error().detail;
    std::vector<std::string> names;
    if (!json || json->as_object() == nullptr) return names;
    for (const auto& [name, value] : *json->as_object()) names.push_back(name);
    return names;
}

constexpr const char* shared =
    R"("id":"0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071","kind":"KIND","customer_id":"owner","external_id":null,)"
    R"("status":"cancelled","total_amount":149.97,"currency":"EUR","version":3,)"
    R"("created_at":"2023-11-14T22:13:20.000001Z","updated_at":"2023-11-14T22:13:21.500000Z")";

std::string with_shared(const std::string& kind, const std::string& rest) {
    std::string text = shared;
    text.replace(text.find("KIND"), 4, kind);
    return "{" + text + rest + "}";
}

TEST(ShownOrder, a_checkout_stands_under_order) {
    const std::string text = shown(row_of(Kind::checkout, R"({"customer_id":"owner","email":"a@b.de"})"));
    EXPECT_TRUE(text.starts_with(R"({"order":{"id":"0193d7a0-)")) << text;
    EXPECT_TRUE(text.ends_with(R"("customer_id":"owner","email":"a@b.de"}})")) << text;
    EXPECT_THAT(names_in(text), ElementsAre("order"));
}

TEST(ShownOrder, a_generic_one_has_its_own_shape) {
    EXPECT_THAT(names_in(shown(row_of(Kind::generic, "{}"))),
                ElementsAre("order_id", "user_id", "status", "amount", "currency", "payload", "bucket", "version",
                            "failure_reason", "created_at", "updated_at"));
}

TEST(ShownOrder, a_marketplace_order_is_its_document) {
    EXPECT_EQ(shown(row_of(Kind::marketplace, R"({"order_uid":"b563"})")), R"({"order_uid":"b563"})");
    order::Order row = row_of(Kind::marketplace, "");
    row.payload = nullptr;
    EXPECT_EQ(shown(row), "null");
}

TEST(ListItem, a_generic_payload_is_never_spread) {
    const std::string payload = R"({"id":"cart-1","status":"mine"})";
    order::Order row = row_of(Kind::generic, payload);
    EXPECT_EQ(item(row), with_shared("generic", R"(,"payload":)" + payload));
    row.external_id = "cart-\"1\"";
    EXPECT_NE(item(row).find(R"("external_id":"cart-\"1\"",)"), std::string::npos) << item(row);
}

TEST(ListItem, typed_documents_are_spread_and_say_nothing_twice) {
    const std::string payload =
        R"({"customer_id":"owner","email":"a@b.de","currency":"EUR","items":[{"id":"1","status":202}],)"
        R"("metadata":{"version":"}\"]","n":[]},"shipping_address":null})";
    const std::string rest =
        R"(,"email":"a@b.de","items":[{"id":"1","status":202}],"metadata":{"version":"}\"]","n":[]},)"
        R"("shipping_address":null)";
    EXPECT_EQ(item(row_of(Kind::checkout, payload)), with_shared("checkout", rest));
    EXPECT_EQ(item(row_of(Kind::marketplace, payload)), with_shared("marketplace", rest));
}

TEST(ListItem, reads_documents_as_a_database_prints_them) {
    const std::string payload =
        "{ \"email\" : \"a@b.de\" ,\n \"version\": 17, \"sm_id\": -1.5e3, \"ok\": true, \"s\": [ {\"a\": "
        "\"\\\\\"} , 2 ] }";
    EXPECT_EQ(item(row_of(Kind::marketplace, payload)),
              with_shared("marketplace", R"(,"email":"a@b.de","sm_id":-1.5e3,"ok":true,"s":[ {"a": "\\"} , 2 ])"));
}

TEST(ListItem, leaves_out_no_name_that_only_resembles_a_shared_one) {
    const std::string payload = R"({"ids":1,"i":2,"":3,"i\u0064":4,"Status":5,"order_uid":6})";
    EXPECT_EQ(item(row_of(Kind::marketplace, payload)),
              with_shared("marketplace", "," + payload.substr(1, payload.size() - 2)));
}

TEST(ListItem, is_json_whatever_document_somebody_else_stored) {
    for (const Kind kind : order::all_kinds) {
        for (const char* payload : {"{}", "null", "[1,{\"a\":2}]", "\"text\"", "17"}) {
            EXPECT_FALSE(names_in(item(row_of(kind, payload))).empty()) << payload;
        }
        order::Order row = row_of(kind, "");
        row.payload = nullptr;
        EXPECT_FALSE(names_in(item(row)).empty());
    }
    EXPECT_EQ(item(row_of(Kind::checkout, "[1,2]")), with_shared("checkout", ""));
}

TEST(ListItem, says_why_an_order_failed) {
    order::Order row = row_of(Kind::checkout, R"({"email":"a@b.de"})");
    row.failure_reason = "no \"tea\"";
    EXPECT_NE(item(row).find(R"("version":3,"failure_reason":"no \"tea\"","created_at")"), std::string::npos)
        << item(row);
}

TEST(LooksLike, knows_each_kind_by_its_members) {
    const auto kinds = [](const std::string& body) {
        std::string names;
        for (const Kind kind : order::all_kinds) {
            if (looks_like(kind, *parse_json(body))) names.append(to_string(kind)).append(" ");
        }
        return names;
    };
    EXPECT_EQ(kinds(R"({"user_id":"u","payload":{}})"), "generic ");
    EXPECT_EQ(kinds(R"({"payload_json":"{}"})"), "generic ");
    EXPECT_EQ(kinds(R"({"customer_id":"c","items":[]})"), "checkout ");
    EXPECT_EQ(kinds(R"({"order_uid":"b563","customer_id":"c","items":[]})"), "marketplace ");
    EXPECT_EQ(kinds(R"({"order_uid":null,"items":[]})"), "checkout ");
    EXPECT_EQ(kinds(R"({"user_id":"u","items":[]})"), "generic checkout ");
    EXPECT_EQ(kinds(R"({"status":"deleted"})"), "");
    EXPECT_EQ(kinds("[]"), "");
}

}  // namespace
}  // namespace orderstream::documents
