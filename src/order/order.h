#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "order/ids.h"
#include "order/kind.h"
#include "order/money.h"
#include "order/time.h"

namespace orderstream::order {

/// A document as JSON text: validated, numbers written out, UTF-8. Shared, never changed.
using Payload = std::shared_ptr<const std::string>;

using Sha256 = std::array<std::uint8_t, 32>;

/// One order as the store holds it. `payload` is null where a read did not ask for it.
struct Order {
    OrderId id;
    Kind kind = Kind::generic;
    std::string customer_id;  ///< called user_id by generic orders
    std::string external_id;  ///< empty: none
    std::string email;        ///< empty: none
    Status status = Status::new_;
    std::string currency = "USD";
    Money total_amount;
    Payload payload;
    int version = 0;            ///< counts the changes a client asked for: 1, 2, 3 ...
    int processed_version = 0;  ///< the newest version a worker has finished
    int announced_version = 0;  ///< the version whose processing was announced; 0: none yet
    std::optional<Sha256> create_hash;
    std::string failure_reason;  ///< empty unless failed
    Time created_at{};
    Time updated_at{};
};

using OrderPtr = std::shared_ptr<const Order>;

/// Names one change of one order.
struct OrderVersion {
    OrderId id;
    int version = 0;
    friend bool operator==(const OrderVersion&, const OrderVersion&) = default;
};

}  // namespace orderstream::order
