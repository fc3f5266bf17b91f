#include "sqlite/notes.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <bit>
#include <string>

#include "order/limits.h"
#include "sqlite/failure.h"

namespace orderstream::sqlite {
namespace {

using order::EventType;

constexpr std::size_t id_bytes = sizeof(order::Uuid);
constexpr std::size_t version_bytes = 4;

char letter_of(EventType type) {
    switch (type) {
        case EventType::created: return 'c';
        case EventType::updated: return 'u';
        case EventType::deleted: return 'd';
        case EventType::cancelled: return 'x';
        case EventType::status_changed: return 's';
    }
    return '?';
}

std::optional<EventType> type_of(char letter) {
    for (const EventType type : {EventType::created, EventType::updated, EventType::deleted, EventType::cancelled,
                                 EventType::status_changed}) {
        if (letter_of(type) == letter) return type;
    }
    return std::nullopt;
}

/// The columns `order_ids`, `versions` and `types` of a note.
struct Columns {
    std::string order_ids;
    std::string versions;
    std::string types;
};

Columns encode(const std::vector<ports::NoteEntry>& entries) {
    Columns columns;
    columns.order_ids.reserve(entries.size() * id_bytes);
    columns.versions.reserve(entries.size() * version_bytes);
    columns.types.reserve(entries.size());
    for (const ports::NoteEntry& entry : entries) {
        columns.order_ids.append(entry.order_id.uuid.begin(), entry.order_id.uuid.end());
        const auto version = static_cast<std::uint32_t>(entry.version);
        for (int shift = 24; shift >= 0; shift -= 8) columns.versions += static_cast<char>((version >> shift) & 0xffU);
        columns.types += letter_of(entry.type);
    }
    return columns;
}

ports::NoteEntry decode_entry(std::string_view order_id, std::string_view version, char letter) {
    ports::NoteEntry entry;
    std::copy(order_id.begin(), order_id.end(), entry.order_id.uuid.begin());
    std::uint32_t number = 0;
    for (const char byte : version) number = (number << 8) | static_cast<unsigned char>(byte);
    entry.version = static_cast<int>(number);
    const std::optional<EventType> type = type_of(letter);
    if (!type) throw Failure(SQLITE_CORRUPT, fmt::format("the database holds a note of unknown type '{}'", letter));
    entry.type = *type;
    return entry;
}

// What NoteReader's statements select, and where.
constexpr std::string_view note_columns = "batch_id, order_ids, versions, types";

ports::Note read_note(const Rows& rows) {
    const std::string_view ids = rows.bytes(1);
    const std::string_view versions = rows.bytes(2);
    const std::string_view types = rows.text(3);
    const std::size_t size = types.size();
    if (ids.size() != size * id_bytes || versions.size() != size * version_bytes) {
        throw Failure(SQLITE_CORRUPT, "the database holds a note whose columns have different lengths");
    }
    ports::Note note{.id = rows.uuid(0), .entries = {}};
    note.entries.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
        note.entries.push_back(decode_entry(ids.substr(i * id_bytes, id_bytes),
                                            versions.substr(i * version_bytes, version_bytes), types[i]));
    }
    return note;
}

}  // namespace

Notes::Notes(Connection& writer, Owner owner)
    : owner_(owner),
      insert_(writer,
              "INSERT INTO batches (batch_id, owner, order_ids, versions, types, stored_at) "
              "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
      remove_(writer, "DELETE FROM batches WHERE batch_id = ?1"),
      adopt_(writer, "UPDATE batches SET owner = ?1 WHERE owner <> ?1 AND published_at IS NULL"),
      publish_(writer, "UPDATE batches SET published_at = ?2 WHERE batch_id = ?1 AND published_at IS NULL"),
      remove_receipts_(writer, "DELETE FROM batches WHERE published_at < ?1") {}

void Notes::add(const ports::Note& note, order::Time now) {
    const Columns columns = encode(note.entries);
    insert_.run(note.id, owner_, Blob{columns.order_ids}, Blob{columns.versions}, columns.types, now);
}

void Notes::remove(std::span<const ports::NoteId> notes) {
    for (const ports::NoteId& note : notes) remove_.run(note);
}

std::size_t Notes::adopt() { return static_cast<std::size_t>(adopt_.run(owner_)); }

void Notes::mark_published(std::span<const ports::NoteId> notes, order::Time now) {
    for (const ports::NoteId& note : notes) publish_.run(note, now);
    remove_receipts_.run(order::Time(now - order::limits::receipt_age));
}

NoteReader::NoteReader(Connection& connection)
    : find_(connection, fmt::format("SELECT {} FROM batches WHERE batch_id = ?1", note_columns)),
      open_(connection, fmt::format("SELECT {} FROM batches WHERE owner = ?1 AND published_at IS NULL "
                                    "AND batch_id > ifnull(?2, x'') ORDER BY batch_id LIMIT ?3",
                                    note_columns)) {}

std::optional<ports::Note> NoteReader::find(const ports::NoteId& note) {
    Rows rows = find_.query(note);
    if (!rows.next()) return std::nullopt;
    return read_note(rows);
}

std::vector<ports::Note> NoteReader::open(Owner owner, const std::optional<ports::NoteId>& after, std::size_t limit) {
    std::vector<ports::Note> notes;
    Rows rows = open_.query(owner, after, static_cast<std::int64_t>(limit));
    while (rows.next()) notes.push_back(read_note(rows));
    return notes;
}

}  // namespace orderstream::sqlite
