#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "http/exchange.h"
#include "http/router.h"
#include "order/ids.h"
#include "pipeline/orders.h"
#include "telemetry/log.h"

namespace orderstream::http {

/// `PUT .../status` and `DELETE` of one order, below `/api/v1/orders` and below `/orders`: steps along its lifecycle
/// (REFERENCE, HTTP). Thread-safe; both references must outlive the server.
class OrderStatusResource {
  public:
    /// `ack_timeout`: nobody waits longer for a worker, whatever they prefer; zero: never. `log` hears of every step
    /// that was given a reason.
    OrderStatusResource(pipeline::Orders& orders, std::chrono::milliseconds ack_timeout, telemetry::Log& log)
        : orders_(orders), ack_timeout_(ack_timeout), log_(log) {}

    [[nodiscard]] std::vector<Route> routes();

  private:
    [[nodiscard]] std::optional<Response> put(Exchange& exchange, const order::OrderId& id);
    [[nodiscard]] std::optional<Response> remove(Exchange& exchange, const order::OrderId& id);

    pipeline::Orders& orders_;
    const std::chrono::milliseconds ack_timeout_;
    telemetry::Log& log_;
};

}  // namespace orderstream::http
