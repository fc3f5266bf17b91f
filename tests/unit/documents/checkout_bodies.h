#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "documents/checkout.h"

// What the tests of checkout requests share: bodies that are good but for one thing, and what becomes of them.

namespace orderstream::documents {

inline constexpr const char* customer = R"("123e4567-e89b-12d3-a456-426614174000")";
inline constexpr const char* product = R"("456e7890-e89b-12d3-a456-426614174001")";
inline constexpr const char* email = R"("customer@example.com")";

MATCHER_P2(IsProblem, pointer, detail, "") {
    *result_listener << arg.pointer << ": " << arg.detail;
    return arg.pointer == pointer && testing::Value(arg.detail, testing::HasSubstr(detail));
}

using Members = std::vector<std::pair<std::string, std::string>>;

/// {"name": text, ...}; a member whose text is empty is left out.
inline std::string object_of(const Members& members) {
    std::string text = "{";
    for (const auto& [name, value] : members) {
        if (value.empty()) continue;
        if (text.size() > 1) text += ',';
        text += "\"" + name + "\":" + value;
    }
    return text + "}";
}

/// What is good, with one member as told.
inline std::string with(Members members, const std::string& name, const std::string& value) {
    for (auto& member : members) {
        if (member.first == name) {
            member.second = value;
            return object_of(members);
        }
    }
    members.emplace_back(name, value);
    return object_of(members);
}

inline Members good_item() {
    return {{"product_id", product}, {"name", R"("Tea")"}, {"price", "49.99"}, {"quantity", "3"}};
}
inline Members good_order() {
    return {{"customer_id", customer}, {"email", email}, {"items", "[" + object_of(good_item()) + "]"}};
}
inline Members good_address() {
    return {{"street", R"("Main St, 1")"},
            {"city", R"("Minsk")"},
            {"state", R"("MI")"},
            {"country", R"("BY")"},
            {"zip_code", R"("220030")"}};
}

inline std::string order_with(const std::string& name, const std::string& value) {
    return with(good_order(), name, value);
}
inline std::string order_of_item(const std::string& item) { return order_with("items", "[" + item + "]"); }
inline std::string item_with(const std::string& name, const std::string& value) {
    return order_of_item(with(good_item(), name, value));
}
inline std::string priced(const std::string& price, const std::string& quantity) {
    return object_of({{"product_id", product}, {"name", R"("Tea")"}, {"price", price}, {"quantity", quantity}});
}
inline std::string quoted(const std::string& text) { return "\"" + text + "\""; }
inline std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

inline tl::expected<order::Change, Invalid> parse(const std::string& body, order::Verb verb = order::Verb::create,
                                                  bool want_hash = false) {
    static order::Uuid7Source item_ids;
    auto json = parse_json(body);
    EXPECT_TRUE(json) << body << ": " << json.error().detail;
    return parse_checkout(std::move(json).value_or(Json()), verb, want_hash, item_ids);
}

inline order::Change accepted(const std::string& body, order::Verb verb = order::Verb::create, bool want_hash = false) {
    auto change = parse(body, verb, want_hash);
    if (change) return std::move(*change);
    const Problems& problems = change.error().problems;
    ADD_FAILURE() << body.substr(0, 300) << ": " << change.error().detail
                  << (problems.empty() ? "" : ", " + problems[0].pointer + " " + problems[0].detail);
    order::Change none;
    none.document.payload = std::make_shared<const std::string>("null");
    return none;
}

inline Invalid refused(const std::string& body) {
    auto change = parse(body);
    EXPECT_FALSE(change) << body.substr(0, 300);
    return change ? Invalid{} : change.error();
}

inline Json stored(const std::string& body) {
    auto payload = parse_json(*accepted(body).document.payload);
    EXPECT_TRUE(payload) << payload.error().detail;
    return std::move(payload).value_or(Json());
}

/// A member of the only item, as JSON text.
inline std::string stored_in_item(const std::string& body, std::string_view name) {
    const Json payload = stored(body);
    const Json* items = payload.find("items");
    const Json* member = items == nullptr ? nullptr : items->as_array()->at(0).find(name);
    return member == nullptr ? "none" : render_json(*member);
}

inline std::string stored_member(const std::string& body, std::string_view name) {
    const Json payload = stored(body);
    const Json* member = payload.find(name);
    return member == nullptr ? "none" : render_json(*member);
}

}  // namespace orderstream::documents
