#include "kafka/notes_in_flight.h"

#include <algorithm>

namespace orderstream::kafka {

bool NotesInFlight::fits(std::size_t events, std::size_t bytes) const {
    return notes_.empty() || (events_ + events <= bounds_.events_max && bytes_ + bytes <= bounds_.bytes_max);
}

NotesInFlight::Tag NotesInFlight::begin(ports::NoteId note, std::size_t events, std::size_t bytes) {
    notes_.emplace_hint(notes_.end(), ++last_tag_,
                        Entry{.note = note, .events = events, .bytes = bytes, .unreported = events});
    events_ += events;
    bytes_ += bytes;
    return last_tag_;
}

void NotesInFlight::forget(std::map<Tag, Entry>::iterator entry) {
    events_ -= entry->second.events;
    bytes_ -= entry->second.bytes;
    notes_.erase(entry);
}

void NotesInFlight::cancel(Tag tag) {
    if (const auto entry = notes_.find(tag); entry != notes_.end()) forget(entry);
}

void NotesInFlight::report(Tag tag, bool acknowledged, std::size_t events) {
    const auto found = notes_.find(tag);
    if (found == notes_.end()) return;
    Entry& entry = found->second;
    entry.failed = entry.failed || !acknowledged;
    entry.unreported -= std::min(events, entry.unreported);
    if (entry.unreported > 0) return;
    (entry.failed ? heard_.failed : heard_.settled).push_back(entry.note);
    forget(found);
}

void NotesInFlight::give_up_all() {
    for (const auto& [tag, entry] : notes_) heard_.failed.push_back(entry.note);
    notes_.clear();
    events_ = 0;
    bytes_ = 0;
}

}  // namespace orderstream::kafka
