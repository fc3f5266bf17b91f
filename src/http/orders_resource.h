#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "http/exchange.h"
#include "http/router.h"
#include "order/ids.h"
#include "pipeline/orders.h"

namespace orderstream::http {

/// `/orders`: generic orders, answered after the worker's ACK (REFERENCE, HTTP). Thread-safe; both references must
/// outlive the server.
class OrdersResource {
  public:
    /// `ack_timeout`: how long a change waits for its worker when the client does not say less; zero: never.
    OrdersResource(pipeline::Orders& orders, order::Uuid7Source& ids, std::chrono::milliseconds ack_timeout)
        : orders_(orders), ids_(ids), ack_timeout_(ack_timeout) {}

    [[nodiscard]] std::vector<Route> routes();

  private:
    [[nodiscard]] std::optional<Response> post(Exchange& exchange);
    [[nodiscard]] std::optional<Response> get(Exchange& exchange);
    [[nodiscard]] std::optional<Response> get_by_external(Exchange& exchange);

    pipeline::Orders& orders_;
    order::Uuid7Source& ids_;
    const std::chrono::milliseconds ack_timeout_;
};

}  // namespace orderstream::http
