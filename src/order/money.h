#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orderstream::order {

/// An exact amount with two decimals, as `numeric(20,2)` holds it: |amount| < 1e16. Never a double.
class Money {
  public:
    constexpr Money() = default;
    [[nodiscard]] static constexpr Money of_cents(std::int64_t cents) { return Money(cents); }
    [[nodiscard]] constexpr std::int64_t cents() const { return cents_; }

    friend constexpr auto operator<=>(const Money&, const Money&) = default;

  private:
    explicit constexpr Money(std::int64_t cents) : cents_(cents) {}
    std::int64_t cents_ = 0;
};

/// Shortest exact form: 1817, 49.99, 0.5.
[[nodiscard]] std::string to_string(Money money);
void append_money(std::string& out, Money money);

/// Exact; none where the result is 1e16 or more either way.
[[nodiscard]] std::optional<Money> plus(Money a, Money b);
[[nodiscard]] std::optional<Money> times(Money price, std::int32_t quantity);

/// What to_string() wrote, or a numeric(20,2) as a database prints it (49.90); none for anything else.
[[nodiscard]] std::optional<Money> parse_money(std::string_view text);

/// Three capital letters (ISO 4217 style), kept as given.
[[nodiscard]] bool is_currency(std::string_view text);

}  // namespace orderstream::order
