#pragma once

#include <chrono>

#include "ports/order_listing.h"
#include "postgres/connection.h"

/// Reads one page of a listing.
namespace orderstream::postgres::listing {

/// In one transaction, whose snapshot `connection` keeps by its session's defaults: first which orders, then their rows
/// in portions, so that a page of large documents is never in memory as a whole before it is cut, at last how many
/// there are. Counting may take `count_time`, or as long as finding
/// the page did: past that, `total` is as many as
/// are known, and capped.
[[nodiscard]] ports::OrderPage read_page(Connection& connection, const ports::ListQuery& query,
                                         std::chrono::milliseconds count_time);

}  // namespace orderstream::postgres::listing
