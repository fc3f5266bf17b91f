#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <span>
#include <vector>

#include "pipeline/ack_waiters.h"
#include "pipeline/batch_writer.h"
#include "pipeline/clock.h"
#include "pipeline/places.h"
#include "pipeline/publisher.h"
#include "pipeline/reads.h"
#include "pipeline/submission.h"

namespace orderstream::pipeline {

/// Where changes wait for the store: a bounded queue, and the one thread that takes all that waits (bounded) and
/// writes it as one batch. A lone change goes at once, a flood is amortised. submit(), acks_came(), expire() and
/// close() are thread-safe; write_batch() and run() belong to the writer's thread.
class Intake {
  public:
    struct Limits {
        std::size_t queue_orders;
        std::size_t queue_bytes;
        std::size_t waiters;
        std::size_t batch_orders;
        std::size_t batch_bytes;
        /// While orders are on their way to their ACKs, a next batch would only stand behind them, so it grows instead:
        /// at most this long after the last one was stored. None: it goes at once.
        std::chrono::milliseconds gathering{};
        /// Until when it grows. True: until it is as large as all that is on its way, for then the store and the worker
        /// are at work beside each other. False: until nothing is on its way, for they would only take turns.
        bool overlapping = false;
    };
    [[nodiscard]] static Limits default_limits();

    Intake(BatchWriter& writer, Publisher& publisher, AckWaiters& waiters, Reads& reads, Clock clock,
           Limits limits = default_limits());

    /// Takes the submission's places first; none free: answered `overloaded` at once.
    void submit(const SubmissionPtr& submission);

    /// Takes what waits (at most one batch) through the store. False when nothing waited, or the store is away.
    bool write_batch();

    /// ACKs have come, and those who waited for them are answered: fewer are on their way.
    void acks_came();

    /// write_batch() whenever something waits, until close() and the queue is empty.
    void run();

    /// No more is taken (`unavailable`); what waits is still written, unless the store is away.
    void close();

    /// Takes out, as `unavailable`, what no batch has taken within limits::queue_wait or its own shorter wait, and what
    /// nobody waits for any more.
    void expire();

    [[nodiscard]] std::size_t queued() const;

  private:
    class Batch;

    [[nodiscard]] std::vector<SubmissionPtr> take_batch();
    void refuse_all();
    void batch_is_stored();
    [[nodiscard]] bool gathers() const;
    static void leave_queue(Submission& submission);

    BatchWriter& writer_;
    Publisher& publisher_;
    AckWaiters& waiters_;
    Reads& reads_;
    Clock clock_;
    const Limits limits_;
    Places waiter_places_;
    Places order_places_;
    Places byte_places_;

    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<SubmissionPtr> queue_;
    bool closed_ = false;
    MonotonicTime gathers_until_{};
};

}  // namespace orderstream::pipeline
