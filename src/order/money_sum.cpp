#include "order/money_sum.h"

#include <algorithm>

namespace orderstream::order {

namespace {

constexpr std::size_t digits_max = 36;  // of 128 bits, with two decimals to come

}  // namespace

std::optional<MoneySum> MoneySum::parse(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    const std::string_view decimals = text.substr(std::min(point + 1, text.size()));

    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool point_without_digits = point != text.size() && decimals.empty();
    if (whole.empty() || whole.size() > digits_max || decimals.size() > 2 || point_without_digits) return std::nullopt;
    if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(decimals, is_digit)) return std::nullopt;

    Cents cents = 0;
    for (const char c : whole) cents = cents * 10 + (c - '0');
    for (std::size_t i = 0; i < 2; ++i) cents = cents * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
    return MoneySum(negative ? Cents(-cents) : cents);
}

MoneySum MoneySum::average(std::int64_t count) const {
    const Cents twice = 2 * cents_;
    const Cents half = cents_ < 0 ? Cents(-count) : Cents(count);
    return MoneySum(Cents((twice + half) / (2 * Cents(count))));  // a division drops what is left, towards zero
}

std::string to_string(const MoneySum& sum) {
    const MoneySum::Cents size = sum.cents() < 0 ? MoneySum::Cents(-sum.cents()) : sum.cents();
    std::string text = sum.cents() < 0 ? "-" : "";
    text += MoneySum::Cents(size / 100).str();
    const int rest = static_cast<int>(size % 100);
    if (rest == 0) return text;
    text += '.';
    text += static_cast<char>('0' + rest / 10);
    if (rest % 10 != 0) text += static_cast<char>('0' + rest % 10);
    return text;
}

}  // namespace orderstream::order
