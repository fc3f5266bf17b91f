#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "order/ids.h"
#include "pipeline/clock.h"
#include "ports/event_bus.h"
#include "ports/order_store.h"
#include "telemetry/log.h"

namespace orderstream::pipeline {

/// Sees to it that every stored change is published: takes a batch's events to the bus, lets the note go when they can
/// no longer be lost, publishes from the notes what the bus would not take, and adopts the notes of sessions that are
/// gone (the reconciler). Nothing is published again on suspicion. Thread-safe; only keep_house() and finish() touch
/// the store, on one thread at a time. The bus calls it on progress, so it must outlive the bus's last event.
class Publisher {
  public:
    Publisher(ports::OrderStore& store, ports::EventPublisher& bus, Clock clock, telemetry::Log& log);

    /// A batch is about to be written under `note`, which is the writer's until publish(). Returns the notes whose
    /// events can no longer be lost, to be deleted in the same transaction.
    [[nodiscard]] std::vector<ports::NoteId> begin_batch(ports::NoteId note);
    /// That transaction failed: they are still to be deleted.
    void give_back_settled(std::vector<ports::NoteId> notes);

    /// A batch is durable under `note`. When the bus does not take its events, the note is their queue.
    void publish(ports::NoteId note, std::span<const ports::Event> events);
    /// The writer has given `note` up without knowing whether it was stored.
    void give_up(ports::NoteId note);

    /// One round of what is not urgent: deletes settled notes when no batch did it within a second, publishes what
    /// waits in notes, and, every second, looks for notes without an owner. Blocks on the store.
    void keep_house();

    /// The last round: what has settled need not be looked at by the next session. Not if the store is away.
    void finish();

    [[nodiscard]] bool bus_is_away() const { return bus_.state() == ports::BusState::away; }
    /// The bus is there and has events that it has not yet made safe.
    [[nodiscard]] bool waits_for_bus() const;

  private:
    struct NoteHash {
        std::size_t operator()(const ports::NoteId& id) const noexcept { return order::OrderIdHash{}({id}); }
    };
    struct InFlight {
        bool adopted = false;  ///< its receipt is kept: whoever wrote it may still ask
    };
    using NoteSet = std::unordered_set<ports::NoteId, NoteHash>;

    void hear_confirmations();
    // False when the store is away.
    bool delete_settled(bool at_once);
    bool keep_receipts();
    bool adopt();
    void publish_from_notes();
    /// False when the bus or the store stopped it.
    bool publish_open_notes();
    enum class Look { handled, refused, the_writers };
    Look look_at(const ports::Note& note);
    void leave_behind(ports::NoteId note);

    ports::OrderStore& store_;
    ports::EventPublisher& bus_;
    Clock clock_;
    telemetry::Log& log_;

    // The housekeeper's own.
    bool store_is_away_ = false;  ///< as the last round saw it
    MonotonicTime next_adoption_{};
    MonotonicTime next_purge_{};
    MonotonicTime next_attempt_{};           ///< after the bus was full, unless it says that it has room again
    std::optional<ports::NoteId> position_;  ///< up to here, no note waits to be published

    std::atomic<bool> progress_ = false;

    mutable std::mutex mutex_;
    std::unordered_map<ports::NoteId, InFlight, NoteHash> in_flight_;  ///< the bus has them, not yet safe
    std::vector<ports::NoteId> settled_;                               ///< to be deleted
    std::vector<ports::NoteId> published_;                             ///< to be kept as receipts
    MonotonicTime settled_since_{};
    ports::NoteId writing_{};  ///< the writer's
    NoteSet own_;  ///< left behind by this writer, who needs no receipt; bounded: a forgotten one is kept longer
    /// Counts every reason to look into the notes; `looked_` is the count a whole look has answered.
    std::uint64_t left_behind_ = 0;
    std::uint64_t looked_ = 0;
    bool from_the_start_ = true;  ///< the next look is
    bool looking_ = false;
    NoteSet going_;  ///< given out to be deleted, and a look may still have read them
};

}  // namespace orderstream::pipeline
