#include "unit/pipeline/support/faulty_store.h"

#include <algorithm>
#include <utility>

namespace orderstream::pipeline::testing {

using ports::StoreFault;
using ports::StoreResult;

void FaultyStore::fail(Call call, StoreFault fault, int times) {
    const std::lock_guard lock(mutex_);
    faults_[call].insert(faults_[call].end(), static_cast<std::size_t>(times), Fault{fault});
}

void FaultyStore::lose_the_answer(Call call) {
    const std::lock_guard lock(mutex_);
    faults_[call].push_back({.fault = StoreFault::fate_unknown, .done_all_the_same = true});
}

void FaultyStore::forget() {
    const std::lock_guard lock(mutex_);
    faults_.clear();
}

void FaultyStore::set_away(bool away) {
    const std::lock_guard lock(mutex_);
    away_ = away;
}

void FaultyStore::reject(const order::OrderId& id) {
    const std::lock_guard lock(mutex_);
    rejected_.insert(id);
}

void FaultyStore::before(Call call, std::function<void()> happens) {
    const std::lock_guard lock(mutex_);
    before_[call] = std::move(happens);
}

void FaultyStore::after(Call call, std::function<void()> happens) {
    const std::lock_guard lock(mutex_);
    after_[call] = std::move(happens);
}

int FaultyStore::calls(Call call) const { return static_cast<int>(sizes(call).size()); }

std::vector<std::size_t> FaultyStore::sizes(Call call) const {
    const std::lock_guard lock(mutex_);
    const auto found = sizes_.find(call);
    return found == sizes_.end() ? std::vector<std::size_t>() : found->second;
}

bool FaultyStore::is_rejected(const order::OrderId& id) const {
    const std::lock_guard lock(mutex_);
    return rejected_.contains(id);
}

std::optional<FaultyStore::Fault> FaultyStore::meet(Call call, std::size_t size, bool holds_rejected) {
    std::function<void()> happens;
    {
        const std::lock_guard lock(mutex_);
        sizes_[call].push_back(size);
        if (const auto found = before_.find(call); found != before_.end()) happens = found->second;
    }
    if (happens) happens();
    const std::lock_guard lock(mutex_);
    if (away_) return Fault{StoreFault::unavailable};
    if (std::deque<Fault>& faults = faults_[call]; !faults.empty()) {
        const Fault fault = faults.front();
        faults.pop_front();
        return fault;
    }
    if (holds_rejected) return Fault{StoreFault::rejected};
    return std::nullopt;
}

void FaultyStore::leave(Call call) {
    std::function<void()> happens;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = after_.find(call); found != after_.end()) happens = found->second;
    }
    if (happens) happens();
}

template <class Run>
auto FaultyStore::run(Call call, std::size_t size, bool holds_rejected, Run run_it) -> decltype(run_it()) {
    const std::optional<Fault> fault = meet(call, size, holds_rejected);
    if (!fault) {
        auto result = run_it();
        leave(call);
        return result;
    }
    if (fault->done_all_the_same) {
        if (auto result = run_it(); !result) return result;
    }
    leave(call);
    return tl::unexpected(ports::StoreError{fault->fault, "told to fail"});
}

StoreResult<std::vector<ports::ChangeResult>> FaultyStore::apply(ports::NoteId note,
                                                                 std::span<const order::Change* const> changes,
                                                                 std::span<const ports::NoteId> settled) {
    const bool rejected =
        std::ranges::any_of(changes, [&](const auto* change) { return is_rejected(change->order_id); });
    return run(Call::apply, changes.size(), rejected, [&] { return store_.apply(note, changes, settled); });
}

StoreResult<std::optional<ports::Note>> FaultyStore::receipt(ports::NoteId note) {
    return run(Call::receipt, 1, false, [&] { return store_.receipt(note); });
}

StoreResult<std::vector<ports::Note>> FaultyStore::open_notes(std::optional<ports::NoteId> after, std::size_t limit) {
    return run(Call::open_notes, limit, false, [&] { return store_.open_notes(after, limit); });
}

StoreResult<void> FaultyStore::delete_notes(std::span<const ports::NoteId> notes) {
    return run(Call::delete_notes, notes.size(), false, [&] { return store_.delete_notes(notes); });
}

StoreResult<std::size_t> FaultyStore::adopt_notes() {
    return run(Call::adopt_notes, 0, false, [&] { return store_.adopt_notes(); });
}

StoreResult<void> FaultyStore::mark_published(std::span<const ports::NoteId> notes) {
    return run(Call::mark_published, notes.size(), false, [&] { return store_.mark_published(notes); });
}

StoreResult<std::vector<ports::StepResult>> FaultyStore::take_steps(std::span<const ports::Step> steps) {
    const auto begins = [](const ports::Step& step) { return step.kind == ports::Step::Kind::begun; };
    const bool rejected =
        std::ranges::any_of(steps, [&](const auto& step) { return !begins(step) && is_rejected(step.order.id); });
    return run(std::ranges::all_of(steps, begins) ? Call::begin : Call::complete, steps.size(), rejected,
               [&] { return store_.take_steps(steps); });
}

StoreResult<void> FaultyStore::defer(std::span<const ports::Deferral> deferrals) {
    const bool rejected =
        std::ranges::any_of(deferrals, [&](const auto& deferral) { return is_rejected(deferral.order.id); });
    return run(Call::defer, deferrals.size(), rejected, [&] { return store_.defer(deferrals); });
}

StoreResult<std::vector<ports::DueRetry>> FaultyStore::claim_due(std::size_t limit, std::chrono::milliseconds lease) {
    return run(Call::claim_due, limit, false, [&] { return store_.claim_due(limit, lease); });
}

StoreResult<void> FaultyStore::delete_retries(std::span<const order::OrderVersion> retries) {
    return run(Call::delete_retries, retries.size(), false, [&] { return store_.delete_retries(retries); });
}

StoreResult<std::vector<order::OrderPtr>> FaultyStore::fetch(std::span<const order::OrderId> ids) {
    return run(Call::fetch, ids.size(), false, [&] { return store_.fetch(ids); });
}

StoreResult<std::vector<order::OrderPtr>> FaultyStore::fetch_heads(std::span<const order::OrderId> ids) {
    return run(Call::fetch_heads, ids.size(), false, [&] { return store_.fetch_heads(ids); });
}

StoreResult<std::vector<order::OrderPtr>> FaultyStore::find_by_external(std::span<const ExternalKey> keys) {
    return run(Call::find_by_external, keys.size(), false, [&] { return store_.find_by_external(keys); });
}

std::string FaultyStore::trouble() { return store_.trouble(); }

}  // namespace orderstream::pipeline::testing
