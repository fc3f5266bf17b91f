#pragma once

#include <tl/expected.hpp>

#include <optional>
#include <string_view>

#include "http/exchange.h"
#include "http/headers.h"
#include "http/response.h"
#include "order/ids.h"

/// What requests about orders have in common. Where something is wrong with it, its answer comes back instead.
namespace orderstream::http {

/// For a route without parameters: the answer to a query that has some.
[[nodiscard]] std::optional<Response> refuse_query(const Exchange& exchange);

/// `any` where it was not sent.
[[nodiscard]] tl::expected<IfMatch, Response> if_match_of(const Request& request);

/// The id of the order that a create makes: a new one, or the one its Idempotency-Key stands for. With If-Match: 412,
/// for there is no order yet.
[[nodiscard]] tl::expected<order::OrderId, Response> id_of_create(const Request& request, order::Kind kind,
                                                                  std::string_view customer_id,
                                                                  order::Uuid7Source& ids);

/// The `{order_id}` of `/orders`: a UUID.
[[nodiscard]] tl::expected<order::OrderId, Response> uuid_in_path(const Exchange& exchange);
/// The `{id}` of `/api/v1/orders`: what is no UUID is an `order_uid`.
[[nodiscard]] order::OrderId id_in_path(const Exchange& exchange);

}  // namespace orderstream::http
