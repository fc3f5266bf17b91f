#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "order/ids.h"
#include "pipeline/clock.h"
#include "ports/event_bus.h"
#include "ports/order_store.h"
#include "telemetry/log.h"

namespace orderstream::pipeline {

/// Sees to it that every stored change is published: takes a batch's events to the bus, lets the note go when they can no
/// longer be lost, publishes from the notes what the bus would not take, and adopts the notes of sessions that are gone
/// (the reconciler). Nothing is published again on suspicion. Thread-safe; only keep_house() touches the store.
class Publisher {
public:
    Publisher(ports::OrderStore& store, ports::EventPublisher& bus, Clock clock, telemetry::Log& log);

    /// A batch is durable under `note`. When the bus does not take its events, the note is their queue.
    void publish(ports::NoteId note, std::span<const ports::Event> events);

    /// Notes whose events can no longer be lost, to be deleted in the next batch's transaction.
    [[nodiscard]] std::vector<ports::NoteId> take_settled();
    /// That transaction failed: they are still to be deleted.
    void give_back_settled(std::vector<ports::NoteId> notes);

    /// One round of what is not urgent: deletes settled notes when no batch did it within a second, publishes what
    /// waits in notes, and, every few seconds, looks for notes without an owner. Blocks on the store.
    void keep_house();

    [[nodiscard]] bool bus_is_away() const { return bus_.state() == ports::BusState::away; }

private:
    void hear_confirmations();
    void delete_idle_notes();
    void adopt();
    void publish_from_notes();
    /// False when the bus or the store stopped it.
    bool publish_note(const ports::Note& note);

    ports::OrderStore& store_;
    ports::EventPublisher& bus_;
    Clock clock_;
    telemetry::Log& log_;
    MonotonicTime next_adoption_;
    MonotonicTime next_purge_;

    struct NoteHash {
        std::size_t operator()(const ports::NoteId& id) const noexcept { return order::OrderIdHash{}({id}); }
    };
    struct InFlight {
        bool from_notes = false;  ///< its receipt is kept: whoever wrote it may still ask
    };

    std::mutex mutex_;
    std::unordered_map<ports::NoteId, InFlight, NoteHash> in_flight_;  ///< the bus has them, not yet safe
    std::vector<ports::NoteId> settled_;                               ///< to be deleted
    std::vector<ports::NoteId> deleting_;                              ///< given out by take_settled() last
    std::vector<ports::NoteId> published_;                             ///< to be kept as receipts
    MonotonicTime settled_since_;
    /// Counts every reason to look into the notes; `looked_` is the count a whole look has answered.
    std::uint64_t left_behind_ = 0;
    std::uint64_t looked_ = 0;
};

}  // namespace orderstream::pipeline
