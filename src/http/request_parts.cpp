#include "http/request_parts.h"

#include <string>
#include <utility>

#include "http/problem.h"
#include "http/target.h"
#include "order/limits.h"

namespace orderstream::http {

std::optional<Response> refuse_query(const Exchange& exchange) {
    if (exchange.query.empty()) return std::nullopt;
    auto query = Query::parse(exchange.query, {});
    if (query) return std::nullopt;
    return bad_request(std::move(query.error()), exchange.request.request_id);
}

tl::expected<IfMatch, Response> if_match_of(const Request& request) {
    const std::string* value = request.find(Header::if_match);
    if (value == nullptr) return IfMatch{.any = true};
    std::optional<IfMatch> parsed = parse_if_match(*value);
    if (parsed) return std::move(*parsed);
    return tl::unexpected(bad_request("If-Match must be * or a list of entity tags", request.request_id));
}

tl::expected<order::OrderId, Response> id_of_create(const Request& request, order::Kind kind,
                                                    std::string_view customer_id, order::Uuid7Source& ids) {
    if (request.find(Header::if_match) != nullptr) {
        return tl::unexpected(
            to_response({.status = 412, .detail = "If-Match on a create: there is no order yet"}, request.request_id));
    }
    const std::string* key = request.find(Header::idempotency_key);
    if (key == nullptr) return order::new_order_id(ids);
    if (key->empty() || key->size() > order::limits::id_bytes) {
        return tl::unexpected(bad_request("Idempotency-Key must have 1 to 200 bytes", request.request_id));
    }
    return order::order_id_for_key(kind, customer_id, *key);
}

tl::expected<order::OrderId, Response> uuid_in_path(const Exchange& exchange) {
    const std::optional<order::OrderId> id = order::parse_order_id(exchange.path[0]);
    if (id) return *id;
    return tl::unexpected(bad_request("the order's id must be a UUID", exchange.request.request_id));
}

order::OrderId id_in_path(const Exchange& exchange) {
    const std::optional<order::OrderId> id = order::parse_order_id(exchange.path[0]);
    return id ? *id : order::order_id_for_order_uid(exchange.path[0]);
}

}  // namespace orderstream::http
