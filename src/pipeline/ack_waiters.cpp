#include "pipeline/ack_waiters.h"

#include <algorithm>
#include <utility>

#include "order/limits.h"

namespace orderstream::pipeline {

namespace limits = order::limits;

namespace {

/// How long after its deadline a waiter still hopes for the last look-up.
constexpr std::chrono::milliseconds last_look_grace{1000};

}  // namespace

Outcome outcome_of_processing(Outcome stored, int version, int row_version, order::Status status,
                              const std::string& failure_reason) {
    stored.status = status;
    const bool overtaken = row_version > version;
    if (!overtaken && status == order::Status::failed) {
        stored.result = Result::failed;
        stored.reason = failure_reason;
    } else {
        stored.result = Result::processed;
    }
    return stored;
}

AckWaiters::AckWaiters(ports::OrderStore& store, Reads& reads, Clock clock)
    : store_(store), reads_(reads), clock_(std::move(clock)) {}

void AckWaiters::add(SubmissionPtr submission, int version, Outcome stored) {
    const MonotonicTime now = clock_.now();
    Waiter waiter{.submission = std::move(submission),
                  .version = version,
                  .stored = std::move(stored),
                  .deadline = {},
                  .next_look = now + limits::first_lookup_after,
                  .interval = limits::first_lookup_after,
                  .expected = {}};
    waiter.deadline = waiter.submission->submitted_at + waiter.submission->wait;
    const std::lock_guard lock(mutex_);
    // Checked under the lock: whoever abandons it later finds it here.
    if (waiter.submission->over()) return;
    waiter.deadline = std::min(waiter.deadline, end_);
    next_due_ = std::min({next_due_, waiter.next_look, waiter.deadline});
    if (auto place = expected_.take(1)) waiter.expected = std::move(*place);
    waiters_[waiter.stored.order_id].push_back(std::move(waiter));
}

void AckWaiters::hear(std::span<const ports::Ack> acks) {
    std::vector<Answer> answers;
    {
        const std::lock_guard lock(mutex_);
        for (const ports::Ack& ack : acks) settle(progress_of(ack), answers);
    }
    give(answers);
}

AckWaiters::Progress AckWaiters::progress_of(const ports::Ack& ack) {
    const bool superseded = ack.status == ports::Ack::Status::superseded;
    return {.id = ack.order_id,
            .version = std::max(superseded ? ack.version + 1 : ack.version, ack.processed_version),
            .processed_version = ack.processed_version,
            .status = ack.order_status,
            .failure_reason = &ack.error};
}

AckWaiters::Progress AckWaiters::progress_of(const order::Order& row) {
    return {.id = row.id,
            .version = row.version,
            .processed_version = row.processed_version,
            .status = row.status,
            .failure_reason = &row.failure_reason};
}

void AckWaiters::settle(const Progress& progress, std::vector<Answer>& answers) {
    const auto entry = waiters_.find(progress.id);
    if (entry == waiters_.end()) return;
    std::erase_if(entry->second, [&](Waiter& waiter) {
        const bool heard = progress.processed_version >= waiter.version || progress.version > waiter.version;
        if (!heard) return false;
        answers.push_back({std::move(waiter.submission),
                           outcome_of_processing(std::move(waiter.stored), waiter.version, progress.version,
                                                 progress.status, *progress.failure_reason)});
        return true;
    });
    drop_if_empty(entry);
}

void AckWaiters::drop_if_empty(Waiters::iterator entry) {
    if (entry->second.empty()) waiters_.erase(entry);
}

void AckWaiters::give(std::vector<Answer>& answers) {
    for (Answer& answer : answers) answer.submission->answer(std::move(answer.outcome));
}

void AckWaiters::forget(const SubmissionPtr& submission) {
    SubmissionPtr last;  // destroyed after the lock is free
    const std::lock_guard lock(mutex_);
    const auto entry = waiters_.find(submission->change.order_id);
    if (entry == waiters_.end()) return;
    const auto found = std::ranges::find(entry->second, submission, &Waiter::submission);
    if (found == entry->second.end()) return;
    last = std::move(found->submission);
    entry->second.erase(found);
    drop_if_empty(entry);
}

bool AckWaiters::look_up() {
    const MonotonicTime now = clock_.now();
    std::vector<order::OrderId> ids;
    bool more = false;
    {
        const std::lock_guard lock(mutex_);
        if (now < next_due_) return false;
        next_due_ = MonotonicTime::max();
        for (auto& [id, waiters] : waiters_) {
            const bool due = std::ranges::any_of(
                waiters, [now](const Waiter& waiter) { return waiter.next_look <= now || waiter.deadline <= now; });
            if (due && ids.size() == limits::lookup_orders_max) {
                more = true;
                next_due_ = now;
                break;
            }
            if (due) ids.push_back(id);
            for (Waiter& waiter : waiters) {
                if (waiter.next_look <= now) {
                    waiter.expected.release();
                    waiter.interval =
                        std::min<std::chrono::milliseconds>(waiter.interval * 2, limits::last_lookup_interval);
                    waiter.next_look = now + waiter.interval;
                }
                next_due_ = std::min({next_due_, waiter.next_look, waiter.deadline});
            }
        }
    }
    if (ids.empty()) return false;

    const auto rows = store_.fetch_heads(ids);
    if (rows) {
        std::vector<ports::OrderStamp> stamps;
        for (const order::OrderPtr& row : *rows) {
            if (row != nullptr) stamps.push_back({row->id, row->version, row->processed_version});
        }
        reads_.advance(stamps);
    }
    std::vector<Answer> answers;
    {
        const std::lock_guard lock(mutex_);
        if (rows) {
            for (const order::OrderPtr& row : *rows) {
                if (row != nullptr) settle(progress_of(*row), answers);
            }
            fallbacks_ += answers.size();
        }
        for (const order::OrderId& id : ids) {
            const auto entry = waiters_.find(id);
            if (entry == waiters_.end()) continue;
            std::erase_if(entry->second, [&](Waiter& waiter) {
                if (waiter.deadline > now) return false;
                answers.push_back({std::move(waiter.submission), std::move(waiter.stored)});
                return true;
            });
            drop_if_empty(entry);
        }
    }
    give(answers);
    return more;
}

void AckWaiters::expire() {
    const MonotonicTime limit = clock_.now() - last_look_grace;
    std::vector<Answer> answers;
    {
        const std::lock_guard lock(mutex_);
        if (limit < next_due_) return;
        for (auto entry = waiters_.begin(); entry != waiters_.end();) {
            std::erase_if(entry->second, [&](Waiter& waiter) {
                if (waiter.deadline > limit) return false;
                answers.push_back({std::move(waiter.submission), std::move(waiter.stored)});
                return true;
            });
            entry = entry->second.empty() ? waiters_.erase(entry) : std::next(entry);
        }
    }
    give(answers);
}

void AckWaiters::shorten_deadlines(MonotonicTime deadline) {
    const std::lock_guard lock(mutex_);
    next_due_ = std::min(next_due_, deadline);
    for (auto& [id, waiters] : waiters_) {
        for (Waiter& waiter : waiters) waiter.deadline = std::min(waiter.deadline, deadline);
    }
}

void AckWaiters::end_by(MonotonicTime deadline) {
    {
        const std::lock_guard lock(mutex_);
        end_ = std::min(end_, deadline);
    }
    shorten_deadlines(deadline);
}

std::size_t AckWaiters::size() const {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& [id, waiters] : waiters_) count += waiters.size();
    return count;
}

std::uint64_t AckWaiters::fallbacks() const {
    const std::lock_guard lock(mutex_);
    return fallbacks_;
}

}  // namespace orderstream::pipeline
