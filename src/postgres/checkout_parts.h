#pragma once

#include <span>
#include <vector>

#include "ports/order_store.h"
#include "postgres/connection.h"

/// The tables beside `orders` that hold a checkout's items and addresses (migration 0003): what a batch writes goes
/// there from the documents that it has just stored, all orders together. A batch without checkouts runs none of this.
namespace orderstream::postgres::checkout_parts {

[[nodiscard]] std::vector<Statement> statements();

/// Right behind BEGIN: makes the database's triggers leave the batch to add_all(). False when it stores no checkout.
bool add_beginning(Connection& connection, std::span<const order::Change* const> changes);

/// Right before COMMIT: the parts of the checkouts that were stored, and the database's check of each. Whatever is
/// refused fails the whole transaction.
void add_all(Connection& connection, std::span<const order::Change* const> changes,
             std::span<const ports::ChangeResult> results);

}  // namespace orderstream::postgres::checkout_parts
