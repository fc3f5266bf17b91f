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
constexpr std::chrono::seconds full_bus_pause{1};
/// In one round. The writer is slower than a look, so it takes few to catch up with it.
constexpr int looks_max = 16;

bool contains(const std::vector<ports::NoteId>& notes, const ports::NoteId& note) {
    return std::ranges::find(notes, note) != notes.end();
}

}  // namespace

Publisher::Publisher(ports::OrderStore& store, ports::EventPublisher& bus, Clock clock, telemetry::Log& log)
    : store_(store), bus_(bus), clock_(std::move(clock)), log_(log) {
    bus_.on_progress([this] { progress_ = true; });
}

std::vector<ports::NoteId> Publisher::begin_batch(ports::NoteId note) {
    hear_confirmations();
    const std::lock_guard lock(mutex_);
    writing_ = note;
    if (!looking_) going_.clear();
    going_.insert(settled_.begin(), settled_.end());
    return std::exchange(settled_, {});
}

void Publisher::give_back_settled(std::vector<ports::NoteId> notes) {
    if (notes.empty()) return;
    const std::lock_guard lock(mutex_);
    if (settled_.empty()) settled_since_ = clock_.now();
    settled_.insert(settled_.end(), notes.begin(), notes.end());
}

void Publisher::publish(ports::NoteId note, std::span<const ports::Event> events) {
    const std::lock_guard lock(mutex_);
    writing_ = {};
    // Behind, the oldest go first: this note waits its turn among the others.
    const bool behind = looked_ != left_behind_;
    if (!behind && bus_.state() == ports::BusState::up) {
        // Before the bus can confirm it.
        in_flight_.emplace(note, InFlight{});
        if (bus_.publish(note, events)) return;
        in_flight_.erase(note);
    }
    leave_behind(note);
}

void Publisher::give_up(ports::NoteId note) {
    const std::lock_guard lock(mutex_);
    writing_ = {};
    from_the_start_ = true;
    leave_behind(note);
}

void Publisher::leave_behind(ports::NoteId note) {
    if (own_.size() < limits::own_notes_max) own_.insert(note);
    ++left_behind_;
}

void Publisher::hear_confirmations() {
    const ports::EventPublisher::Confirmations heard = bus_.take_confirmations();
    if (heard.settled.empty() && heard.failed.empty()) return;
    const std::lock_guard lock(mutex_);
    for (const ports::NoteId& note : heard.settled) {
        const auto found = in_flight_.find(note);
        if (found == in_flight_.end()) continue;
        if (found->second.adopted) {
            published_.push_back(note);
        } else {
            if (settled_.empty()) settled_since_ = clock_.now();
            settled_.push_back(note);
        }
        in_flight_.erase(found);
    }
    for (const ports::NoteId& note : heard.failed) {
        const auto found = in_flight_.find(note);
        if (found == in_flight_.end()) continue;
        from_the_start_ = true;
        if (found->second.adopted) {
            ++left_behind_;
        } else {
            leave_behind(note);
        }
        in_flight_.erase(found);
    }
}

void Publisher::keep_house() {
    hear_confirmations();
    // A store that is away may take long to say so: once in a round is enough.
    store_is_away_ = !delete_settled(false) || !keep_receipts() || !adopt();
    if (!store_is_away_) publish_from_notes();
}

void Publisher::finish() {
    hear_confirmations();
    if (!store_is_away_ && delete_settled(true)) keep_receipts();
}

bool Publisher::waits_for_bus() const {
    if (bus_is_away()) return false;
    const std::lock_guard lock(mutex_);
    return !in_flight_.empty();
}

bool Publisher::delete_settled(bool at_once) {
    std::vector<ports::NoteId> settled;
    {
        const std::lock_guard lock(mutex_);
        const bool overdue = clock_.now() - settled_since_ >= limits::note_idle_wait;
        if (at_once || overdue) settled = std::exchange(settled_, {});
    }
    if (settled.empty() || store_.delete_notes(settled)) return true;
    give_back_settled(std::move(settled));
    return false;
}

bool Publisher::keep_receipts() {
    std::vector<ports::NoteId> published;
    {
        const std::lock_guard lock(mutex_);
        published = std::exchange(published_, {});
    }
    const MonotonicTime now = clock_.now();
    if (published.empty() && now < next_purge_) return true;
    next_purge_ = now + purge_interval;
    if (store_.mark_published(published)) return true;
    const std::lock_guard lock(mutex_);
    published_.insert(published_.end(), published.begin(), published.end());
    return false;
}

bool Publisher::adopt() {
    const MonotonicTime now = clock_.now();
    if (now < next_adoption_) return true;
    next_adoption_ = now + adoption_interval;
    const auto adopted = store_.adopt_notes();
    if (!adopted) return false;
    if (*adopted == 0) return true;
    log_.info("took over the notes of a session that is gone", {{"notes", *adopted}});
    const std::lock_guard lock(mutex_);
    from_the_start_ = true;
    ++left_behind_;
    return true;
}

void Publisher::publish_from_notes() {
    if (!progress_.exchange(false) && clock_.now() < next_attempt_) return;
    for (int looks = 0; looks < looks_max; ++looks) {
        std::uint64_t answered = 0;
        {
            const std::lock_guard lock(mutex_);
            if (looked_ == left_behind_) return;
            answered = left_behind_;
            looking_ = true;
            if (std::exchange(from_the_start_, false)) position_.reset();
        }
        const bool whole = publish_open_notes();
        const std::lock_guard lock(mutex_);
        looking_ = false;
        if (!whole) return;
        // A batch that came meanwhile has counted on: then there is another look.
        looked_ = answered;
    }
}

bool Publisher::publish_open_notes() {
    std::optional<ports::NoteId> after = position_;
    bool in_sequence = true;
    for (;;) {
        if (bus_.state() == ports::BusState::away) return false;
        const auto notes = store_.open_notes(after, limits::notes_read_max);
        if (!notes) return false;
        for (const ports::Note& note : *notes) {
            const Look look = look_at(note);
            if (look == Look::refused) return false;
            after = note.id;
            in_sequence = in_sequence && look == Look::handled;
            if (in_sequence) position_ = note.id;
        }
        if (notes->size() < limits::notes_read_max) return true;
    }
}

Publisher::Look Publisher::look_at(const ports::Note& note) {
    {
        const std::lock_guard lock(mutex_);
        if (note.id == writing_) return Look::the_writers;
        const bool safe = contains(settled_, note.id) || contains(published_, note.id) || going_.contains(note.id);
        if (safe || in_flight_.contains(note.id)) return Look::handled;
    }
    std::vector<order::OrderId> ids;
    ids.reserve(note.entries.size());
    for (const ports::NoteEntry& entry : note.entries) ids.push_back(entry.order_id);
    const auto rows = store_.fetch(ids);
    if (!rows) return Look::refused;

    std::vector<ports::Event> events;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const order::OrderPtr& row = (*rows)[i];
        // A later version has a note of its own.
        if (row == nullptr || note.entries[i].version == 0 || row->version != note.entries[i].version) continue;
        events.push_back(make_event(row, note.entries[i].type, {}, {}));
    }
    const std::lock_guard lock(mutex_);
    in_flight_.emplace(note.id, InFlight{.adopted = !own_.contains(note.id)});
    if (bus_.publish(note.id, events)) {
        own_.erase(note.id);
        return Look::handled;
    }
    in_flight_.erase(note.id);
    next_attempt_ = clock_.now() + full_bus_pause;
    return Look::refused;
}

}  // namespace orderstream::pipeline
