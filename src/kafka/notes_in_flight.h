#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "order/limits.h"
#include "ports/event_bus.h"

namespace orderstream::kafka {

/// Which notes the producer has, how many of their events are still unreported, and what became of the others.
/// A note settles when all its events are acknowledged and fails when all are reported and one was not. Not
/// thread-safe.
class NotesInFlight {
  public:
    struct Bounds {
        std::size_t events_max = order::limits::bus_events_max;
        std::size_t bytes_max = order::limits::bus_bytes_max;
    };
    /// Names one publication of a note; they grow.
    using Tag = std::uint64_t;

    explicit NotesInFlight(Bounds bounds) : bounds_(bounds) {}

    /// A note larger than the bounds goes in alone.
    [[nodiscard]] bool fits(std::size_t events, std::size_t bytes) const;
    Tag begin(ports::NoteId note, std::size_t events, std::size_t bytes);
    /// As if it had never been there: none of its events went out.
    void cancel(Tag tag);
    /// A tag that is not there is ignored: it was given up.
    void report(Tag tag, bool acknowledged, std::size_t events = 1);
    /// No more reports will come for any of them: they have failed.
    void give_up_all();

    void settle(ports::NoteId note) { heard_.settled.push_back(note); }
    [[nodiscard]] ports::EventPublisher::Confirmations take() { return std::exchange(heard_, {}); }
    [[nodiscard]] bool has_news() const { return !heard_.settled.empty() || !heard_.failed.empty(); }

    [[nodiscard]] bool empty() const { return notes_.empty(); }
    [[nodiscard]] std::size_t events() const { return events_; }

  private:
    struct Entry {
        ports::NoteId note;
        std::size_t events;
        std::size_t bytes;
        std::size_t unreported;
        bool failed = false;
    };
    void forget(std::map<Tag, Entry>::iterator entry);

    const Bounds bounds_;
    std::map<Tag, Entry> notes_;
    Tag last_tag_ = 0;
    std::size_t events_ = 0;
    std::size_t bytes_ = 0;
    ports::EventPublisher::Confirmations heard_;
};

}  // namespace orderstream::kafka
