#include "http/api_orders_resource.h"

#include <tl/expected.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "documents/checkout.h"
#include "documents/generic.h"
#include "documents/invalid.h"
#include "documents/shown_order.h"
#include "http/headers.h"
#include "http/order_call.h"
#include "http/problem.h"
#include "http/request_parts.h"
#include "order/change.h"

namespace orderstream::http {
namespace {

using documents::Json;
using order::Kind;

constexpr const char* no_marketplace_yet = "marketplace documents (those with an order_uid) are not served yet";

using ShowOrder = std::function<Response(const order::Order&)>;

Response show(const order::Order& order) {
    Response response;
    documents::append_shown_order(response.body, order);
    response.add_etag(order.version);
    response.add_header("Cache-Control", "no-store");
    return response;
}

Response show_created(const order::Order& order) {
    Response response{.status = 201};
    response.body = R"({"order":)";
    documents::append_checkout_order(response.body, order);
    response.body += R"(,"message":"Order created successfully"})";
    response.add_header("Location", "/api/v1/orders/" + order::to_string(order.id));
    response.add_etag(order.version);
    response.add_header("Cache-Control", "no-store");
    return response;
}

Response show_unless_deleted(const order::OrderPtr& order, std::string_view request_id) {
    if (order == nullptr || order->status == order::Status::deleted) return not_found(request_id);
    return show(*order);
}

/// Answers a create or a replacement with the order as the store holds it now.
class ShowChanged {
  public:
    ShowChanged(ShowOrder show, const Request& request, std::string preference_applied)
        : show_(std::move(show)), request_id_(request.request_id), preference_applied_(std::move(preference_applied)) {}

    std::optional<Response> operator()(OrderCall& call, const pipeline::Outcome& outcome) const {
        if (status_of(outcome.result) >= 400) return finish(outcome, to_response(problem_of(outcome), request_id_));
        if (outcome.result == pipeline::Result::stored && outcome.order) return finish(outcome, show_(*outcome.order));
        // A worker was there meanwhile, or the create had been made before.
        call.read(outcome.order_id, [*this, outcome](OrderCall&, const OrderCall::ReadOutcome& read) {
            return std::optional(finish(outcome, show_read(outcome, read)));
        });
        return std::nullopt;
    }

  private:
    [[nodiscard]] Response show_read(const pipeline::Outcome& outcome, const OrderCall::ReadOutcome& read) const {
        if (read && *read) return show_(**read);
        if (outcome.order) return show_(*outcome.order);  // it is stored, whatever the store says now
        return read ? not_found(request_id_) : unreadable(read.error(), request_id_);
    }

    [[nodiscard]] Response finish(const pipeline::Outcome& outcome, Response response) const {
        if (outcome.replayed) response.add_header("Idempotent-Replayed", "true");
        if (!preference_applied_.empty()) response.add_header("Preference-Applied", preference_applied_);
        return response;
    }

