#include "http/orders_resource.h"

#include <tl/expected.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include "documents/generic.h"
#include "http/change_call.h"
#include "http/headers.h"
#include "http/problem.h"
#include "http/target.h"
#include "order/change.h"
#include "order/limits.h"

namespace orderstream::http {
namespace {

constexpr int accepted_retry_after_s = 1;

// ------------------------------------------------------------------------------------------------ what was asked

Response bad_request(std::string detail, const Exchange& exchange) {
    return to_response({.status = 400, .detail = std::move(detail)}, exchange.request.request_id);
}

Response invalid_document(documents::Invalid invalid, const Exchange& exchange) {
    return to_response({.status = invalid.too_large ? 413 : 400,
                        .detail = std::move(invalid.detail),
                        .errors = std::move(invalid.problems)},
                       exchange.request.request_id);
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

/// How long a change waits for its worker, and which preference that honours.
struct Waiting {
    std::chrono::milliseconds wait;
    std::string preference_applied;  ///< empty: none
};

Waiting waiting_for(const Preferences& preferences, std::chrono::milliseconds ack_timeout) {
    // With both, the client wants an early answer, but not earlier than that (RFC 7240, 4.1 and 4.3).
    if (preferences.wait && *preferences.wait <= ack_timeout) {
        return {*preferences.wait, "wait=" + std::to_string(preferences.wait->count())};
    }
    if (preferences.respond_async && !preferences.wait) return {std::chrono::milliseconds(0), "respond-async"};
    return {ack_timeout, {}};
}

// ------------------------------------------------------------------------------------------------ what is answered

enum class Asked { create, update, remove, cancel };

Asked what_was_asked(const documents::GenericRequest& document) {
    switch (document.verb) {
        case order::Verb::create: return Asked::create;
        case order::Verb::replace: return Asked::update;
        case order::Verb::set_status: break;
    }
    return document.new_status == order::Status::deleted ? Asked::remove : Asked::cancel;
}

std::string body_with(const order::OrderId& id, std::string_view status) {
    std::string body = "{\"order_id\":\"";
    order::append_uuid(body, id.uuid);
    body.append("\",\"status\":\"").append(status).append("\"}");
    return body;
}

std::string body_with(std::string_view status) { return "{\"status\":\"" + std::string(status) + "\"}"; }

void add_location(Response& response, const order::OrderId& id) {
    response.add_header("Location", "/orders/" + order::to_string(id));
}

Response done(Asked asked, const order::OrderId& id) {
    switch (asked) {
        case Asked::create: {
            Response response{.status = 201, .body = body_with(id, "created")};
            add_location(response, id);
            return response;
        }
        case Asked::update: return {.status = 200, .body = body_with(id, "updated")};
        case Asked::remove: return {.status = 200, .body = body_with("deleted")};
        case Asked::cancel: return {.status = 200, .body = body_with(id, "cancelled")};
    }
    return {.status = 500};
}

Response accepted(const order::OrderId& id) {
    Response response{.status = 202, .body = body_with(id, "accepted")};
    add_location(response, id);
    response.add_header("Retry-After", accepted_retry_after_s);
    return response;
}

/// A final order's refusal of any change: plain JSON, as clients of `POST /orders` know it.
Response final_conflict(order::Status status) { return {.status = 409, .body = body_with(to_string(status))}; }

Response answer_to(Asked asked, const pipeline::Outcome& outcome, std::string_view request_id) {
    using pipeline::Result;
    switch (outcome.result) {
        case Result::processed: return done(asked, outcome.order_id);
        case Result::stored: return accepted(outcome.order_id);
        case Result::deleted: return final_conflict(order::Status::deleted);
        case Result::cancelled: return final_conflict(order::Status::cancelled);
        case Result::unchanged:
            if (order::is_final(outcome.status)) return final_conflict(outcome.status);
            return done(asked, outcome.order_id);
        case Result::failed:
        case Result::not_found:
        case Result::kind_differs:
        case Result::version_mismatch:
        case Result::not_allowed:
        case Result::key_reused:
        case Result::refused:
        case Result::overloaded:
        case Result::unavailable:
        case Result::fate_unknown: break;
    }
    return to_response(problem_of(outcome), request_id);
}

/// Success and conflict carry the version they speak of; problems bring their own headers.
Response render_outcome(Asked asked, const pipeline::Outcome& outcome, std::string_view request_id,
                        std::string_view preference_applied) {
    Response response = answer_to(asked, outcome, request_id);
    if (response.content_type == json_type) {
        if (outcome.version > 0) response.add_etag(outcome.version);
        response.add_header("Cache-Control", "no-store");
    }
    if (outcome.replayed) response.add_header("Idempotent-Replayed", "true");
    if (!preference_applied.empty()) response.add_header("Preference-Applied", preference_applied);
    return response;
}

Response show(const order::Order& order) {
    Response response;
    documents::append_generic_order(response.body, order);
    response.add_etag(order.version);
    response.add_header("Cache-Control", "no-store");
    return response;
}

Response show_if_owned(const order::OrderPtr& order, const std::optional<std::string>& owner,
                       std::string_view request_id) {
    if (order && (!owner || order->customer_id == *owner)) return show(*order);
    return to_response({.status = 404, .detail = "there is no such order"}, request_id);
}

Response render_read(const tl::expected<order::OrderPtr, pipeline::ReadFault>& answer,
                     const std::optional<std::string>& owner, std::string_view request_id) {
    if (answer) return show_if_owned(*answer, owner, request_id);
    switch (answer.error()) {
        case pipeline::ReadFault::overloaded:
            return to_response({.status = 503, .detail = "too much is waiting already"}, request_id);
        case pipeline::ReadFault::unavailable:
            return to_response({.status = 503, .detail = "the store is away"}, request_id);
    }
    return to_response({.status = 500}, request_id);
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
    submit_change(
        orders_, exchange, std::move(call),
        [asked, request_id = request.request_id, applied = std::move(waiting.preference_applied)](
            const pipeline::Outcome& outcome) { return render_outcome(asked, outcome, request_id, applied); });
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
