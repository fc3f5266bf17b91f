#pragma once

#include <tl/expected.hpp>

#include <string>

#include "documents/invalid.h"
#include "documents/json.h"
#include "order/kind.h"

namespace orderstream::documents {

/// `PUT /api/v1/orders/{id}/status`: where the order is to go, and why (for the log). Whether it may go there is the
/// lifecycle's business.
struct StatusRequest {
    order::Status new_status = order::Status::deleted;
    std::string reason;
};

/// Names every problem at once.
[[nodiscard]] tl::expected<StatusRequest, Invalid> parse_status_request(const Json& body);

}  // namespace orderstream::documents
