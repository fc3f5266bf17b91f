#pragma once

#include <memory>
#include <string>

#include "order/order.h"

namespace orderstream::contract {

/// Ids that are told apart by a number, spread like real ones.
[[nodiscard]] inline order::OrderId cached_id(int number) {
    order::OrderId id;
    auto bits = (static_cast<std::uint64_t>(number) + 1) * 0x9E37'79B9'7F4A'7C15;
    for (std::size_t i = 15; i >= 8; --i, bits >>= 8) id.uuid.data[i] = static_cast<std::uint8_t>(bits);
    id.uuid.data[8] = static_cast<std::uint8_t>(0x80 | (id.uuid.data[8] & 0x3F));
    id.uuid.data[6] = 0x70;
    for (std::size_t i = 0; i < 4; ++i) id.uuid.data[3 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}

[[nodiscard]] inline order::OrderPtr cached_order(int number, int version = 1, int processed_version = 0,
                                                  const std::string& payload = R"({"amount":1})") {
    const auto order = std::make_shared<order::Order>();
    order->id = cached_id(number);
    order->customer_id = "customer";
    order->version = version;
    order->processed_version = processed_version;
    order->payload = std::make_shared<const std::string>(payload);
    return order;
}

}  // namespace orderstream::contract
