#include "order/decimal.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "order/limits.h"
#include "order/number.h"

namespace orderstream::order {

namespace {

using Digits = Decimal::Digits;

Digits power_of_ten(int exponent) { return boost::multiprecision::pow(Digits(10), static_cast<unsigned>(exponent)); }

/// Takes digits in by as many at a time as fit into 64 bits.
class DigitReader {
  public:
    void read(std::string_view digits) {
        for (const char c : digits) {
            chunk_ = chunk_ * 10 + static_cast<std::uint64_t>(c - '0');
            factor_ *= 10;
            if (factor_ == chunk_factor_max) flush();
        }
    }
    [[nodiscard]] Digits take() {
        flush();
        return std::move(value_);
    }

  private:
    static constexpr std::uint64_t chunk_factor_max = 1'000'000'000'000'000'000;

    void flush() {
        if (value_.is_zero()) {
            value_ = chunk_;
        } else {
            value_ *= factor_;
            value_ += chunk_;
        }
        chunk_ = 0;
        factor_ = 1;
    }

    Digits value_;
    std::uint64_t chunk_ = 0;
    std::uint64_t factor_ = 1;
};

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
    const auto number = scan_number(text);
    if (!number || !is_within_limits(*number)) return std::nullopt;
    // Zeros at the end say nothing, and a written-out 1e308 or 1.000... has hundreds of them.
    const std::string_view fraction = number->fraction.substr(0, number->fraction.find_last_not_of('0') + 1);
    std::string_view whole = number->whole;
    std::int64_t dropped = 0;
    if (fraction.empty()) {
        whole = whole.substr(0, whole.find_last_not_of('0') + 1);
        if (whole.empty()) return Decimal();
        dropped = static_cast<std::int64_t>(number->whole.size() - whole.size());
    }
    DigitReader reader;
    reader.read(whole);
    reader.read(fraction);
    Digits digits = reader.take();
    if (number->negative) digits = -digits;
    const std::int64_t scale = static_cast<std::int64_t>(fraction.size()) - dropped - number->exponent;
    return Decimal(std::move(digits), static_cast<int>(scale));
}

std::optional<Money> Decimal::to_money() const {
    Digits cents = abs(digits_);
    if (scale_ <= 2) {
        cents *= power_of_ten(2 - scale_);
    } else {
        const Digits unit = power_of_ten(scale_ - 2);
        cents = (cents * 2 + unit) / (unit * 2);
    }
    if (cents > limits::amount_cents_max) return std::nullopt;
    const auto magnitude = static_cast<std::int64_t>(cents);
    return Money::of_cents(is_negative() ? -magnitude : magnitude);
}

bool operator==(const Decimal& a, const Decimal& b) {
    const int scale = std::max(a.scale_, b.scale_);
    return a.digits_ * power_of_ten(scale - a.scale_) == b.digits_ * power_of_ten(scale - b.scale_);
}

Decimal DecimalSum::total() const {
    Decimal total;
    for (const auto& [scale, digits] : by_scale_) {
        if (!total.digits_.is_zero()) total.digits_ *= power_of_ten(scale - total.scale_);
        total.digits_ += digits;
        total.scale_ = scale;
    }
    return total;
}

}  // namespace orderstream::order
