#include "pipeline/intake.h"

#include <algorithm>
#include <utility>

#include "order/limits.h"
#include "pipeline/events.h"

namespace orderstream::pipeline {

namespace limits = order::limits;

namespace {

Outcome outcome_for(const Submission& submission, Result result) {
    Outcome outcome;
    outcome.result = result;
    outcome.order_id = submission.change.order_id;
    return outcome;
}

/// How a change that did not apply ends, told by the row that is there.
Outcome explain(const order::Change& change, const order::Order* row) {
    Outcome outcome;
    outcome.order_id = change.order_id;
    const order::Verdict verdict = order::judge(change, row);
    // Of another customer's order nothing is told.
    if (row != nullptr && verdict != order::Verdict::not_found) {
        outcome.version = row->version;
        outcome.status = row->status;
        outcome.allowed = order::lifecycle_of(row->kind).allowed_from(row->status);
    }
    switch (verdict) {
        // The row has changed since the change missed it: nothing was accepted, and a retry will tell.
        case order::Verdict::applied: outcome.result = Result::unavailable; break;
        case order::Verdict::unchanged: outcome.result = Result::unchanged; break;
        case order::Verdict::replayed: outcome.result = Result::stored; break;
        case order::Verdict::not_found: outcome.result = Result::not_found; break;
        case order::Verdict::kind_differs: outcome.result = Result::kind_differs; break;
        case order::Verdict::deleted: outcome.result = Result::deleted; break;
        case order::Verdict::cancelled: outcome.result = Result::cancelled; break;
        case order::Verdict::version_mismatch: outcome.result = Result::version_mismatch; break;
        case order::Verdict::not_allowed: outcome.result = Result::not_allowed; break;
        case order::Verdict::key_reused: outcome.result = Result::key_reused; break;
    }
    return outcome;
}

/// The answer to a create that was made before: as the create's would be now. `stored`: not processed yet.
Outcome replay(Outcome outcome, const order::Order& row) {
    outcome.replayed = true;
    switch (row.status) {
        case order::Status::deleted: outcome.result = Result::deleted; return outcome;
        case order::Status::cancelled: outcome.result = Result::cancelled; return outcome;
        case order::Status::failed:
            outcome.result = Result::failed;
            outcome.reason = row.failure_reason;
            return outcome;
        case order::Status::new_:
        case order::Status::pending:
        case order::Status::processing:
        case order::Status::done:
        case order::Status::confirmed:
        case order::Status::shipped:
        case order::Status::delivered:
        case order::Status::refunded: break;
    }
    outcome.result = row.version > 1 || row.processed_version >= 1 ? Result::processed : Result::stored;
    return outcome;
}

Result result_of(ports::StoreFault fault) {
    switch (fault) {
        case ports::StoreFault::unavailable:
        case ports::StoreFault::conflict: return Result::unavailable;
        case ports::StoreFault::rejected: return Result::refused;
        case ports::StoreFault::fate_unknown: return Result::fate_unknown;
    }
    return Result::unavailable;
}

}  // namespace

/// One batch on its way: hears what the store made of each change, publishes, and tells the callers.
class Intake::Batch final : public BatchWriter::Sink {
  public:
    Batch(Intake& intake, std::vector<SubmissionPtr> submissions)
        : intake_(intake), submissions_(std::move(submissions)) {}

    /// False when the store is away.
    bool write() {
        std::vector<const order::Change*> changes;
        changes.reserve(submissions_.size());
        for (const SubmissionPtr& submission : submissions_) changes.push_back(&submission->change);
        intake_.writer_.write(changes, *this);
        return !store_is_away_;
    }

    void stored(ports::NoteId note, std::size_t first, std::vector<ports::ChangeResult> results) override {
        std::vector<ports::Event> events;
        std::vector<ports::OrderStamp> stamps;
        std::vector<std::pair<SubmissionPtr, Outcome>> answers;
        events.reserve(results.size());
        stamps.reserve(results.size());

        for (std::size_t i = 0; i < results.size(); ++i) {
            if (!results[i].order) continue;
            const order::Order& row = *results[i].order;
            stamps.push_back({row.id, row.version, row.processed_version});
        }
        // Before anyone is answered, also by a row that was in the way: nobody is shown an older view afterwards.
        intake_.reads_.advance(stamps);

        const bool bus_away = intake_.publisher_.bus_is_away();
        for (std::size_t i = 0; i < results.size(); ++i) {
            SubmissionPtr& submission = submissions_[first + i];
            ports::ChangeResult& result = results[i];
            Outcome outcome = result.applied ? outcome_for(*submission, Result::stored)
                                             : explain(submission->change, result.order ? &*result.order : nullptr);
            int waits_for = 0;
            if (result.applied) {
                outcome.version = result.order->version;
                outcome.status = result.order->status;
                outcome.status_before = result.status_before;
                waits_for = outcome.version;
                events.push_back(take_event(submission->change, std::move(*result.order)));
                outcome.order = events.back().order;
            } else if (submission->change.verb == order::Verb::create && result.order &&
                       outcome.result != Result::key_reused) {
                outcome = replay(std::move(outcome), *result.order);
                waits_for = 1;
            }
            const bool waits = outcome.result == Result::stored && submission->wait.count() > 0 && !bus_away;
            if (waits) {
                // Before the event is out, or its ACK could come too early.
                intake_.waiters_.add(std::move(submission), waits_for, std::move(outcome));
            } else {
                answers.emplace_back(std::move(submission), std::move(outcome));
            }
        }
        intake_.batch_is_stored();
        if (!events.empty()) intake_.publisher_.publish(note, events);
        for (auto& [submission, outcome] : answers) submission->answer(std::move(outcome));
    }

