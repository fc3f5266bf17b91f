#pragma once

#include <string>

#include "documents/json.h"
#include "order/order.h"

/// Orders of every kind as they are shown to the outside: the one place that knows them all.
namespace orderstream::documents {

/// Whether `body` has members by which a document of that kind is known. A body may look like several kinds, or none.
[[nodiscard]] bool looks_like(order::Kind kind, const Json& body);

/// `GET /api/v1/orders/{id}`, to the end of `out`: `{"order":{...}}` of a checkout, the document of a marketplace
/// order, the shape of `GET /orders/{order_id}` for a generic one. Announcements carry the same.
void append_shown_order(std::string& out, const order::Order& row);

/// An item of a listing: the fields that all kinds share, as the row has them, `failure_reason` when it failed, then
/// the other members of its document; a generic order's stays under `payload`.
void append_list_item(std::string& out, const order::Order& row);

}  // namespace orderstream::documents
