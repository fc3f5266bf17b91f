#include "postgres/notes.h"

#include <fmt/format.h>

#include "postgres/failure.h"

namespace orderstream::postgres::notes {
namespace {

using ports::NoteEntry;

const Statement insert_statement{
    "add_note",
    "INSERT INTO batches (batch_id, owner, order_ids, buckets, versions, types, stored_at) "
    "VALUES ($1::uuid, $2::bigint, $3::uuid[], $4::smallint[], $5::int[], $6::text[], now()) "
    "RETURNING stored_at"};

const Statement remove_statement{"remove_notes", "DELETE FROM batches WHERE batch_id = ANY ($1::uuid[])"};

// The lock is tried once for each owner. What a session commits between this statement's snapshot and the lock is seen
// by the next adoption.
const Statement adopt_statement{
    "adopt_notes",
    "WITH gone AS MATERIALIZED (SELECT owner FROM (SELECT DISTINCT owner FROM batches "
    "WHERE published_at IS NULL AND owner <> $1::bigint) others WHERE pg_try_advisory_xact_lock(owner)) "
    "UPDATE batches b SET owner = $1::bigint FROM gone WHERE b.owner = gone.owner AND b.published_at IS NULL"};

const Statement wait_for_predecessor_statement{"wait_for_predecessor", "SELECT pg_advisory_xact_lock($1::bigint)"};
const Statement inherit_statement{"inherit_notes", "UPDATE batches SET owner = $2::bigint WHERE owner = $1::bigint"};

const Statement publish_statement{
    "mark_published",
    "UPDATE batches SET published_at = now() WHERE batch_id = ANY ($1::uuid[]) AND published_at IS NULL"};
const Statement remove_receipts_statement{
    "remove_receipts", "DELETE FROM batches WHERE published_at < now() - $1::bigint * interval '1 second'"};

// What read_note() takes.
constexpr const char* note_columns = "batch_id, order_ids, versions, types";

const Statement find_statement{"find_note",
                               fmt::format("SELECT {} FROM batches WHERE batch_id = $1::uuid", note_columns)};
const Statement open_statement{"open_notes",
                               fmt::format("SELECT {} FROM batches WHERE owner = $1::bigint AND published_at IS NULL "
                                           "AND batch_id > $2::uuid ORDER BY batch_id LIMIT $3::bigint",
                                           note_columns)};

ports::Note read_note(const Rows& rows, int row) {
    const std::vector<std::string_view> ids = read_array(rows.bytes(row, 1));
    const std::vector<std::string_view> versions = read_array(rows.bytes(row, 2));
    const std::vector<std::string_view> types = read_array(rows.bytes(row, 3));
    ports::Note note{.id = read_uuid(rows.bytes(row, 0)), .entries = {}};
    if (versions.size() != ids.size() || types.size() != ids.size()) {
        throw Failure::of_server("XX001", "the database holds a note whose columns have different lengths", false);
    }
    note.entries.reserve(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::optional<order::EventType> type = order::parse_event_type(types[i]);
        if (!type) {
            throw Failure::of_server("XX001", fmt::format("the database holds a note of unknown type '{}'", types[i]),
                                     false);
        }
        note.entries.push_back({.order_id = {read_uuid(ids[i])}, .version = read_int32(versions[i]), .type = *type});
    }
    return note;
}

Parameters ids_of(std::span<const ports::NoteId> notes) {
    Parameters parameters;
    parameters.add_array(notes, [](const ports::NoteId& note) { return note; });
    return parameters;
}

}  // namespace

std::vector<Statement> statements() {
    return {insert_statement,  remove_statement,  adopt_statement,           wait_for_predecessor_statement,
            inherit_statement, publish_statement, remove_receipts_statement, find_statement,
            open_statement};
}

void add(Connection& connection, const ports::Note& note, Owner owner) {
    Parameters parameters;
    parameters.add(note.id).add(owner);
    parameters.add_array(note.entries, [](const NoteEntry& entry) { return entry.order_id.uuid; });
    parameters.add_array(note.entries, [](const NoteEntry& entry) {
        return static_cast<std::int16_t>(order::bucket_of(entry.order_id));
    });
    parameters.add_array(note.entries, [](const NoteEntry& entry) { return std::int32_t{entry.version}; });
    parameters.add_array(note.entries, [](const NoteEntry& entry) { return order::to_string(entry.type); });
    connection.add(insert_statement, parameters);
}

order::Time stored_at(const Rows& added) { return read_time(added.bytes(0, 0)); }

void add_removal(Connection& connection, std::span<const ports::NoteId> notes) {
    if (!notes.empty()) connection.add(remove_statement, ids_of(notes));
}

std::size_t adopt(Connection& connection, Owner owner) {
    Parameters parameters;
    parameters.add(owner);
    return connection.run(adopt_statement, parameters).changed();
}

void inherit(Connection& connection, Owner predecessor, Owner owner) {
    Parameters predecessor_alone;
    predecessor_alone.add(predecessor);
    Parameters both;
    both.add(predecessor).add(owner);
    connection.add_begin();
    connection.add(wait_for_predecessor_statement, predecessor_alone).add(inherit_statement, both).add_commit().run();
}

void mark_published(Connection& connection, std::span<const ports::NoteId> notes, std::chrono::seconds receipt_age) {
    Parameters age;
    age.add(std::int64_t{receipt_age.count()});
    connection.add_begin();
    if (!notes.empty()) connection.add(publish_statement, ids_of(notes));
    connection.add(remove_receipts_statement, age).add_commit().run();
}

std::optional<ports::Note> find(Connection& connection, const ports::NoteId& note) {
    Parameters parameters;
    parameters.add(note);
    const Rows rows = connection.run(find_statement, parameters);
    if (rows.size() == 0) return std::nullopt;
    return read_note(rows, 0);
}

std::vector<ports::Note> open(Connection& connection, Owner owner, const std::optional<ports::NoteId>& after,
                              std::size_t limit) {
    Parameters parameters;
    parameters.add(owner).add(after.value_or(ports::NoteId{})).add(static_cast<std::int64_t>(limit));
    const Rows rows = connection.run(open_statement, parameters);
    std::vector<ports::Note> found;
    for (int row = 0; row < rows.size(); ++row) found.push_back(read_note(rows, row));
    return found;
}

}  // namespace orderstream::postgres::notes
