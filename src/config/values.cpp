#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace orderstream::config {
namespace {

using std::chrono::milliseconds;

struct Unit {
    std::string_view suffix;
    milliseconds length;
};
// Longest first: what is written in a unit is read in it.
constexpr std::array<Unit, 4> units{{{"h", std::chrono::hours(1)},
                                     {"m", std::chrono::minutes(1)},
                                     {"s", std::chrono::seconds(1)},
                                     {"ms", milliseconds(1)}}};

constexpr std::size_t topic_bytes_max = 249;  // Kafka's own limit: a topic is a part of a file name

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

template <class T>
std::optional<T> parse_integer(std::string_view text, T min, T max) {
    T number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < min || number > max) return std::nullopt;
    return number;
}

std::optional<milliseconds> parse_duration(std::string_view text) {
    constexpr std::int64_t number_max = 1'000'000'000;  // keeps the sums far from overflow
    if (const auto seconds = parse_integer<std::int64_t>(text, 0, number_max)) return std::chrono::seconds(*seconds);

    milliseconds total{};
    std::size_t parts = 0;
    while (!text.empty()) {
        const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        const auto number = parse_integer<std::int64_t>(text.substr(0, digits), 0, number_max);
        text.remove_prefix(digits);
        const std::size_t letters = std::min(text.find_first_of("0123456789"), text.size());
        const auto unit = std::ranges::find(units, text.substr(0, letters), &Unit::suffix);
        text.remove_prefix(letters);
        if (!number || unit == units.end() || ++parts > units.size()) return std::nullopt;
        total += *number * unit->length;
    }
    return parts == 0 ? std::nullopt : std::optional(total);
}

bool is_host(std::string_view text) {
    if (text.starts_with('[')) return text.ends_with(']') && text.size() > 2;
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

bool is_host_and_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || text.ends_with(']')) return is_host(text);
    return is_host(text.substr(0, colon)) && parse_integer<std::uint16_t>(text.substr(colon + 1), 1, 65535);
}

bool is_broker(std::string_view text) {
    const std::size_t scheme = text.find("://");
    return is_host_and_port(scheme == std::string_view::npos ? text : text.substr(scheme + 3));
}

bool are_brokers(std::string_view text) {
    while (true) {
        const std::size_t comma = text.find(',');
        if (!is_broker(text.substr(0, comma))) return false;
        if (comma == std::string_view::npos) return true;
        text.remove_prefix(comma + 1);
    }
}

bool is_postgres_dsn(std::string_view text) {
    return text.starts_with("postgres://") || text.starts_with("postgresql://") ||
           text.find('=') != std::string_view::npos;
}

bool is_topic(std::string_view text) {
    return !text.empty() && text.size() <= topic_bytes_max && text != "." && text != ".." &&
           std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

ValueType<std::string> checked_text(std::string allowed, bool (*is_allowed)(std::string_view)) {
    return {std::move(allowed), [is_allowed](std::string_view text) {
                return is_allowed(text) ? std::optional<std::string>(text) : std::nullopt;
            }};
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

ValueType<std::string> any_text(std::string allowed) {
    return checked_text(std::move(allowed), [](std::string_view) { return true; });
}

ValueType<std::string> host() {
    // Unlike in front of a port, an IPv6 address stands without brackets here.
    return checked_text("a host name or an IP address", [](std::string_view text) {
        return is_host(text) || (text.find(':') != std::string_view::npos &&
                                 text.find_first_not_of("0123456789abcdefABCDEF:.%") == std::string_view::npos);
    });
}

ValueType<std::string> host_and_port() { return checked_text("host or host:port", is_host_and_port); }

ValueType<std::string> brokers() { return checked_text("host:port, several separated by commas", are_brokers); }

ValueType<std::string> postgres_dsn() {
    return checked_text("postgresql://user:password@host:port/database, or host=... dbname=...", is_postgres_dsn);
}

ValueType<std::string> topic() {
    return checked_text("the name of a topic: at most 249 letters, digits, dots, dashes and underscores", is_topic);
}

ValueType<std::uint16_t> port(std::uint16_t min) {
    return {"a port from " + std::to_string(min) + " to 65535",
            [min](std::string_view text) { return parse_integer<std::uint16_t>(text, min, 65535); }};
}

ValueType<int> whole_number(int min, int max) {
    return {"a whole number from " + std::to_string(min) + " to " + std::to_string(max),
            [min, max](std::string_view text) { return parse_integer<int>(text, min, max); }};
}

ValueType<bool> yes_or_no() {
    return {"true or false (also yes, no, on, off, 1, 0)", [](std::string_view text) -> std::optional<bool> {
                for (const std::string_view word : {"true", "yes", "on", "1"})
                    if (same_word(word, text)) return true;
                for (const std::string_view word : {"false", "no", "off", "0"})
                    if (same_word(word, text)) return false;
                return std::nullopt;
            }};
}

ValueType<milliseconds> duration(milliseconds min, milliseconds max) {
    return {"a duration from " + to_string(min) + " to " + to_string(max) + ", such as 200ms, 30s or 1m",
            [min, max](std::string_view text) {
                const auto parsed = parse_duration(text);
                return parsed && *parsed >= min && *parsed <= max ? parsed : std::nullopt;
            }};
}

std::string to_string(milliseconds duration) {
    std::string text;
    for (const Unit& unit : units) {
        if (const auto count = duration / unit.length; count != 0) text += std::to_string(count).append(unit.suffix);
        duration %= unit.length;
    }
    return text.empty() ? "0s" : text;
}

}  // namespace orderstream::config
