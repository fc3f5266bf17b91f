#pragma once

#include <span>
#include <vector>

#include "ports/order_store.h"
#include "postgres/connection.h"

/// What reads orders; also what looks up, within a writer's transaction, the rows that a change did not hit.
namespace orderstream::postgres::reads {

[[nodiscard]] const Statement& heads();
[[nodiscard]] const Statement& wholes();
[[nodiscard]] const Statement& by_external();

/// The parameters of heads() and wholes().
[[nodiscard]] Parameters parameters_for(std::span<const order::OrderId> ids);
/// One answer per id asked for, none where there is no such order; `with_payload`: of wholes().
[[nodiscard]] std::vector<std::optional<order::Order>> answers(const Rows& rows, std::size_t size, bool with_payload);

[[nodiscard]] std::vector<std::optional<order::Order>> find_heads(Connection& connection,
                                                                  std::span<const order::OrderId> ids);
[[nodiscard]] std::vector<std::optional<order::Order>> find_wholes(Connection& connection,
                                                                   std::span<const order::OrderId> ids);
[[nodiscard]] std::vector<std::optional<order::Order>> find_by_external(
    Connection& connection, std::span<const ports::OrderStore::ExternalKey> keys);

}  // namespace orderstream::postgres::reads
