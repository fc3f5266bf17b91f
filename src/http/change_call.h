#pragma once

#include <chrono>
#include <functional>

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

using RenderOutcome = std::function<Response(const pipeline::Outcome&)>;

/// Sends a change on its way, within its request's trace; its outcome becomes the exchange's answer, and a client that
/// hangs up abandons it. `orders` must outlive the server. A change carries one expected version; of several in
/// If-Match the right one is found by the mismatch that a wrong one comes back with, so each is tried at most once.
void submit_change(pipeline::Orders& orders, Exchange& exchange, ChangeCall call, RenderOutcome render);

}  // namespace orderstream::http
