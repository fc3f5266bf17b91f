#include "http/orders_resource.h"

#include <tl/expected.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include "documents/generic.h"
#include "http/headers.h"
#include "http/order_answers.h"
#include "http/order_call.h"
#include "http/problem.h"
#include "http/request_parts.h"
#include "http/target.h"
#include "order/change.h"
#include "order/limits.h"

namespace orderstream::http {
namespace {

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
    if (auto refusal = refuse_query(exchange)) return refusal;
    auto if_match = if_match_of(request);
    if (!if_match) return std::move(if_match.error());

    const std::string* key = request.find(Header::idempotency_key);
    auto document = documents::parse_generic_request(request.body, key != nullptr);
    if (!document) return invalid_document(std::move(document.error()), request.request_id);
    const Asked asked = what_was_asked(*document);

    ChangeCall call;
    call.change.kind = order::Kind::generic;
    call.change.verb = document->verb;
    call.change.new_status = document->new_status;
    call.change.request_id = request.request_id;
    if (asked != Asked::create) {
        call.change.order_id = *document->order_id;
        call.if_match = std::move(*if_match);
    } else {
        auto id = id_of_create(request, order::Kind::generic, document->user_id, ids_);
        if (!id) return std::move(id.error());
        call.change.order_id = *id;
        if (key != nullptr) call.change.create_hash = documents::sha256(document->canonical);
    }
    call.change.customer_id = std::move(document->user_id);
    call.change.document = std::move(document->document);

    Waiting waiting = waiting_for(parse_prefer(request.value_or_empty(Header::prefer)), ack_timeout_);
    call.wait = waiting.wait;
    OrderCall::begin(orders_, exchange)
        ->change(std::move(call),
                 [asked, request_id = request.request_id, applied = std::move(waiting.preference_applied)](
                     OrderCall&, const pipeline::Outcome& outcome) {
                     return render_change(asked, outcome, request_id, applied);
                 });
    return std::nullopt;
}

std::optional<Response> OrdersResource::get(Exchange& exchange) {
    const auto id = uuid_in_path(exchange);
    if (!id) return id.error();
    auto owner = owner_in_query(exchange.query);
    if (!owner) return bad_request(std::move(owner.error()), exchange.request.request_id);

    if (const order::OrderPtr order = orders_.peek(*id)) {
        return show_if_owned(order, *owner, exchange.request.request_id);
    }
    orders_.get(*id, answer_read(exchange, std::move(*owner)));
    return std::nullopt;
}

std::optional<Response> OrdersResource::get_by_external(Exchange& exchange) {
    const std::string_view external = exchange.path[0];
    if (external.size() > order::limits::id_bytes || !is_clean_text(external)) {
        return bad_request("an external id is text of at most 200 bytes", exchange.request.request_id);
    }
    auto owner = owner_in_query(exchange.query);
    if (!owner) return bad_request(std::move(owner.error()), exchange.request.request_id);
    if (!*owner) return bad_request("the query parameter user_id is missing", exchange.request.request_id);

    std::string customer = **owner;
    orders_.find_by_external(std::move(customer), std::string(external), answer_read(exchange, std::move(*owner)));
    return std::nullopt;
}

}  // namespace orderstream::http
