#include "order/money.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "order/limits.h"

namespace orderstream::order {

namespace {

std::optional<Money> within_limits(std::int64_t cents) {
    if (cents > limits::amount_cents_max || cents < -limits::amount_cents_max) return std::nullopt;
    return Money::of_cents(cents);
}

}  // namespace

std::string to_string(Money money) {
    std::string text;
    append_money(text, money);
    return text;
}

void append_money(std::string& out, Money money) {
    std::array<char, 24> text;
    char* end = text.data();
    if (money.cents() < 0) *end++ = '-';
    const std::uint64_t cents = money.cents() < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(money.cents())
                                                  : static_cast<std::uint64_t>(money.cents());
    end = std::to_chars(end, text.data() + text.size(), cents / 100).ptr;
    const auto rest = static_cast<unsigned>(cents % 100);
    if (rest != 0) {
        *end++ = '.';
        *end++ = static_cast<char>('0' + rest / 10);
        if (rest % 10 != 0) *end++ = static_cast<char>('0' + rest % 10);
    }
    out.append(text.data(), end);
}

std::optional<Money> plus(Money a, Money b) {
    static_assert(limits::amount_cents_max < std::numeric_limits<std::int64_t>::max() / 2, "a sum fits in 64 bits");
    return within_limits(a.cents() + b.cents());
}

std::optional<Money> times(Money price, std::int32_t quantity) {
    std::int64_t cents = 0;
    if (__builtin_mul_overflow(price.cents(), std::int64_t{quantity}, &cents)) return std::nullopt;
    return within_limits(cents);
}

std::optional<Money> parse_money(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    std::string_view fraction = text.substr(point);
    if (!fraction.empty()) fraction.remove_prefix(1);

    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool point_without_digits = point != text.size() && fraction.empty();
    const bool needless_zero = whole.size() > 1 && whole.front() == '0';
    if (whole.empty() || whole.size() > 16 || needless_zero || point_without_digits || fraction.size() > 2) {
        return std::nullopt;
    }
    if (!std::all_of(whole.begin(), whole.end(), is_digit)) return std::nullopt;
    if (!std::all_of(fraction.begin(), fraction.end(), is_digit)) return std::nullopt;

    std::int64_t cents = 0;
    for (const char c : whole) {
        cents = cents * 10 + (c - '0');
    }
    for (std::size_t i = 0; i < 2; ++i) {
        cents = cents * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    }
    static_assert(limits::amount_cents_max == 999'999'999'999'999'999, "sixteen digits and two decimals");
    return Money::of_cents(negative ? -cents : cents);
}

bool is_currency(std::string_view text) {
    return text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace orderstream::order
