#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "order/kind.h"

namespace orderstream::order {

/// A set of statuses; its text form lists them in the order of the enum.
class StatusSet {
  public:
    constexpr StatusSet() = default;
    constexpr StatusSet(std::initializer_list<Status> statuses) {
        for (const Status status : statuses) add(status);
    }
    constexpr void add(Status status) { bits_ |= bit(status); }
    [[nodiscard]] constexpr bool contains(Status status) const { return (bits_ & bit(status)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] std::vector<Status> list() const;
    friend constexpr bool operator==(StatusSet, StatusSet) = default;

  private:
    static constexpr unsigned bit(Status status) { return 1U << static_cast<unsigned>(status); }
    unsigned bits_ = 0;
};

/// One kind's life as data: the pipeline and the stores read this table and know no kind by name.
struct Lifecycle {
    Status arrival;         ///< of a new order, and of one whose document was replaced
    Status working;         ///< while a worker has it; equal to `arrival` where the kind shows no such status
    Status processed;       ///< after a successful processing
    StatusSet replaceable;  ///< statuses in which the document may be replaced
    StatusSet client_sets;  ///< statuses a client may ask for at all, even where no step leads to them

    /// A client's step; the worker's (arrival, working, processed, failed) are not among them.
    struct Step {
        Status from;
        StatusSet to;
    };
    std::span<const Step> steps;

    /// Where a client's status change may go from `from`; empty for a final status.
    [[nodiscard]] StatusSet allowed_from(Status from) const;
    /// The statuses from which a client may set `to`.
    [[nodiscard]] StatusSet sources_of(Status to) const;
};

/// The table lives as long as the program.
[[nodiscard]] const Lifecycle& lifecycle_of(Kind kind);

/// `deleted` and `cancelled` are final in every kind.
[[nodiscard]] constexpr bool is_final(Status status) {
    return status == Status::deleted || status == Status::cancelled;
}

}  // namespace orderstream::order
