#pragma once

#include <span>
#include <vector>

#include "ports/order_store.h"
#include "postgres/connection.h"

/// What a worker does to orders: one statement for a whole batch, which commits by itself, and a look-up of what it did
/// not hit. One, not one for the ends and one for the beginnings: its rows are locked in one order, that of their ids,
/// as everybody's are.
namespace orderstream::postgres::steps {

[[nodiscard]] std::vector<Statement> statements();

[[nodiscard]] std::vector<ports::StepResult> take(Connection& connection, std::span<const ports::Step> steps);

}  // namespace orderstream::postgres::steps
