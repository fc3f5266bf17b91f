#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace orderstream::order {

/// A point in time as the store's clock gives it, UTC.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// RFC 3339 in UTC with six decimals: 2026-01-31T23:59:59.000001Z.
[[nodiscard]] std::string to_rfc3339(Time time);
void append_rfc3339(std::string& out, Time time);

/// Any RFC 3339 date-time; digits past the microsecond are dropped. None when it is not one.
[[nodiscard]] std::optional<Time> parse_rfc3339(std::string_view text);

}  // namespace orderstream::order
