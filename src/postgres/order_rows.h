#pragma once

#include <string>
#include <string_view>

#include "order/order.h"
#include "postgres/connection.h"

namespace orderstream::postgres {

/// The columns of an order without its payload, as an expression over the row `o`; the first is at column 0 of
/// read_head().
[[nodiscard]] std::string head_columns();
inline constexpr int head_size = 15;

/// Reads an order whose head begins at `first`; its payload is null.
[[nodiscard]] order::Order read_head(const Rows& rows, int row, int first);

/// SQL text: 'new'.
[[nodiscard]] std::string quoted(std::string_view name);

}  // namespace orderstream::postgres
