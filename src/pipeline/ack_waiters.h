#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "order/ids.h"
#include "pipeline/clock.h"
#include "pipeline/places.h"
#include "pipeline/reads.h"
#include "pipeline/submission.h"
#include "ports/event_bus.h"
#include "ports/order_store.h"

namespace orderstream::pipeline {

/// Callers who wait for a worker, by order and version (DESIGN 4, Waiting). A waiter is answered by an ACK or a row
/// that shows its version processed or overtaken; who has heard nothing for a second is looked up in the store, and at
/// its deadline once more before it is told `stored`. Thread-safe; answers are given outside the lock. Only look_up()
/// blocks.
class AckWaiters {
  public:
    /// `reads` hears what a look-up has seen before anyone is answered by it.
    AckWaiters(ports::OrderStore& store, Reads& reads, Clock clock);

    /// Before the event is published. `stored` is what to answer when the time is up; its `version` (or `version`,
    /// where the two differ) is the one waited for. A submission that nobody waits for any more is not kept.
    void add(SubmissionPtr submission, int version, Outcome stored);

    void hear(std::span<const ports::Ack> acks);

    /// The caller hung up.
    void forget(const SubmissionPtr& submission);

    /// Asks the store about those whose time for it has come, in one look-up of at most limits::lookup_orders_max ids.
    /// True: there are more. Then, whatever the store said, those at their deadline are answered.
    bool look_up();

    /// Answers at once those whose deadline passed a while ago: look_up() is stuck in a store that does not answer.
    void expire();

    /// Whoever waits now does so until `deadline` at most: the broker is away.
    void shorten_deadlines(MonotonicTime deadline);
    /// The same for all who are still to come: the process leaves.
    void end_by(MonotonicTime deadline);

    [[nodiscard]] std::size_t size() const;
    /// How many are likely to be answered soon: those who have not waited for a look-up yet. Without a lock.
    [[nodiscard]] std::size_t expected() const { return expected_.taken(); }
    /// How many waiters were answered by a look-up and not by an ACK.
    [[nodiscard]] std::uint64_t fallbacks() const;

  private:
    struct Waiter {
        SubmissionPtr submission;
        int version = 0;
        Outcome stored;
        MonotonicTime deadline;
        MonotonicTime next_look;
        std::chrono::milliseconds interval{};
        Place expected;
    };
    /// How far an order is, from an ACK or from a row.
    struct Progress {
        order::OrderId id;
        int version = 0;  ///< the row's is at least that
        int processed_version = 0;
        order::Status status = order::Status::new_;
        const std::string* failure_reason = nullptr;
    };
    struct Answer {
        SubmissionPtr submission;
        Outcome outcome;
    };
    using Waiters = std::unordered_map<order::OrderId, std::vector<Waiter>, order::OrderIdHash>;

    [[nodiscard]] static Progress progress_of(const ports::Ack& ack);
    [[nodiscard]] static Progress progress_of(const order::Order& row);
    void settle(const Progress& progress, std::vector<Answer>& answers);
    void drop_if_empty(Waiters::iterator entry);
    static void give(std::vector<Answer>& answers);

    ports::OrderStore& store_;
    Reads& reads_;
    Clock clock_;
    Places expected_{std::numeric_limits<std::size_t>::max()};
    mutable std::mutex mutex_;
    Waiters waiters_;
    MonotonicTime end_ = MonotonicTime::max();
    /// Nobody's look-up or deadline is earlier, so that the many who have nothing due are not gone through every tick.
    MonotonicTime next_due_ = MonotonicTime::max();
    std::uint64_t fallbacks_ = 0;
};

/// What a caller that waited for `version` hears, given the order as it is.
[[nodiscard]] Outcome outcome_of_processing(Outcome stored, int version, int row_version, order::Status status,
                                            const std::string& failure_reason);

}  // namespace orderstream::pipeline
