#pragma once

#include <boost/multiprecision/cpp_int.hpp>

#include <map>
#include <optional>
#include <string_view>

#include "order/money.h"

namespace orderstream::order {

/// An exact decimal number: digits * 10^-scale. Up to 128 bits of digits live inside the object, so that ordinary
/// prices cost no allocation; limits.h bounds what can be parsed.
class Decimal {
  public:
    using Digits = boost::multiprecision::cpp_int;

    Decimal() = default;  ///< zero
    /// A JSON number within limits.h, also one with an exponent; none for anything else.
    [[nodiscard]] static std::optional<Decimal> parse(std::string_view text);

    [[nodiscard]] bool is_negative() const { return digits_ < 0; }

    /// Rounded half up (away from zero when negative) to two decimals; none when it is 1e16 or more either way.
    [[nodiscard]] std::optional<Money> to_money() const;

    friend Decimal operator*(const Decimal& a, const Decimal& b) {
        return {a.digits_ * b.digits_, a.scale_ + b.scale_};
    }
    friend bool operator==(const Decimal& a, const Decimal& b);

  private:
    friend class DecimalSum;
    Decimal(Digits digits, int scale) : digits_(std::move(digits)), scale_(scale) {}

    Digits digits_;
    int scale_ = 0;  // may be negative
};

/// Adds up many decimals. Numbers of one scale are added as they are, and the scales are brought together once, at the
/// end: thousands of small prices beside one of 1e-308 cost no thousand multiplications by 10^308.
class DecimalSum {
  public:
    void add(const Decimal& term) { by_scale_[term.scale_] += term.digits_; }
    [[nodiscard]] Decimal total() const;

  private:
    std::map<int, Decimal::Digits> by_scale_;
};

}  // namespace orderstream::order
