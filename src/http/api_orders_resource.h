#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "http/exchange.h"
#include "http/router.h"
#include "order/ids.h"
#include "pipeline/orders.h"

namespace orderstream::http {

/// `/api/v1/orders`: typed documents come in, one order is shown or its document replaced. Answers once stored, or with
/// `Prefer: wait=N` when a worker is done (REFERENCE, HTTP). Thread-safe; both references must outlive the server.
class ApiOrdersResource {
  public:
    /// `ack_timeout`: nobody waits longer for a worker, whatever they prefer; zero: never.
    ApiOrdersResource(pipeline::Orders& orders, order::Uuid7Source& ids, std::chrono::milliseconds ack_timeout)
        : orders_(orders), ids_(ids), ack_timeout_(ack_timeout) {}

    [[nodiscard]] std::vector<Route> routes();

  private:
    [[nodiscard]] std::optional<Response> post(Exchange& exchange);
    [[nodiscard]] std::optional<Response> get(Exchange& exchange);
    [[nodiscard]] std::optional<Response> put(Exchange& exchange);

    pipeline::Orders& orders_;
    order::Uuid7Source& ids_;
    const std::chrono::milliseconds ack_timeout_;
};

}  // namespace orderstream::http
