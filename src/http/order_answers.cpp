#include "http/order_answers.h"

#include <string>

#include "documents/generic.h"
#include "http/problem.h"

namespace orderstream::http {
namespace {

constexpr int accepted_retry_after_s = 1;

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

Response show_order(const order::Order& order) {
    Response response;
    documents::append_generic_order(response.body, order);
    response.add_etag(order.version);
    response.add_header("Cache-Control", "no-store");
    return response;
}

}  // namespace

Response render_change(Asked asked, const pipeline::Outcome& outcome, std::string_view request_id,
                       std::string_view preference_applied) {
    Response response = answer_to(asked, outcome, request_id);
    if (response.content_type == json_type) {  // problems bring their own
        if (outcome.version > 0) response.add_etag(outcome.version);
        response.add_header("Cache-Control", "no-store");
    }
    if (outcome.replayed) response.add_header("Idempotent-Replayed", "true");
    if (!preference_applied.empty()) response.add_header("Preference-Applied", preference_applied);
    return response;
}

Response show_if_owned(const order::OrderPtr& order, const std::optional<std::string>& owner,
                       std::string_view request_id) {
    if (order && (!owner || order->customer_id == *owner)) return show_order(*order);
    return not_found(request_id);
}

Response render_read(const tl::expected<order::OrderPtr, pipeline::ReadFault>& answer,
                     const std::optional<std::string>& owner, std::string_view request_id) {
    if (answer) return show_if_owned(*answer, owner, request_id);
    return unreadable(answer.error(), request_id);
}

}  // namespace orderstream::http
