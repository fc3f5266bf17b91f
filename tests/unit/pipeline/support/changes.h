#pragma once

#include <string>
#include <string_view>

#include "order/change.h"

namespace orderstream::pipeline::testing {

/// Orders that are told apart by a number; all belong to the same customer.
[[nodiscard]] order::OrderId order_id(int number);
[[nodiscard]] order::Uuid note_id(int number);
inline constexpr std::string_view customer = "customer-1";

/// A generic order of so many cents.
[[nodiscard]] order::Change create(int number, int cents = 100);
/// One that can be repeated: with an Idempotency-Key, that is.
[[nodiscard]] order::Change create_once(int number, int cents = 100);
[[nodiscard]] order::Change create_checkout(int number);
[[nodiscard]] order::Change replace(int number, int cents);
[[nodiscard]] order::Change set_status(int number, order::Status status);
[[nodiscard]] order::Change remove(int number);
[[nodiscard]] order::Change if_match(int version, order::Change change);
[[nodiscard]] order::Change of_customer(std::string_view other, order::Change change);
[[nodiscard]] order::Change with_document(std::string payload, order::Change change);
/// A change that SQLite itself refuses: its currency violates a check of the table.
[[nodiscard]] order::Change refused_by_the_store(order::Change change);

}  // namespace orderstream::pipeline::testing
