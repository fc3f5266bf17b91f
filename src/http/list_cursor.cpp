#include "http/list_cursor.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "documents/json.h"
#include "documents/sha256.h"

namespace orderstream::http {
namespace {

constexpr std::string_view format_version = "1";
constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t cursor_bytes_max = 256;
constexpr std::size_t check_bytes = 8;  // against mistakes, not against malice

std::string encode(std::string_view bytes) {
    std::string text;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char byte : bytes) {
        bits = bits << 8U | static_cast<unsigned char>(byte);
        for (held += 8; held >= 6;) {
            held -= 6;
            text += base64url[bits >> held & 0x3FU];
        }
    }
    if (held > 0) text += base64url[bits << (6 - held) & 0x3FU];
    return text;
}

std::optional<std::string> decode(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const std::size_t digit = base64url.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        bits = bits << 6U | static_cast<std::uint32_t>(digit);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes += static_cast<char>(bits >> held & 0xFFU);
        }
    }
    return bytes;
}

/// The same text for the same listing, another for every other.
std::string text_of(const ports::OrderFilter& filter, const ports::OrderSort& sort) {
    std::string text;
    const auto add = [&text](std::string_view name, const std::optional<std::string>& value) {
        if (!value) return;
        text.append(name).append("=");
        documents::append_json_string(text, *value);
    };
    const auto named = [](const auto& value) {
        return value ? std::optional<std::string>(to_string(*value)) : std::nullopt;
    };
    const auto timed = [](const std::optional<order::Time>& time) {
        return time ? std::optional(order::to_rfc3339(*time)) : std::nullopt;
    };
    add("kind", named(filter.kind));
    add("customer_id", filter.customer_id);
    add("status", named(filter.status));
    std::optional<std::string> email = filter.email;
    if (email)
        std::ranges::transform(*email, email->begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    add("email", email);
    add("currency", filter.currency);
    add("min_amount", named(filter.min_amount));
    add("max_amount", named(filter.max_amount));
    add("from", timed(filter.created_from));
    add("to", timed(filter.created_to));
    add("sort", std::to_string(static_cast<int>(sort.key)));
    add("order", sort.descending ? "desc" : "asc");
    return text;
}

struct KeyText {
    std::string operator()(order::Time time) const { return order::to_rfc3339(time); }
    std::string operator()(order::Money money) const { return order::to_string(money); }
    std::string operator()(order::Status status) const { return std::string(order::to_string(status)); }
};

template <class Key>
std::optional<decltype(ports::ListPosition::key)> as_key(const std::optional<Key>& key) {
    if (!key) return std::nullopt;
    return *key;
}

std::optional<decltype(ports::ListPosition::key)> parse_key(std::string_view text, ports::SortKey sorted_by) {
    switch (sorted_by) {
        case ports::SortKey::created_at:
        case ports::SortKey::updated_at: return as_key(order::parse_rfc3339(text));
        case ports::SortKey::total_amount: return as_key(order::parse_money(text));
        case ports::SortKey::status: return as_key(order::parse_status(text));
    }
    return std::nullopt;
}

std::string check_value(const ports::OrderFilter& filter, const ports::OrderSort& sort, std::string_view position) {
    const order::Sha256 hash = documents::sha256(text_of(filter, sort) + "\n" + std::string(position));
    return {hash.begin(), hash.begin() + check_bytes};
}

std::string_view cut_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    return word;
}

}  // namespace

std::string make_cursor(const ports::OrderFilter& filter, const ports::OrderSort& sort,
                        const ports::ListPosition& position) {
    const std::string text =
        std::string(format_version) + " " + std::visit(KeyText(), position.key) + " " + order::to_string(position.id);
    return encode(check_value(filter, sort, text) + text);
}

std::optional<ports::ListPosition> parse_cursor(std::string_view cursor, const ports::OrderFilter& filter,
                                                const ports::OrderSort& sort) {
    if (cursor.size() > cursor_bytes_max) return std::nullopt;
    const std::optional<std::string> bytes = decode(cursor);
    // The last character may hold bits that stand for nothing: only one text of the many is ours.
    if (!bytes || bytes->size() < check_bytes || encode(*bytes) != cursor) return std::nullopt;
    std::string_view text = std::string_view(*bytes).substr(check_bytes);
    if (bytes->substr(0, check_bytes) != check_value(filter, sort, text)) return std::nullopt;

    if (cut_word(text) != format_version) return std::nullopt;
    const auto key = parse_key(cut_word(text), sort.key);
    const std::optional<order::OrderId> id = order::parse_order_id(text);
    if (!key || !id) return std::nullopt;
    return ports::ListPosition{*key, *id};
}

}  // namespace orderstream::http
