#include "postgres/binary.h"

#include <array>
#include <cstring>
#include <limits>

#include "order/limits.h"
#include "postgres/failure.h"

namespace orderstream::postgres {
namespace {

// The server counts microseconds from 2000-01-01.
constexpr order::Time epoch{std::chrono::sys_days(std::chrono::year(2000) / 1 / 1)};

constexpr char jsonb_version = 1;

// numeric_send(): digits of base 10,000, the first of weight 10,000^weight.
constexpr std::int64_t numeric_base = 10'000;
constexpr std::int16_t numeric_positive = 0x0000;
constexpr std::int16_t numeric_negative = 0x4000;

template <class Unsigned>
void append_big_endian(std::string& out, Unsigned value) {
    for (int shift = static_cast<int>(sizeof value - 1) * 8; shift >= 0; shift -= 8) {
        out += static_cast<char>((value >> shift) & 0xff);
    }
}

template <class Unsigned>
Unsigned read_big_endian(std::string_view value) {
    Unsigned number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) {
        number = static_cast<Unsigned>((number << 8) | static_cast<unsigned char>(value[i]));
    }
    return number;
}

Failure unreadable(const char* what) {
    return Failure::of_server("XX000", std::string("the server sent something that is no ") + what, false);
}

void expect_size(std::string_view value, std::size_t size, const char* what) {
    if (value.size() != size) throw unreadable(what);
}

/// Takes from the front of what is left of an array or a numeric.
std::string_view take(std::string_view& rest, std::size_t size, const char* what) {
    if (rest.size() < size) throw unreadable(what);
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
}

}  // namespace

void append_int16(std::string& out, std::int16_t value) { append_big_endian(out, static_cast<std::uint16_t>(value)); }
void append_int32(std::string& out, std::int32_t value) { append_big_endian(out, static_cast<std::uint32_t>(value)); }
void append_int64(std::string& out, std::int64_t value) { append_big_endian(out, static_cast<std::uint64_t>(value)); }

void append_value(std::string& out, bool value) { out += value ? '\1' : '\0'; }
void append_value(std::string& out, std::int16_t value) { append_int16(out, value); }
void append_value(std::string& out, std::int32_t value) { append_int32(out, value); }
void append_value(std::string& out, std::int64_t value) { append_int64(out, value); }
void append_value(std::string& out, std::string_view text) { out += text; }
void append_value(std::string& out, Bytes value) { out += value.bytes; }
void append_value(std::string& out, Jsonb value) {
    out += jsonb_version;
    out += value.text;
}
void append_value(std::string& out, const order::Uuid& uuid) { out.append(uuid.begin(), uuid.end()); }

void append_value(std::string& out, order::Money money) {
    const std::int64_t cents = money.cents();
    std::int64_t whole = (cents < 0 ? -cents : cents) / 100;
    const std::int64_t fraction = (cents < 0 ? -cents : cents) % 100;
    // At most sixteen digits before the point, then one element for the two behind it.
    std::array<std::int16_t, 5> digits;
    std::size_t first = digits.size() - 1;
    digits[first] = static_cast<std::int16_t>(fraction * 100);
    std::int16_t weight = -1;
    for (; whole != 0; whole /= numeric_base) {
        digits[--first] = static_cast<std::int16_t>(whole % numeric_base);
        ++weight;
    }
    append_int16(out, static_cast<std::int16_t>(digits.size() - first));
    append_int16(out, weight);
    append_int16(out, cents < 0 ? numeric_negative : numeric_positive);
    append_int16(out, 2);  // decimals shown
    for (std::size_t i = first; i < digits.size(); ++i) append_int16(out, digits[i]);
}

void append_value(std::string& out, order::Time time) { append_int64(out, (time - epoch).count()); }

void Parameters::begin_array(std::string& out, TypeId type, std::size_t size) {
    append_int32(out, size == 0 ? 0 : 1);  // dimensions
    append_int32(out, 1);                  // may hold NULLs
    append_int32(out, static_cast<std::int32_t>(type));
    if (size == 0) return;
    append_int32(out, static_cast<std::int32_t>(size));
    append_int32(out, 1);  // the first subscript
}

