#pragma once

#include <span>
#include <vector>

#include "ports/order_store.h"
#include "sqlite/statement.h"

namespace orderstream::sqlite {

/// Names the session that wrote a note.
using Owner = std::int64_t;

/// The notes of batches, as the writing connection changes them within its transaction.
class Notes {
  public:
    Notes(Connection& writer, Owner owner);

    void add(const ports::Note& note, order::Time now);
    void remove(std::span<const ports::NoteId> notes);
    /// Of all other owners: since one process holds the data directory, their sessions are gone.
    [[nodiscard]] std::size_t adopt();
    /// Marks them as published and lets old receipts go.
    void mark_published(std::span<const ports::NoteId> notes, order::Time now);

  private:
    Owner owner_;
    Statement insert_;
    Statement remove_;
    Statement adopt_;
    Statement publish_;
    Statement remove_receipts_;
};

/// The same, as they are read.
class NoteReader {
  public:
    explicit NoteReader(Connection& connection);

    [[nodiscard]] std::optional<ports::Note> find(const ports::NoteId& note);
    /// Those of `owner` that are not marked as published, oldest first.
    [[nodiscard]] std::vector<ports::Note> open(Owner owner, const std::optional<ports::NoteId>& after,
                                                std::size_t limit);

  private:
    Statement find_;
    Statement open_;
};

}  // namespace orderstream::sqlite
