#include "documents/fields.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "order/limits.h"

namespace orderstream::documents {

namespace {

namespace limits = order::limits;

constexpr std::string_view digits_and_letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view letters = digits_and_letters.substr(10);

bool consists_of(std::string_view text, std::string_view more_than_alphanumeric) {
    return std::ranges::all_of(text, [more_than_alphanumeric](char c) {
        return digits_and_letters.find(c) != std::string_view::npos ||
               more_than_alphanumeric.find(c) != std::string_view::npos;
    });
}

/// ^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$
bool is_email(std::string_view text) {
    const std::size_t at = text.find('@');
    const std::size_t last_dot = text.rfind('.');
    if (at == std::string_view::npos || last_dot == std::string_view::npos || last_dot < at) return false;
    const std::string_view user = text.substr(0, at);
    const std::string_view host = text.substr(at + 1, last_dot - at - 1);
    const std::string_view top = text.substr(last_dot + 1);
    return !user.empty() && consists_of(user, "._%+-") && !host.empty() && consists_of(host, ".-") && top.size() >= 2 &&
           top.find_first_not_of(letters) == std::string_view::npos;
}

std::size_t count_characters(std::string_view utf8) {
    constexpr auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
    return utf8.size() - static_cast<std::size_t>(std::ranges::count_if(utf8, continues));
}

std::string in_words(Length length) {
    const std::string most = std::to_string(length.max) + " characters long";
    return length.min == 0 ? "must be at most " + most : "must be " + std::to_string(length.min) + " to " + most;
}

std::size_t decimals(std::string_view number) {
    const std::size_t point = number.find('.');
    return point == std::string_view::npos ? 0 : number.size() - point - 1;
}

constexpr const char* must_be_more_than_zero = "must be greater than 0";

}  // namespace

Fields::Fields(const Json& object, std::string pointer, Problems& problems)
    : object_(object), pointer_(std::move(pointer)), problems_(problems) {}

void Fields::complain(std::string_view name, std::string detail) {
    problems_.push_back({std::string(pointer_).append(1, '/').append(name), std::move(detail)});
}

std::optional<order::Uuid> Fields::uuid(std::string_view name) {
    const Json* value = required(name);
    if (value == nullptr) return std::nullopt;
    const std::string* text = value->as_string();
    auto uuid = text == nullptr ? std::nullopt : order::parse_uuid(*text);
    if (!uuid) complain(name, "must be a UUID");
    return uuid;
}

const std::string* Fields::text(std::string_view name, Length length) {
    const std::string* text = string(name);
    if (text == nullptr) return nullptr;
    const std::size_t characters = count_characters(*text);
    if (length.min <= characters && characters <= length.max) return text;
    complain(name, in_words(length));
    return nullptr;
}

const std::string* Fields::email(std::string_view name) {
    const std::string* text = string(name);
    if (text == nullptr || (text->size() <= limits::email_bytes && is_email(*text))) return text;
    complain(name, "must be an e-mail address of at most " + std::to_string(limits::email_bytes) + " characters");
    return nullptr;
}

const std::string* Fields::currency(std::string_view name) {
    const std::string* text = string(name);
    if (text == nullptr || order::is_currency(*text)) return text;
    complain(name, "must be three capital letters");
    return nullptr;
}

std::optional<order::Money> Fields::price(std::string_view name) {
    const auto number = this->number(name);
    if (!number) return std::nullopt;
    const auto price = order::parse_money(*number);
    if (number->starts_with('-') || *number == "0") {
        complain(name, must_be_more_than_zero);
    } else if (decimals(*number) > 2) {
        complain(name, "must have at most two decimals");
    } else if (!price || price->cents() > limits::price_cents_max) {
        complain(name, "must be at most " + order::to_string(order::Money::of_cents(limits::price_cents_max)));
    } else {
        return price;
    }
    return std::nullopt;
}

std::optional<std::int32_t> Fields::quantity(std::string_view name) {
    const auto number = this->number(name);
    if (!number) return std::nullopt;
    std::int32_t quantity = 0;
    const bool fits = std::from_chars(number->data(), number->data() + number->size(), quantity).ec == std::errc();
    if (number->starts_with('-') || *number == "0") {
        complain(name, must_be_more_than_zero);
    } else if (decimals(*number) > 0) {
        complain(name, "must be a whole number");
    } else if (!fits) {
        complain(name, "must be at most " + std::to_string(limits::quantity_max));
    } else {
        return quantity;
    }
    return std::nullopt;
}

const Json* Fields::object(std::string_view name) {
    const Json* value = required(name);
    if (value == nullptr || value->as_object() != nullptr) return value;
    complain(name, "must be an object");
    return nullptr;
}

const Json::Array* Fields::list(std::string_view name) {
    const Json* value = required(name);
    if (value == nullptr) return nullptr;
    const Json::Array* list = value->as_array();
    if (list != nullptr && !list->empty()) return list;
    complain(name, "must be an array of at least one item");
    return nullptr;
}

const Json* Fields::required(std::string_view name) {
    const Json* value = object_.find_given(name);
    if (value == nullptr) complain(name, "is required");
    return value;
}

const std::string* Fields::string(std::string_view name) {
    const Json* value = required(name);
    if (value == nullptr) return nullptr;
    const std::string* text = value->as_string();
    if (text == nullptr) complain(name, "must be a string");
    return text;
}

std::optional<std::string_view> Fields::number(std::string_view name) {
    const Json* value = required(name);
    if (value == nullptr) return std::nullopt;
    if (const Json::Number* number = value->as_number()) return without_needless_zeros(*number);
    complain(name, "must be a number");
    return std::nullopt;
}

}  // namespace orderstream::documents
