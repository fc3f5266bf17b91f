#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "ports/event_bus.h"

namespace orderstream::ports {

/// What processing one order came to.
struct Processed {
    order::Money total_amount;
    std::string currency;
};
struct Refused {  ///< for good: the order becomes `failed`
    std::string reason;
};
struct FailedForNow {  ///< the order is tried again later
    std::string reason;
};
using ProcessingResult = std::variant<Processed, Refused, FailedForNow>;

/// The replaceable stage: what a worker does with an order whose document is new. It may be run twice for one version,
/// even at once by two workers; `event_id` is the same each time, so that its own effects can be made idempotent.
/// Called by one thread at a time per worker; what it throws counts as FailedForNow.
class OrderProcessor {
  public:
    virtual ~OrderProcessor() = default;
    /// One result per event, in order.
    [[nodiscard]] virtual std::vector<ProcessingResult> process(std::span<const Event> events) = 0;
};

}  // namespace orderstream::ports
