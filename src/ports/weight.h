#pragma once

#include <cstddef>

#include "order/order.h"

namespace orderstream::ports {

/// What an order takes in memory, near enough for the byte bounds of queues and caches: its fields, texts and payload.
[[nodiscard]] std::size_t bytes_of(const order::Order& order);

}  // namespace orderstream::ports
