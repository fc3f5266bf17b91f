#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ports/order_listing.h"

/// Where a listing goes on, as text that means nothing to a client: base64url of the format's version, the position and
/// a check value over it, the filter and the sort. So a cursor fits the listing that gave it, and no other; what was
/// changed by hand fits none. It is no secret: whoever makes one up only chooses where to read on.
namespace orderstream::http {

[[nodiscard]] std::string make_cursor(const ports::OrderFilter& filter, const ports::OrderSort& sort,
                                      const ports::ListPosition& position);

/// None when it was not made for this filter and sort.
[[nodiscard]] std::optional<ports::ListPosition> parse_cursor(std::string_view cursor, const ports::OrderFilter& filter,
                                                              const ports::OrderSort& sort);

}  // namespace orderstream::http
