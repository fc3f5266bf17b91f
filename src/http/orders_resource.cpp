#include "http/orders_resource.h"

#include <tl/expected.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include "documents/generic.h"
#include "http/change_call.h"
#include "http/headers.h"
#include "http/order_answers.h"
#include "http/problem.h"
#include "http/target.h"
#include "order/change.h"
#include "order/limits.h"

namespace orderstream::http {
namespace {

Response bad_request(std::string detail, const Exchange& exchange) {
    return to_response({.status = 400, .detail = std::move(detail)}, exchange.request.request_id);
}

Response invalid_document(documents::Invalid invalid, const Exchange& exchange) {
    return to_response({.status = invalid.too_large ? 413 : 400,
                        .detail = std::move(invalid.detail),
                        .errors = std::move(invalid.problems)},
                       exchange.request.request_id);
}

Asked what_was_asked(const documents::GenericRequest& document) {
    switch (document.verb) {
        case order::Verb::create: return Asked::create;
        case order::Verb::replace: return Asked::update;
        case order::Verb::set_status: break;
    }
    return document.new_status == order::Status::deleted ? Asked::remove : Asked::cancel;
}

/// The `user_id` of a query, in lower case; the error is a sentence.
tl::expected<std::optional<std::string>, std::string> owner_in_query(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const tl::expected<Query, std::string> query = Query::parse(text, {"user_id"});
    if (!query) return tl::unexpected(query.error());
    const std::string* owner = query->find("user_id");
    if (owner == nullptr) return std::nullopt;
    const std::optional<order::Uuid> uuid = order::parse_uuid(*owner);
    if (!uuid) return tl::unexpected(std::string("user_id must be a UUID"));
    return order::to_string(*uuid);
}

/// A read that goes to the store; nothing of it needs to be taken back when the client hangs up.
pipeline::ReadAnswer answer_read(Exchange& exchange, std::optional<std::string> owner) {
    return [later = exchange.answer_later({}), owner = std::move(owner),
            request_id = exchange.request.request_id](tl::expected<order::OrderPtr, pipeline::ReadFault> answer) {
        later([owner, request_id, answer = std::move(answer)] { return render_read(answer, owner, request_id); });
    };
}

}  // namespace

std::vector<Route> OrdersResource::routes() {
    return {
        {.method = Method::post,
         .pattern = "/orders",
         .handler = [this](Exchange& exchange) { return post(exchange); },
         .takes_json = true},
        {.method = Method::get,
         .pattern = "/orders/{order_id}",
         .handler = [this](Exchange& exchange) { return get(exchange); }},
        {.method = Method::get,
         .pattern = "/orders/by-external/{external}",
         .handler = [this](Exchange& exchange) { return get_by_external(exchange); }},
    };
}

std::optional<Response> OrdersResource::post(Exchange& exchange) {
    const Request& request = exchange.request;
    if (const auto query = Query::parse(exchange.query, {}); !query) return bad_request(query.error(), exchange);

    IfMatch if_match{.any = true};
    if (const std::string* value = request.find(Header::if_match)) {
        std::optional<IfMatch> parsed = parse_if_match(*value);
        if (!parsed) return bad_request("If-Match must be * or a list of entity tags", exchange);
        if_match = std::move(*parsed);
    }

    const std::string* key = request.find(Header::idempotency_key);
    auto document = documents::parse_generic_request(request.body, key != nullptr);
    if (!document) return invalid_document(std::move(document.error()), exchange);
    const Asked asked = what_was_asked(*document);

    ChangeCall call;
    call.change.kind = order::Kind::generic;
    call.change.verb = document->verb;
    call.change.new_status = document->new_status;
    call.change.request_id = request.request_id;
    if (asked != Asked::create) {
        call.change.order_id = *document->order_id;
        call.if_match = std::move(if_match);
    } else if (request.find(Header::if_match) != nullptr) {
        return to_response({.status = 412, .detail = "If-Match on a create: there is no order yet"},
                           request.request_id);
    } else if (key == nullptr) {
        call.change.order_id = order::OrderId{ids_.next()};
    } else {
        if (key->empty() || key->size() > order::limits::id_bytes) {
            return bad_request("Idempotency-Key must have 1 to 200 bytes", exchange);
        }
        call.change.order_id = order::order_id_for_key(order::Kind::generic, document->user_id, *key);
        call.change.create_hash = documents::sha256(document->canonical);
    }
    call.change.customer_id = std::move(document->user_id);
    call.change.document = std::move(document->document);

    Waiting waiting = waiting_for(parse_prefer(request.value_or_empty(Header::prefer)), ack_timeout_);
    call.wait = waiting.wait;
    submit_change(orders_, exchange, std::move(call),
                  [asked, request_id = request.request_id, applied = std::move(waiting.preference_applied)](
                      const pipeline::Outcome& outcome) { return render_change(asked, outcome, request_id, applied); });
    return std::nullopt;
}

std::optional<Response> OrdersResource::get(Exchange& exchange) {
    const std::optional<order::OrderId> id = order::parse_order_id(exchange.path[0]);
    if (!id) return bad_request("the order's id must be a UUID", exchange);
    auto owner = owner_in_query(exchange.query);
    if (!owner) return bad_request(std::move(owner.error()), exchange);

    if (const order::OrderPtr order = orders_.peek(*id)) {
        return show_if_owned(order, *owner, exchange.request.request_id);
    }
    orders_.get(*id, answer_read(exchange, std::move(*owner)));
    return std::nullopt;
}

std::optional<Response> OrdersResource::get_by_external(Exchange& exchange) {
    const std::string_view external = exchange.path[0];
    if (external.size() > order::limits::id_bytes || !is_clean_text(external)) {
        return bad_request("an external id is text of at most 200 bytes", exchange);
    }
    auto owner = owner_in_query(exchange.query);
    if (!owner) return bad_request(std::move(owner.error()), exchange);
    if (!*owner) return bad_request("the query parameter user_id is missing", exchange);

    std::string customer = **owner;
    orders_.find_by_external(std::move(customer), std::string(external), answer_read(exchange, std::move(*owner)));
    return std::nullopt;
}

}  // namespace orderstream::http
