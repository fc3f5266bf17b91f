#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orderstream::order {

/// A decimal number as text, taken apart: (-1)^negative * whole.fraction * 10^exponent. Views into the text.
struct NumberText {
    std::string_view whole;     ///< at least one digit, no needless zero before it
    std::string_view fraction;  ///< the digits after the point, if any
    std::int64_t exponent = 0;  ///< one past a billion is a billion
    bool negative = false;
    bool has_exponent = false;
};

/// By JSON's grammar (RFC 8259, 6): no leading plus, zero or point. None for anything else.
[[nodiscard]] std::optional<NumberText> scan_number(std::string_view text);

/// At most limits::number_digits digits from the first that is not zero to the last such, and that first one within
/// 1e±limits::number_exponent; zero always is. So a number that is within keeps within when it is written out.
[[nodiscard]] bool is_within_limits(const NumberText& number);

/// Writes a number that is within the limits without an exponent: 1e2 as 100, 1.5e-3 as 0.0015, -0.0 as 0.0.
/// Zeros after the point stay, also those that the exponent moved there.
void append_written_out(std::string& out, const NumberText& number);

}  // namespace orderstream::order
