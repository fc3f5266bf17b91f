#include "postgres/batch.h"

#include <utility>

#include "postgres/changes.h"
#include "postgres/checkout_parts.h"
#include "postgres/failure.h"

namespace orderstream::postgres {
namespace {

/// None when the batch changed nothing.
std::optional<ports::Note> note_of(ports::NoteId id, std::span<const order::Change* const> changes,
                                   const std::vector<ports::ChangeResult>& results) {
    ports::Note note{.id = id, .entries = {}};
    note.entries.reserve(changes.size());
    bool any = false;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const bool applied = results[i].applied;
        note.entries.push_back({.order_id = changes[i]->order_id,
                                .version = applied ? results[i].order->version : 0,
                                .type = order::event_type_of(*changes[i])});
        any = any || applied;
    }
    if (!any) return std::nullopt;
    return note;
}

}  // namespace

std::optional<std::vector<ports::ChangeResult>> Batch::store(Connection& connection) const {
    if (changes::all_new(changes)) {
        if (auto stored = store_new(connection)) return stored;
    }
    std::optional<Results> results = changes::apply(connection, changes);
    if (!results) {
        (void)connection.roll_back();
        return std::nullopt;
    }
    add_end(connection, *results);
    connection.run();
    return results;
}

/// Everything at once, COMMIT included, for it is known what becomes of new orders. Empty: one of them was not new, and
/// nothing is stored.
std::optional<std::vector<ports::ChangeResult>> Batch::store_new(Connection& connection) const {
    Results results;
    results.reserve(changes.size());
    for (const order::Change* const change : changes) results.push_back(changes::result_of_new(*change));
    connection.add_begin();
    std::size_t before_note = 2;
    if (checkout_parts::add_beginning(connection, changes)) ++before_note;
    changes::add_new(connection, changes);
    add_end(connection, results);
    try {
        const order::Time now = notes::stored_at(connection.run().at(before_note));
        for (ports::ChangeResult& result : results) result.order->created_at = result.order->updated_at = now;
        return results;
    } catch (const Failure& failure) {
        if (failure.sqlstate() != unique_violation || !connection.roll_back()) throw;
        return std::nullopt;
    }
}

void Batch::add_end(Connection& connection, const Results& results) const {
    if (const auto left = note_of(note, changes, results)) notes::add(connection, *left, owner);
    notes::add_removal(connection, settled);
    checkout_parts::add_all(connection, changes, results);
    connection.add_commit();
}

}  // namespace orderstream::postgres
