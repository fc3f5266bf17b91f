#pragma once

#include <tl/expected.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/exchange.h"
#include "http/headers.h"
#include "order/change.h"
#include "pipeline/orders.h"

namespace orderstream::http {

/// A change as a request asks for it.
struct ChangeCall {
    order::Change change;
    IfMatch if_match{.any = true};
    std::chrono::milliseconds wait{};  ///< for the worker
};

/// One request's way through the pipeline, step by step: an order is read, changed, read again. What a step comes to is
/// given to its continuation, which answers, or begins the next step and returns none. A client that hangs up abandons
/// the step it is in. It lives until its last answer; everything here happens on the connection's thread.
class OrderCall : public std::enable_shared_from_this<OrderCall> {
  public:
    using ReadOutcome = tl::expected<order::OrderPtr, pipeline::ReadFault>;
    using AfterRead = std::function<std::optional<Response>(OrderCall&, const ReadOutcome&)>;
    using AfterChange = std::function<std::optional<Response>(OrderCall&, const pipeline::Outcome&)>;

    /// `orders` must outlive the server.
    [[nodiscard]] static std::shared_ptr<OrderCall> begin(pipeline::Orders& orders, Exchange& exchange);
    explicit OrderCall(pipeline::Orders& orders) : orders_(orders) {}

    void read(const order::OrderId& id, AfterRead then);
    /// Within the request's trace. A change carries one expected version; of several in If-Match the right one is found
    /// by the mismatch that a wrong one comes back with, so each is tried at most once.
    void change(ChangeCall call, AfterChange then);

  private:
    void submit();
    [[nodiscard]] std::optional<Response> on_outcome(const pipeline::Outcome& outcome);
    void abandon();

    pipeline::Orders& orders_;
    Later later_;
    std::string traceparent_;  ///< of the request; empty: none
    ChangeCall call_;
    AfterChange after_change_;
    pipeline::SubmissionPtr submission_;
};

/// A change of an order by a request that names nothing but its id.
struct NamedOrderChange {
    order::OrderId id;
    IfMatch if_match{.any = true};
    std::chrono::milliseconds wait{};
    /// Says what is to change; kind and customer are filled in already, and must stay. Or refuses.
    std::function<std::optional<Response>(const order::Order& read, order::Change& change)> fill;
    std::function<std::optional<Response>(OrderCall&, const pipeline::Outcome&, const order::Order& read)> answer;
};

/// Reads the order, then changes it. Neither its kind nor its customer ever changes, so any view of it will do, and
/// what else has happened to it since is judged with the change. Where there is no such order: 404.
void change_named_order(pipeline::Orders& orders, Exchange& exchange, NamedOrderChange what);

}  // namespace orderstream::http
