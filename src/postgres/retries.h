#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "ports/order_store.h"
#include "postgres/connection.h"

/// The orders whose processor failed for now: the table `orders_retry`. Each call is a transaction of its own.
namespace orderstream::postgres::retries {

[[nodiscard]] std::vector<Statement> statements();

void defer(Connection& connection, std::span<const ports::Deferral> deferrals);
/// Takes due ones that nobody else is taking, and moves their due time on by `lease`.
[[nodiscard]] std::vector<ports::DueRetry> claim_due(Connection& connection, std::size_t limit,
                                                     std::chrono::milliseconds lease);
void remove(Connection& connection, std::span<const order::OrderVersion> retries);

}  // namespace orderstream::postgres::retries
