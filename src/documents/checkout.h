#pragma once

#include <tl/expected.hpp>

#include <string>

#include "documents/invalid.h"
#include "documents/json.h"
#include "order/change.h"
#include "order/ids.h"

namespace orderstream::documents {

/// What `POST /api/v1/orders` (create) or `PUT /api/v1/orders/{id}` (replace) asks for: all of a change but
/// `order_id`, `expected_version` and `request_id`, which do not stand in the body. Names every problem at once.
///
/// The payload is the document normalised: always these members, unknown ones gone, UUIDs in lower case, numbers in
/// their shortest form, null what was not given; `items[].id` and `.total` are the server's, so an order keeps its
/// items' ids until its document is replaced.
///
///     {"customer_id", "email", "currency", "items": [{"id", "product_id", "name", "price", "quantity", "total"}],
///      "metadata", "shipping_address": {"street", "city"[, "state"], "country", "zip_code"}, "billing_address"}
///
/// A store that keeps items and addresses in tables of their own takes them from there, in the statement that stores
/// the batch: it has the payloads as one array already, and expands them (jsonb_to_recordset, json_each) where the rows
/// are needed. Measured, 64 orders of 3 items in PostgreSQL: no slower than eight arrays of columns beside it.
///
/// `want_create_hash`: of a create with an Idempotency-Key; the hash is of the client's part of the payload.
/// Thread-safe as far as `item_ids` is.
[[nodiscard]] tl::expected<order::Change, Invalid> parse_checkout(Json body, order::Verb verb, bool want_create_hash,
                                                                  order::Uuid7Source& item_ids);

/// The `order` of an answer, to the end of `out`: what parse_checkout() made, as it is, and what the row knows.
void append_checkout_order(std::string& out, const order::Order& row);

}  // namespace orderstream::documents
