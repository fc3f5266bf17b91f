#pragma once

#include <optional>
#include <vector>

#include "http/exchange.h"
#include "http/router.h"
#include "pipeline/orders.h"

namespace orderstream::http {

/// `GET /api/v1/statistics`: how many orders there are and what they cost together, by kind, status and currency.
/// Thread-safe; `orders` must outlive the server.
class StatisticsResource {
  public:
    explicit StatisticsResource(pipeline::Orders& orders) : orders_(orders) {}

    [[nodiscard]] std::vector<Route> routes();

  private:
    [[nodiscard]] std::optional<Response> get(Exchange& exchange);

    pipeline::Orders& orders_;
};

[[nodiscard]] Response render_statistics(const std::vector<ports::StatisticsLine>& lines);

}  // namespace orderstream::http
