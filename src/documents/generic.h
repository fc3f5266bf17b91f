#pragma once

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "documents/invalid.h"
#include "documents/sha256.h"
#include "order/change.h"

namespace orderstream::documents {

/// `POST /orders`: create, update, delete or cancel of a generic order (REFERENCE, HTTP and "Older clients").
struct GenericRequest {
    std::optional<order::OrderId> order_id;  ///< none: a create
    std::string user_id;                     ///< a UUID in lower case
    order::Verb verb = order::Verb::create;
    order::Status new_status = order::Status::deleted;  ///< of set_status: deleted or cancelled
    order::Document document;                           ///< of create and replace
    std::string canonical;                              ///< of a create: what its create_hash is the hash of
};

/// Names every problem at once. `want_canonical`: fill `canonical` (only a create with an Idempotency-Key needs it).
[[nodiscard]] tl::expected<GenericRequest, Invalid> parse_generic_request(std::string_view body, bool want_canonical);

/// `PUT /api/v1/orders/{id}` of a generic order: all of a change but `order_id`, `expected_version` and `request_id`,
/// which do not stand in the body. Names every problem at once.
[[nodiscard]] tl::expected<order::Change, Invalid> parse_generic_replacement(Json body);

/// `GET /orders/{order_id}`, to the end of `out`. The payload goes in as it is.
void append_generic_order(std::string& out, const order::Order& row);

}  // namespace orderstream::documents
