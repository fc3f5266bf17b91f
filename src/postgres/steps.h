#pragma once

#include <span>
#include <vector>

#include "ports/order_store.h"
#include "postgres/connection.h"

/// What a worker does to orders. Each write is one statement, which commits by itself, and a look-up of what it did not
/// hit.
namespace orderstream::postgres::steps {

[[nodiscard]] std::vector<Statement> statements();

[[nodiscard]] std::vector<ports::StepResult> begin(Connection& connection, std::span<const order::OrderVersion> orders);
[[nodiscard]] std::vector<ports::StepResult> complete(Connection& connection,
                                                      std::span<const ports::Completion> completions);

}  // namespace orderstream::postgres::steps
