#pragma once

#include "order/order.h"

#include <string_view>

namespace orderstream::documents {

/// SHA-256 of a canonical text: what `create_hash` holds.
[[nodiscard]] order::Sha256 sha256(std::string_view text);

}  // namespace orderstream::documents
