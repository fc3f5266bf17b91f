#pragma once

#include <optional>
#include <vector>

#include "http/exchange.h"
#include "http/router.h"
#include "pipeline/orders.h"

namespace orderstream::http {

/// `GET /api/v1/orders`: many orders, filtered, sorted, page by page (REFERENCE, List). Thread-safe; `orders` must
/// outlive the server.
class OrderListResource {
  public:
    explicit OrderListResource(pipeline::Orders& orders) : orders_(orders) {}

    [[nodiscard]] std::vector<Route> routes();

  private:
    [[nodiscard]] std::optional<Response> list(Exchange& exchange);

    pipeline::Orders& orders_;
};

/// The answer to `query`.
[[nodiscard]] Response render_page(const ports::OrderPage& page, const ports::ListQuery& query);

}  // namespace orderstream::http