void Parameters::set_length(std::string& out, std::size_t length_at) {
    const auto length = static_cast<std::uint32_t>(out.size() - length_at - sizeof(std::uint32_t));
    for (std::size_t i = 0; i < sizeof length; ++i)
        out[length_at + i] = static_cast<char>((length >> (24 - 8 * i)) & 0xff);
}

std::int16_t read_int16(std::string_view value) {
    expect_size(value, 2, "smallint");
    return static_cast<std::int16_t>(read_big_endian<std::uint16_t>(value));
}
std::int32_t read_int32(std::string_view value) {
    expect_size(value, 4, "integer");
    return static_cast<std::int32_t>(read_big_endian<std::uint32_t>(value));
}
std::int64_t read_int64(std::string_view value) {
    expect_size(value, 8, "bigint");
    return static_cast<std::int64_t>(read_big_endian<std::uint64_t>(value));
}

order::Uuid read_uuid(std::string_view value) {
    order::Uuid uuid;
    expect_size(value, uuid.size(), "uuid");
    std::memcpy(uuid.data, value.data(), uuid.size());
    return uuid;
}

order::Time read_time(std::string_view value) { return epoch + std::chrono::microseconds(read_int64(value)); }

order::Money read_money(std::string_view value) {
    constexpr const char* what = "amount";
    std::string_view rest = value;
    const std::int16_t count = read_int16(take(rest, 2, what));
    const std::int16_t weight = read_int16(take(rest, 2, what));
    const std::int16_t sign = read_int16(take(rest, 2, what));
    take(rest, 2, what);
    if (weight > 3 || (sign != numeric_positive && sign != numeric_negative)) throw unreadable(what);
    std::int64_t cents = 0;
    // Down to weight -1, whose upper two of four digits are the cents; what is not sent is zero.
    for (int at = weight, i = 0; at >= 0 || i < count; --at, ++i) {
        const std::int64_t digit = i < count ? read_int16(take(rest, 2, what)) : 0;
        if (at >= 0) {
            cents = cents * numeric_base + digit * 100;
        } else if (at == -1) {
            cents += digit / 100;
        } else if (digit != 0) {
            throw unreadable(what);
        }
    }
    return order::Money::of_cents(sign == numeric_negative ? -cents : cents);
}

order::Payload read_jsonb(std::string_view value) {
    if (value.empty() || value.front() != jsonb_version) throw unreadable("jsonb");
    value.remove_prefix(1);
    std::string text;
    text.reserve(value.size());
    bool in_string = false;
    std::size_t written = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (c == '"') {
            in_string = !in_string;
        } else if (c == '\\') {
            ++i;
        } else if (c == ' ' && !in_string) {
            text.append(value.substr(written, i - written));
            written = i + 1;
        }
    }
    text.append(value.substr(written));
    return std::make_shared<const std::string>(std::move(text));
}

std::vector<std::string_view> read_array(std::string_view value) {
    constexpr const char* what = "array";
    std::string_view rest = value;
    const std::int32_t dimensions = read_int32(take(rest, 4, what));
    take(rest, 8, what);  // whether there are NULLs, the type
    if (dimensions == 0) return {};
    const std::int32_t size = read_int32(take(rest, 4, what));
    take(rest, 4, what);  // the first subscript
    if (dimensions != 1 || size < 0) throw unreadable(what);
    std::vector<std::string_view> elements;
    elements.reserve(static_cast<std::size_t>(size));
    for (std::int32_t i = 0; i < size; ++i) {
        const std::int32_t length = read_int32(take(rest, 4, what));
        if (length < 0) throw unreadable(what);
        elements.push_back(take(rest, static_cast<std::size_t>(length), what));
    }
    return elements;
}

}  // namespace orderstream::postgres