    ShowOrder show_;
    std::string request_id_;
    std::string preference_applied_;
};

/// The change that this document makes of an order of that kind; the error says why it makes none.
tl::expected<order::Change, Problem> parse_replacement(Kind kind, Json body, order::Uuid7Source& item_ids) {
    const bool is_this_kind = documents::looks_like(kind, body);
    const bool is_other_kind =
        std::ranges::any_of(order::all_kinds, [&](Kind other) { return documents::looks_like(other, body); });
    if (!is_this_kind && is_other_kind) {
        return tl::unexpected(
            Problem{.status = 409, .detail = "this is a " + std::string(to_string(kind)) + " order, and stays one"});
    }
    const auto or_problem = [](tl::expected<order::Change, documents::Invalid> parsed) {
        return std::move(parsed).map_error([](documents::Invalid invalid) { return to_problem(std::move(invalid)); });
    };
    switch (kind) {
        case Kind::generic: return or_problem(documents::parse_generic_replacement(std::move(body)));
        case Kind::checkout:
            return or_problem(documents::parse_checkout(std::move(body), order::Verb::replace, false, item_ids));
        case Kind::marketplace: break;
    }
    return tl::unexpected(Problem{.status = 400, .detail = no_marketplace_yet});
}

}  // namespace

std::vector<Route> ApiOrdersResource::routes() {
    return {
        {.method = Method::post,
         .pattern = "/api/v1/orders",
         .handler = [this](Exchange& exchange) { return post(exchange); },
         .takes_json = true},
        {.method = Method::get,
         .pattern = "/api/v1/orders/{id}",
         .handler = [this](Exchange& exchange) { return get(exchange); }},
        {.method = Method::put,
         .pattern = "/api/v1/orders/{id}",
         .handler = [this](Exchange& exchange) { return put(exchange); },
         .takes_json = true},
    };
}

std::optional<Response> ApiOrdersResource::post(Exchange& exchange) {
    const Request& request = exchange.request;
    if (auto refusal = refuse_query(exchange)) return refusal;
    auto body = documents::parse_body(request.body);
    if (!body) return invalid_document(std::move(body.error()), request.request_id);
    if (documents::looks_like(Kind::marketplace, *body)) return bad_request(no_marketplace_yet, request.request_id);

    const bool can_be_repeated = request.find(Header::idempotency_key) != nullptr;
    auto change = documents::parse_checkout(std::move(*body), order::Verb::create, can_be_repeated, ids_);
    if (!change) return invalid_document(std::move(change.error()), request.request_id);
    const auto id = id_of_create(request, Kind::checkout, change->customer_id, ids_);
    if (!id) return id.error();
    change->order_id = *id;
    change->request_id = request.request_id;

    Waiting waiting = waiting_if_asked(parse_prefer(request.value_or_empty(Header::prefer)), ack_timeout_);
    OrderCall::begin(orders_, exchange)
        ->change({.change = std::move(*change), .wait = waiting.wait},
                 ShowChanged(show_created, request, std::move(waiting.preference_applied)));
    return std::nullopt;
}

std::optional<Response> ApiOrdersResource::get(Exchange& exchange) {
    if (auto refusal = refuse_query(exchange)) return refusal;
    const order::OrderId id = id_in_path(exchange);
    if (const order::OrderPtr order = orders_.peek(id)) {
        return show_unless_deleted(order, exchange.request.request_id);
    }
    OrderCall::begin(orders_, exchange)
        ->read(id, [request_id = exchange.request.request_id](OrderCall&, const OrderCall::ReadOutcome& read) {
            return std::optional(read ? show_unless_deleted(*read, request_id) : unreadable(read.error(), request_id));
        });
    return std::nullopt;
}

std::optional<Response> ApiOrdersResource::put(Exchange& exchange) {
    const Request& request = exchange.request;
    if (auto refusal = refuse_query(exchange)) return refusal;
    auto if_match = if_match_of(request);
    if (!if_match) return std::move(if_match.error());
    auto body = documents::parse_body(request.body);
    if (!body) return invalid_document(std::move(body.error()), request.request_id);

    Waiting waiting = waiting_if_asked(parse_prefer(request.value_or_empty(Header::prefer)), ack_timeout_);
    auto fill = [this, body = std::make_shared<Json>(std::move(*body)), request_id = request.request_id](
                    const order::Order& read, order::Change& change) -> std::optional<Response> {
        auto replacement = parse_replacement(read.kind, std::move(*body), ids_);
        if (!replacement) return to_response(replacement.error(), request_id);
        if (replacement->customer_id != change.customer_id) {
            return to_response({.status = 409, .detail = "the order is another customer's, and stays theirs"},
                               request_id);
        }
        change.verb = order::Verb::replace;
        change.document = std::move(replacement->document);
        return std::nullopt;
    };
    ShowChanged show_changed(show, request, std::move(waiting.preference_applied));
    change_named_order(orders_, exchange,
                       {.id = id_in_path(exchange),
                        .if_match = std::move(*if_match),
                        .wait = waiting.wait,
                        .fill = std::move(fill),
                        .answer = [show_changed = std::move(show_changed)](
                                      OrderCall& call, const pipeline::Outcome& outcome, const order::Order&) {
                            return show_changed(call, outcome);
                        }});
    return std::nullopt;
}

}  // namespace orderstream::http
