#pragma once

#include <boost/multiprecision/cpp_int.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "order/money.h"

namespace orderstream::order {

/// A sum of any number of amounts, exact: it may be far past what one Money can be.
class MoneySum {
  public:
    using Cents = boost::multiprecision::int128_t;

    MoneySum() = default;  ///< nothing
    explicit MoneySum(Cents cents) : cents_(std::move(cents)) {}
    explicit MoneySum(Money money) : cents_(money.cents()) {}
    /// What to_string() wrote, or a numeric as a database prints it, with two decimals at most; none for anything else.
    [[nodiscard]] static std::optional<MoneySum> parse(std::string_view text);

    [[nodiscard]] const Cents& cents() const { return cents_; }
    /// Of `count` amounts (more than none), rounded half up (away from zero when negative) to two decimals.
    [[nodiscard]] MoneySum average(std::int64_t count) const;

    friend bool operator==(const MoneySum&, const MoneySum&) = default;

  private:
    Cents cents_ = 0;
};

/// Shortest exact form, as an amount's: 1817, 49.99, 0.5.
[[nodiscard]] std::string to_string(const MoneySum& sum);

}  // namespace orderstream::order
