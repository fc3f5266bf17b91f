#include "sqlite/checkout_parts.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "documents/json.h"
#include "order/limits.h"
#include "order/money.h"
#include "sqlite/failure.h"

namespace orderstream::sqlite {
namespace {

using documents::Json;
using order::Money;

Failure refusal(const std::string& why) { return {SQLITE_CONSTRAINT, "a checkout " + why}; }

const Json& member(const Json& object, std::string_view name) {
    const Json* found = object.find_given(name);
    if (found == nullptr) throw refusal(fmt::format("without '{}'", name));
    return *found;
}

std::string_view text_of(const Json& object, std::string_view name) {
    const std::string* text = member(object, name).as_string();
    if (text == nullptr) throw refusal(fmt::format("whose '{}' is no text", name));
    return *text;
}

order::Uuid uuid_of(const Json& object, std::string_view name) {
    const std::optional<order::Uuid> uuid = order::parse_uuid(text_of(object, name));
    if (!uuid) throw refusal(fmt::format("whose '{}' is no UUID", name));
    return *uuid;
}

std::string_view number_of(const Json& object, std::string_view name) {
    const Json::Number* number = member(object, name).as_number();
    if (number == nullptr) throw refusal(fmt::format("whose '{}' is no number", name));
    return number->text;
}

Money money_of(const Json& object, std::string_view name) {
    const std::optional<Money> money = order::parse_money(number_of(object, name));
    if (!money) throw refusal(fmt::format("whose '{}' is no amount", name));
    return *money;
}

std::int32_t quantity_of(const Json& object) {
    const std::string_view text = number_of(object, "quantity");
    std::int32_t quantity = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), quantity);
    if (error != std::errc() || end != text.data() + text.size()) throw refusal("whose 'quantity' is no small integer");
    return quantity;
}

Json parse(const order::Document& document) {
    auto json = documents::parse_json(*document.payload);
    if (!json) throw refusal("whose document is no JSON: " + json.error().detail);
    return std::move(*json);
}

}  // namespace

CheckoutParts::CheckoutParts(Connection& writer)
    : insert_item_(writer,
                   "INSERT INTO order_items (seq, position, id, product_id, name, price, quantity) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
      insert_address_(writer,
                      "INSERT INTO order_addresses (seq, type, street, city, state, country, zip_code) "
                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
      delete_items_(writer, "DELETE FROM order_items WHERE seq = ?1"),
      delete_addresses_(writer, "DELETE FROM order_addresses WHERE seq = ?1") {}

void CheckoutParts::insert(Seq seq, const order::Document& document) {
    const Json json = parse(document);
    const Json::Array* items = member(json, "items").as_array();
    if (items == nullptr || items->empty()) throw refusal("without items");

    std::optional<Money> sum = Money();
    std::int64_t position = 0;
    for (const Json& item : *items) {
        const Money price = money_of(item, "price");
        const std::int32_t quantity = quantity_of(item);
        insert_item_.run(seq, position++, uuid_of(item, "id"), uuid_of(item, "product_id"), text_of(item, "name"),
                         price, quantity);
        const std::optional<Money> cost = order::times(price, quantity);
        sum = sum && cost ? order::plus(*sum, *cost) : std::nullopt;
    }
    if (sum != document.total_amount) {
        throw refusal(fmt::format("of {} whose items cost {}", order::to_string(document.total_amount),
                                  sum ? order::to_string(*sum) : "more than any order can"));
    }

    for (const auto& [type, name] : {std::pair{"shipping", "shipping_address"}, {"billing", "billing_address"}}) {
        const Json* address = json.find_given(name);
        if (address == nullptr) continue;
        const bool has_state = address->find_given("state") != nullptr;
        insert_address_.run(seq, std::string_view(type), text_of(*address, "street"), text_of(*address, "city"),
                            has_state ? std::optional(text_of(*address, "state")) : std::nullopt,
                            text_of(*address, "country"), text_of(*address, "zip_code"));
    }
}

void CheckoutParts::replace(Seq seq, const order::Document& document) {
    delete_items_.run(seq);
    delete_addresses_.run(seq);
    insert(seq, document);
}

}  // namespace orderstream::sqlite
