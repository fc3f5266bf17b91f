#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "order/change.h"
#include "pipeline/clock.h"
#include "pipeline/outcome.h"
#include "pipeline/places.h"

namespace orderstream::pipeline {

/// One change on its way and the caller who wants to hear of it. Shared by the door (which may abandon it), the queue
/// and the waiters. The answer is given exactly once, from any thread of the pipeline, and must only hand on.
class Submission {
  public:
    using Answer = std::function<void(Outcome)>;

    /// `wait`: how long the caller is ready to wait for the worker; zero: only until it is stored.
    Submission(order::Change what, std::chrono::milliseconds how_long, Answer answer)
        : change(std::move(what)), wait(how_long), answer_(std::move(answer)) {}

    /// Gives the answer; every call but the first does nothing. True for the one that did.
    bool answer(Outcome outcome) {
        if (!end()) return false;
        if (answer_) answer_(std::move(outcome));
        return true;
    }

    /// The caller is gone: it hears nothing any more, and a change not yet in a batch is dropped.
    void abandon() { end(); }

    /// Answered or abandoned: nobody listens.
    [[nodiscard]] bool over() const { return over_.load(std::memory_order_acquire); }

    order::Change change;
    const std::chrono::milliseconds wait;

    // The intake's own.
    MonotonicTime submitted_at{};
    Place waiter_place;
    Place queue_order_place;
    Place queue_bytes_place;

  private:
    /// True for the one call that ends it. Whoever keeps the submission longer keeps no waiter's place with it.
    bool end() {
        if (over_.exchange(true, std::memory_order_acq_rel)) return false;
        waiter_place.release();
        return true;
    }

    Answer answer_;
    std::atomic<bool> over_ = false;
};

using SubmissionPtr = std::shared_ptr<Submission>;

}  // namespace orderstream::pipeline
