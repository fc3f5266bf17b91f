#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ports/order_store.h"
#include "postgres/connection.h"
#include "postgres/notes.h"

namespace orderstream::postgres {

/// What one transaction of the writer stores: the changes, the note that names them, and the end of notes that have
/// settled. It goes out by the statements of `changes`, `checkout_parts` and `notes`, and lives no longer than what it
/// views.
struct Batch {
    ports::NoteId note;
    std::span<const order::Change* const> changes;
    std::span<const ports::NoteId> settled;
    notes::Owner owner;

    /// From BEGIN to COMMIT. One round trip where nothing can stand in the way of any change, two or more where it
    /// takes the first answer to know what the note says. Empty: an order was changed by somebody else meanwhile;
    /// nothing is stored, and the batch is to be tried again. Throws Failure, and may leave its transaction open then.
    [[nodiscard]] std::optional<std::vector<ports::ChangeResult>> store(Connection& connection) const;

  private:
    using Results = std::vector<ports::ChangeResult>;

    [[nodiscard]] std::optional<Results> store_new(Connection& connection) const;
    void add_end(Connection& connection, const Results& results) const;
};

}  // namespace orderstream::postgres
