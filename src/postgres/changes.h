#pragma once

#include <span>
#include <vector>

#include "ports/order_store.h"
#include "postgres/connection.h"

/// What clients ask of orders.
namespace orderstream::postgres::changes {

[[nodiscard]] std::vector<Statement> statements();

/// Applies a batch within a transaction that it begins and leaves open: the k-th change of an order in the k-th round
/// of statements, all rounds of one order in order. Whether a change applies is decided by the WHERE of its statement;
/// one that hit nothing is explained by a look-up before the next round. Empty: somebody else changed an order between
/// the two, so that nothing explains it; the transaction is to be rolled back and the batch tried again.
[[nodiscard]] std::optional<std::vector<ports::ChangeResult>> apply(Connection& connection,
                                                                    std::span<const order::Change* const> changes);

}  // namespace orderstream::postgres::changes