    void not_stored(std::size_t first, std::size_t count, const ports::StoreError& error) override {
        store_is_away_ = store_is_away_ || result_of(error.fault) != Result::refused;
        for (std::size_t i = first; i < first + count; ++i) {
            Outcome outcome = outcome_for(*submissions_[i], result_of(error.fault));
            outcome.reason = error.message;
            submissions_[i]->answer(std::move(outcome));
        }
    }

  private:
    static ports::Event take_event(order::Change& change, order::Order&& row) {
        if (row.payload == nullptr) row.payload = std::move(change.document.payload);
        const order::EventType type = order::event_type_of(change);
        return make_event(std::make_shared<const order::Order>(std::move(row)), type, change.request_id,
                          change.traceparent);
    }

    Intake& intake_;
    std::vector<SubmissionPtr> submissions_;
    bool store_is_away_ = false;
};

Intake::Limits Intake::default_limits() {
    return {.queue_orders = limits::queue_orders_max,
            .queue_bytes = limits::queue_bytes_max,
            .waiters = limits::waiters_max,
            .batch_orders = limits::batch_orders_max,
            .batch_bytes = limits::batch_bytes_max};
}

Intake::Intake(BatchWriter& writer, Publisher& publisher, AckWaiters& waiters, Reads& reads, Clock clock, Limits limits)
    : writer_(writer),
      publisher_(publisher),
      waiters_(waiters),
      reads_(reads),
      clock_(std::move(clock)),
      limits_(limits),
      waiter_places_(limits.waiters),
      order_places_(limits.queue_orders),
      byte_places_(limits.queue_bytes) {}

void Intake::submit(const SubmissionPtr& submission) {
    submission->submitted_at = clock_.now();
    auto order_place = order_places_.take(1);
    auto bytes_place = byte_places_.take(submission->change.bytes());
    auto waiter_place = submission->wait.count() > 0 ? waiter_places_.take(1) : Place();
    if (!order_place || !bytes_place || !waiter_place) {
        submission->answer(outcome_for(*submission, Result::overloaded));
        return;
    }
    submission->queue_order_place = std::move(*order_place);
    submission->queue_bytes_place = std::move(*bytes_place);
    submission->waiter_place = std::move(*waiter_place);
    {
        const std::lock_guard lock(mutex_);
        if (!closed_) {
            queue_.push_back(submission);
            if (queue_.size() == 1 || !gathers()) arrived_.notify_one();
            return;
        }
    }
    leave_queue(*submission);
    submission->answer(outcome_for(*submission, Result::unavailable));
}

void Intake::leave_queue(Submission& submission) {
    submission.queue_order_place.release();
    submission.queue_bytes_place.release();
}

std::vector<SubmissionPtr> Intake::take_batch() {
    std::vector<SubmissionPtr> batch;
    std::size_t bytes = 0;
    const std::lock_guard lock(mutex_);
    while (!queue_.empty() && batch.size() < limits_.batch_orders) {
        const SubmissionPtr& next = queue_.front();
        const std::size_t weight = next->change.bytes();
        // A change whose client is gone leaves before the batch is built.
        if (!next->over()) {
            if (!batch.empty() && bytes + weight > limits_.batch_bytes) break;
            bytes += weight;
            batch.push_back(next);
        }
        leave_queue(*next);
        queue_.pop_front();
    }
    return batch;
}

bool Intake::write_batch() {
    std::vector<SubmissionPtr> submissions = take_batch();
    if (submissions.empty()) return false;
    return Batch(*this, std::move(submissions)).write();
}

void Intake::refuse_all() {
    std::deque<SubmissionPtr> refused;
    {
        const std::lock_guard lock(mutex_);
        refused = std::exchange(queue_, {});
    }
    for (const SubmissionPtr& submission : refused) {
        leave_queue(*submission);
        submission->answer(outcome_for(*submission, Result::unavailable));
    }
}

void Intake::batch_is_stored() {
    const std::lock_guard lock(mutex_);
    gathers_until_ = clock_.now() + limits_.gathering;
}

void Intake::acks_came() {
    const std::lock_guard lock(mutex_);
    if (!queue_.empty() && !gathers()) arrived_.notify_one();
}

bool Intake::gathers() const {
    if (closed_ || queue_.size() >= limits_.batch_orders || clock_.now() >= gathers_until_) return false;
    const std::size_t on_their_way = waiters_.expected();
    return limits_.overlapping ? queue_.size() < on_their_way : on_their_way > 0;
}

void Intake::run() {
    for (;;) {
        bool closed = false;
        {
            std::unique_lock lock(mutex_);
            arrived_.wait(lock, [this] { return closed_ || !queue_.empty(); });
            if (queue_.empty()) return;
            while (gathers()) arrived_.wait_for(lock, gathers_until_ - clock_.now());
            closed = closed_;
        }
        // At the end the store is not waited for: nothing was accepted, and nobody else comes.
        if (!write_batch() && closed) refuse_all();
    }
}

void Intake::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    arrived_.notify_all();
}

void Intake::expire() {
    const MonotonicTime now = clock_.now();
    std::vector<SubmissionPtr> expired;
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(queue_, [&](SubmissionPtr& submission) {
            const std::chrono::milliseconds patience =
                submission->wait.count() > 0 ? std::min<std::chrono::milliseconds>(submission->wait, limits::queue_wait)
                                             : limits::queue_wait;
            if (!submission->over() && now - submission->submitted_at < patience) return false;
            leave_queue(*submission);
            expired.push_back(std::move(submission));
            return true;
        });
    }
    for (const SubmissionPtr& submission : expired) submission->answer(outcome_for(*submission, Result::unavailable));
}

std::size_t Intake::queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

}  // namespace orderstream::pipeline
