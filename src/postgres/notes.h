#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "ports/order_store.h"
#include "postgres/connection.h"

/// The notes of batches: the table `batches`.
namespace orderstream::postgres::notes {

/// Names the session that wrote a note, and the advisory lock that says whether that session is still there.
using Owner = std::int64_t;

[[nodiscard]] std::vector<Statement> statements();

// Within the writer's transaction: what is added goes out with its COMMIT.
void add(Connection& connection, const ports::Note& note, Owner owner);
/// The transaction's time, from what the note's own statement answered.
[[nodiscard]] order::Time stored_at(const Rows& added);
void add_removal(Connection& connection, std::span<const ports::NoteId> notes);

// Transactions of their own, on the session of `owner`.
/// Takes over the notes of all sessions that are gone. Each is asked for by its lock, which is kept only until this
/// commits.
[[nodiscard]] std::size_t adopt(Connection& connection, Owner owner);
/// Those of one session that was this one's: waits until its last transaction is over.
void inherit(Connection& connection, Owner predecessor, Owner owner);
/// Marks them as published and lets old receipts go.
void mark_published(Connection& connection, std::span<const ports::NoteId> notes, std::chrono::seconds receipt_age);

/// Whoever owns it now.
[[nodiscard]] std::optional<ports::Note> find(Connection& connection, const ports::NoteId& note);
/// Those of `owner` that are not marked as published, oldest first.
[[nodiscard]] std::vector<ports::Note> open(Connection& connection, Owner owner,
                                            const std::optional<ports::NoteId>& after, std::size_t limit);

}  // namespace orderstream::postgres::notes
