#include "pipeline/publisher.h"

#include <algorithm>
#include <utility>

#include "order/limits.h"
#include "pipeline/events.h"

namespace orderstream::pipeline {

namespace limits = order::limits;

namespace {

constexpr std::chrono::seconds adoption_interval{1};
constexpr std::chrono::seconds purge_interval{60};

}  // namespace

Publisher::Publisher(ports::OrderStore& store, ports::EventPublisher& bus, Clock clock, telemetry::Log& log)
    : store_(store), bus_(bus), clock_(std::move(clock)), log_(log) {}

void Publisher::publish(ports::NoteId note, std::span<const ports::Event> events) {
    const std::lock_guard lock(mutex_);
    // Behind, the oldest go first: this note waits its turn among the others.
    const bool behind = looked_ != left_behind_;
    if (!behind && bus_.state() == ports::BusState::up) {
        // Before the bus can confirm it.
        in_flight_.emplace(note, InFlight{});
        if (bus_.publish(note, events)) return;
        in_flight_.erase(note);
    }
    ++left_behind_;
}

std::vector<ports::NoteId> Publisher::take_settled() {
    hear_confirmations();
    const std::lock_guard lock(mutex_);
    deleting_ = std::exchange(settled_, {});
    return deleting_;
}

void Publisher::give_back_settled(std::vector<ports::NoteId> notes) {
    if (notes.empty()) return;
    const std::lock_guard lock(mutex_);
    if (settled_.empty()) settled_since_ = clock_.now();
    settled_.insert(settled_.end(), notes.begin(), notes.end());
}

void Publisher::hear_confirmations() {
    const ports::EventPublisher::Confirmations heard = bus_.take_confirmations();
    if (heard.settled.empty() && heard.failed.empty()) return;
    const std::lock_guard lock(mutex_);
    for (const ports::NoteId& note : heard.settled) {
        const auto found = in_flight_.find(note);
        if (found == in_flight_.end()) continue;
        if (found->second.from_notes) {
            published_.push_back(note);
        } else {
            if (settled_.empty()) settled_since_ = clock_.now();
            settled_.push_back(note);
        }
        in_flight_.erase(found);
    }
    for (const ports::NoteId& note : heard.failed) {
        in_flight_.erase(note);
        ++left_behind_;
    }
}

void Publisher::keep_house() {
    hear_confirmations();
    delete_idle_notes();
    adopt();
    publish_from_notes();
}

void Publisher::delete_idle_notes() {
    const MonotonicTime now = clock_.now();
    std::vector<ports::NoteId> settled;
    std::vector<ports::NoteId> published;
    {
        const std::lock_guard lock(mutex_);
        if (!settled_.empty() && now - settled_since_ >= limits::note_idle_wait) settled = std::exchange(settled_, {});
        published = std::exchange(published_, {});
    }
    if (!settled.empty() && !store_.delete_notes(settled)) give_back_settled(std::move(settled));
    if (!published.empty() || now >= next_purge_) {
        if (store_.mark_published(published)) {
            next_purge_ = now + purge_interval;
        } else if (!published.empty()) {
            const std::lock_guard lock(mutex_);
            published_.insert(published_.end(), published.begin(), published.end());
        }
    }
}

void Publisher::adopt() {
    const MonotonicTime now = clock_.now();
    if (now < next_adoption_) return;
    next_adoption_ = now + adoption_interval;
    const auto adopted = store_.adopt_notes();
    if (!adopted || *adopted == 0) return;
    log_.info("took over the notes of a session that is gone", {{"notes", *adopted}});
    const std::lock_guard lock(mutex_);
    ++left_behind_;
}

void Publisher::publish_from_notes() {
    std::uint64_t answered = 0;
    {
        const std::lock_guard lock(mutex_);
        if (looked_ == left_behind_) return;
        answered = left_behind_;
    }
    std::optional<ports::NoteId> after;
    for (;;) {
        if (bus_.state() == ports::BusState::away) return;
        const auto notes = store_.open_notes(after, limits::notes_read_max);
        if (!notes) return;
        for (const ports::Note& note : *notes) {
            after = note.id;
            if (!publish_note(note)) return;
        }
        if (notes->size() < limits::notes_read_max) break;
    }
    // A batch that came meanwhile has counted on: then there is another look.
    const std::lock_guard lock(mutex_);
    looked_ = answered;
}

bool Publisher::publish_note(const ports::Note& note) {
    {
        const std::lock_guard lock(mutex_);
        // Already with the bus, or safe and about to go.
        const auto waits = [&note](const ports::NoteId& other) { return other == note.id; };
        if (in_flight_.contains(note.id) || std::ranges::any_of(settled_, waits) ||
            std::ranges::any_of(deleting_, waits) || std::ranges::any_of(published_, waits)) {
            return true;
        }
    }
    std::vector<order::OrderId> ids;
    ids.reserve(note.entries.size());
    for (const ports::NoteEntry& entry : note.entries) ids.push_back(entry.order_id);
    const auto rows = store_.fetch(ids);
    if (!rows) return false;

    std::vector<ports::Event> events;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const order::OrderPtr& row = (*rows)[i];
        // A later version has a note of its own.
        if (row == nullptr || note.entries[i].version == 0 || row->version != note.entries[i].version) continue;
        events.push_back(make_event(row, note.entries[i].type, {}));
    }
    const std::lock_guard lock(mutex_);
    in_flight_.emplace(note.id, InFlight{.from_notes = true});
    if (bus_.publish(note.id, events)) return true;
    in_flight_.erase(note.id);
    return false;
}

}  // namespace orderstream::pipeline
