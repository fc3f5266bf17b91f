#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "order/ids.h"
#include "pipeline/clock.h"
#include "pipeline/publisher.h"
#include "ports/order_store.h"
#include "telemetry/log.h"

namespace orderstream::pipeline {

/// Gets a batch into the store whatever the store says (DESIGN 4, Errors): halves a batch that is refused until the
/// culprit stands alone, repeats one that collided, and settles a commit of unknown fate by its note. Used by the
/// writer's thread alone; blocks as long as the store does, and up to limits::unknown_fate_wait beyond.
class BatchWriter {
  public:
    /// Hears what became of the batch, piece by piece in the batch's order; every change is in exactly one piece.
    class Sink {
      public:
        virtual ~Sink() = default;
        /// Durable under `note`: one result for each change from the `first` on.
        virtual void stored(ports::NoteId note, std::size_t first, std::vector<ports::ChangeResult> results) = 0;
        /// `rejected`: this change alone is refused. `unavailable`: nothing was accepted. `fate_unknown`: given up.
        virtual void not_stored(std::size_t first, std::size_t count, const ports::StoreError& error) = 0;
    };

    /// `give_up`: true once the process is leaving, so that an unknown fate is not waited for.
    BatchWriter(ports::OrderStore& store, Publisher& publisher, order::Uuid7Source& ids, Clock clock,
                std::function<bool()> give_up, telemetry::Log& log);

    void write(std::span<const order::Change* const> changes, Sink& sink);

  private:
    void write_from(std::size_t first, std::span<const order::Change* const> changes, Sink& sink);
    /// The results the note remembers, none when the batch was not committed.
    ports::StoreResult<std::optional<std::vector<ports::ChangeResult>>> settle(
        ports::NoteId note, std::span<const order::Change* const> changes);

    ports::OrderStore& store_;
    Publisher& publisher_;
    order::Uuid7Source& ids_;
    Clock clock_;
    std::function<bool()> give_up_;
    telemetry::Log& log_;
};

}  // namespace orderstream::pipeline
