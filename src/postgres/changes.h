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

/// Whether all of them make orders whose ids nobody can have used before: nothing stands in their way.
[[nodiscard]] bool all_new(std::span<const order::Change* const> changes);

/// Adds what stores such changes to a transaction. It answers nothing, and refuses the transaction (`unique_violation`)
/// if an id is taken after all.
void add_new(Connection& connection, std::span<const order::Change* const> changes);
/// What becomes of such a change; its times are those of the transaction, which only the database knows.
[[nodiscard]] ports::ChangeResult result_of_new(const order::Change& change);

}  // namespace orderstream::postgres::changes
