#pragma once

#include <tl/expected.hpp>

#include <string>
#include <string_view>

#include "ports/order_listing.h"

namespace orderstream::http {

/// What the query of `GET /api/v1/orders` asks for (REFERENCE, List). The error is a sentence that names every
/// parameter that is unknown, malformed or out of place, and says what it may be.
[[nodiscard]] tl::expected<ports::ListQuery, std::string> parse_list_query(std::string_view text);

}  // namespace orderstream::http
