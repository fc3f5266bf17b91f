#include "http/order_status_resource.h"

#include <string>
#include <utility>

#include "documents/invalid.h"
#include "documents/status_request.h"
#include "http/headers.h"
#include "http/order_call.h"
#include "http/problem.h"
#include "http/request_parts.h"
#include "order/change.h"

namespace orderstream::http {
namespace {

using order::Status;
using pipeline::Outcome;
using pipeline::Result;

Response success(int status, const Outcome& outcome) {
    Response response{.status = status};
    response.add_etag(outcome.version);
    response.add_header("Cache-Control", "no-store");
    return response;
}

/// What the order was before a step that was taken, or that changed nothing.
Status status_before(const Outcome& outcome, const order::Order& read) {
    if (outcome.result == Result::unchanged) return outcome.status;
    return outcome.status_before.value_or(read.status);
}

Response render_step(const Outcome& outcome, Status before, Status after) {
    Response response = success(200, outcome);
    response.body = R"({"order_id":")" + order::to_string(outcome.order_id) + R"(","old_status":")" +
                    std::string(to_string(before)) + R"(","new_status":")" + std::string(to_string(after)) + "\"}";
    return response;
}

}  // namespace

std::vector<Route> OrderStatusResource::routes() {
    // Below /orders an id is a UUID; below /api/v1/orders what is none is an order_uid.
    using Answer = std::optional<Response> (OrderStatusResource::*)(Exchange&, const order::OrderId&);
    const auto by_uuid = [this](Answer answer) -> Handler {
        return [this, answer](Exchange& exchange) -> std::optional<Response> {
            const auto id = uuid_in_path(exchange);
            if (!id) return id.error();
            return (this->*answer)(exchange, *id);
        };
    };
    const auto by_any_id = [this](Answer answer) -> Handler {
        return [this, answer](Exchange& exchange) { return (this->*answer)(exchange, id_in_path(exchange)); };
    };
    return {
        {.method = Method::put,
         .pattern = "/api/v1/orders/{id}/status",
         .handler = by_any_id(&OrderStatusResource::put),
         .takes_json = true},
        {.method = Method::put,
         .pattern = "/orders/{order_id}/status",
         .handler = by_uuid(&OrderStatusResource::put),
         .takes_json = true},
        {.method = Method::delete_,
         .pattern = "/api/v1/orders/{id}",
         .handler = by_any_id(&OrderStatusResource::remove)},
        {.method = Method::delete_, .pattern = "/orders/{order_id}", .handler = by_uuid(&OrderStatusResource::remove)},
    };
}

std::optional<Response> OrderStatusResource::put(Exchange& exchange, const order::OrderId& id) {
    const Request& request = exchange.request;
    if (auto refusal = refuse_query(exchange)) return refusal;
    auto if_match = if_match_of(request);
    if (!if_match) return std::move(if_match.error());
    const auto body = documents::parse_body(request.body);
    if (!body) return invalid_document(body.error(), request.request_id);
    const auto asked = documents::parse_status_request(*body);
    if (!asked) return invalid_document(asked.error(), request.request_id);

    Waiting waiting = waiting_if_asked(parse_prefer(request.value_or_empty(Header::prefer)), ack_timeout_);
    auto fill = [to = asked->new_status](const order::Order&, order::Change& change) -> std::optional<Response> {
        change.verb = order::Verb::set_status;
        change.new_status = to;
        return std::nullopt;
    };
    auto answer = [this, asked = *asked, request_id = request.request_id,
                   applied = std::move(waiting.preference_applied)](OrderCall&, const Outcome& outcome,
                                                                    const order::Order& read) {
        if (status_of(outcome.result) >= 400) return std::optional(to_response(problem_of(outcome), request_id));
        const Status before = status_before(outcome, read);
        if (!asked.reason.empty() && outcome.result != Result::unchanged) {
            log_.info("status changed", {{"request_id", request_id},
                                         {"order_id", order::to_string(outcome.order_id)},
                                         {"old_status", to_string(before)},
                                         {"new_status", to_string(asked.new_status)},
                                         {"reason", asked.reason}});
        }
        Response response = render_step(outcome, before, asked.new_status);
        if (!applied.empty()) response.add_header("Preference-Applied", applied);
        return std::optional(std::move(response));
    };
    change_named_order(orders_, exchange,
                       {.id = id,
                        .if_match = std::move(*if_match),
                        .wait = waiting.wait,
                        .fill = std::move(fill),
                        .answer = std::move(answer)});
    return std::nullopt;
}

std::optional<Response> OrderStatusResource::remove(Exchange& exchange, const order::OrderId& id) {
    const Request& request = exchange.request;
    if (auto refusal = refuse_query(exchange)) return refusal;
    auto if_match = if_match_of(request);
    if (!if_match) return std::move(if_match.error());

    auto fill = [](const order::Order&, order::Change& change) -> std::optional<Response> {
        change.verb = order::Verb::set_status;
        change.new_status = Status::deleted;
        return std::nullopt;
    };
    auto answer = [request_id = request.request_id](OrderCall&, const Outcome& outcome, const order::Order&) {
        if (outcome.result == Result::deleted) return std::optional(not_found(request_id));
        if (status_of(outcome.result) >= 400) return std::optional(to_response(problem_of(outcome), request_id));
        return std::optional(success(204, outcome));
    };
    change_named_order(
        orders_, exchange,
        {.id = id, .if_match = std::move(*if_match), .fill = std::move(fill), .answer = std::move(answer)});
    return std::nullopt;
}

}  // namespace orderstream::http
