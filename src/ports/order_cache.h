#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "order/order.h"

namespace orderstream::ports {

/// How new a view of an order is: the greater pair is the newer view.
struct OrderStamp {
    order::OrderId id;
    int version = 0;
    int processed_version = 0;
};

/// A cache of single orders. No cache ever replaces newer by older. Thread-safe.
class OrderCache {
  public:
    /// When, by the cache's own clock, the rows that will fill it began to be read.
    struct Ticket {
        std::int64_t microseconds = 0;
    };
    struct Lookup {
        std::vector<order::OrderPtr> found;  ///< one per id, null where missed
        Ticket ticket;                       ///< for fill() of what was missed
    };
    struct Stats {
        std::string_view type;
        std::size_t size = 0;
        std::size_t capacity = 0;  ///< 0: none
        std::uint64_t hits = 0;
        std::uint64_t misses = 0;
    };

    virtual ~OrderCache() = default;

    /// What can be had without waiting (an in-process cache); null when it is not there. Counts a hit, never a miss.
    [[nodiscard]] virtual order::OrderPtr peek(const order::OrderId& id) = 0;

    /// May ask a server. Counts hits and misses.
    [[nodiscard]] virtual Lookup get(std::span<const order::OrderId> ids) = 0;

    /// Offers rows read after `ticket` (null ones are skipped); each is taken unless what is there, or was announced by
    /// advance(), is or may be newer. Nothing is promised to be kept.
    virtual void fill(Ticket ticket, std::span<const order::OrderPtr> orders) = 0;

    /// These orders are at least that new, and committed: nothing older may be shown once this has returned. False: the
    /// cache could not be told (its server is away), so the caller reads these orders from the store for a second.
    [[nodiscard]] virtual bool advance(std::span<const OrderStamp> stamps) = 0;

    [[nodiscard]] virtual Stats stats() const = 0;
    /// Empty: it works; else why not.
    [[nodiscard]] virtual std::string trouble() = 0;
};

}  // namespace orderstream::ports
