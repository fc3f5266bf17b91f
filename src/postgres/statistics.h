#pragma once

#include <vector>

#include "ports/order_listing.h"
#include "postgres/connection.h"

/// Counts all orders.
namespace orderstream::postgres::statistics {

[[nodiscard]] std::vector<ports::StatisticsLine> read(Connection& connection);

}  // namespace orderstream::postgres::statistics
