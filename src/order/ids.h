#pragma once

#include <boost/uuid/uuid.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "order/kind.h"
#include "order/time.h"

namespace orderstream::order {

using Uuid = boost::uuids::uuid;

/// The identity of an order. Ids made by the server are UUIDv7 (RFC 9562, 5.7); ids derived from what the client
/// calls the order (an Idempotency-Key, an order_uid) are UUIDv5, so that a retry meets the primary key.
struct OrderId {
    Uuid uuid{};
    friend bool operator==(const OrderId&, const OrderId&) = default;
    friend bool operator<(const OrderId& a, const OrderId& b) { return a.uuid < b.uuid; }
};

/// Only the 36-character form (RFC 9562, 4), in either case; no braces, no bare hex.
[[nodiscard]] std::optional<Uuid> parse_uuid(std::string_view text);
[[nodiscard]] std::optional<OrderId> parse_order_id(std::string_view text);

/// The 36-character form in lower case; `append_` writes it to the end of `out`.
[[nodiscard]] std::string to_string(const Uuid& uuid);
[[nodiscard]] std::string to_string(const OrderId& id);
void append_uuid(std::string& out, const Uuid& uuid);

/// Makes UUIDv7s that grow within one process: the millisecond of `now`, a counter that starts at random in each
/// millisecond, random bits (RFC 9562, 6.2, method 1). A clock that stands still or goes back only moves the counter,
/// and a counter that is full moves the millisecond. Thread-safe if `now` and `random` are; lock-free.
class Uuid7Source {
  public:
    using Now = std::function<Time()>;
    using Random = std::function<std::uint64_t()>;

    Uuid7Source();                        ///< the system's clock and its cryptographic random numbers
    Uuid7Source(Now now, Random random);  ///< for tests

    [[nodiscard]] Uuid next();

  private:
    std::uint64_t next_tick(std::uint64_t random);

    Now now_;
    Random random_;
    std::atomic<std::uint64_t> tick_{0};  // 48 bits of milliseconds, 12 of the counter
};

/// The partition of an order, 0..3: the id's last byte modulo four (a UUIDv7 begins with the clock).
[[nodiscard]] int bucket_of(const OrderId& id);

/// The id of a new order: a UUIDv7 of `source` whose bucket is that of all orders of the same 64 ms, and the next ones'
/// the next. The orders of a batch are then of one partition (rarely two), which is all that its transactions touch.
[[nodiscard]] OrderId new_order_id(Uuid7Source& source);

/// UUIDv5 of (kind, customer, key): the order that a create with this `Idempotency-Key` makes.
[[nodiscard]] OrderId order_id_for_key(Kind kind, std::string_view customer_id, std::string_view idempotency_key);

/// UUIDv5 of a marketplace `order_uid`.
[[nodiscard]] OrderId order_id_for_order_uid(std::string_view order_uid);

/// UUIDv5 of order, version and event type: the same event has the same id however often it is published.
[[nodiscard]] Uuid event_id_for(const OrderId& id, int version, std::string_view event_type);

/// FNV-like mixing is not needed: the last eight bytes of our ids are a hash, or random but for variant and bucket.
struct OrderIdHash {
    std::size_t operator()(const OrderId& id) const noexcept;
};

}  // namespace orderstream::order
