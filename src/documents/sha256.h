#pragma once

#include <string_view>

#include "order/order.h"

namespace orderstream::documents {

/// SHA-256 of a canonical text: what `create_hash` holds.
[[nodiscard]] order::Sha256 sha256(std::string_view text);

}  // namespace orderstream::documents
