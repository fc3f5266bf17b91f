#include "sqlite/sqlite_store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <system_error>
#include <utility>
#include <variant>

#include "sqlite/changes.h"
#include "sqlite/directory_lock.h"
#include "sqlite/group_commit.h"
#include "sqlite/log_file.h"
#include "sqlite/log_sync.h"
#include "sqlite/long_reads.h"
#include "sqlite/notes.h"
#include "sqlite/order_rows.h"
#include "sqlite/reader_pool.h"
#include "sqlite/retries.h"
#include "sqlite/schema.h"
#include "sqlite/steps.h"

namespace orderstream::sqlite {
namespace {

namespace fs = std::filesystem;

order::Time system_now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

void end_process(const std::string& message) {
    constexpr int ex_ioerr = 74;  // sysexits.h
    fmt::print(stderr, "orderstream: the SQLite store ends the process: {}\n", message);
    std::_Exit(ex_ioerr);
}

Owner draw_owner() {
    std::random_device random;
    return static_cast<Owner>((std::uint64_t{random()} << 31) ^ random());
}

/// The pragmas of the writing connection. An empty database takes its page size and format from here.
void set_up(Connection& writer) {
    writer.execute("PRAGMA foreign_keys = ON");
    writer.execute("PRAGMA secure_delete = OFF");  // Debian's default writes zeros over what is deleted
    writer.execute("PRAGMA temp_store = MEMORY");
    // KiB. A commit that has split a page looks through the whole table of cached pages for some beyond the file's end,
    // so a bigger cache is slower.
    writer.execute("PRAGMA cache_size = -4096");
    writer.execute("PRAGMA journal_size_limit = 67108864");  // what a log that had to grow leaves behind
}

bool switch_to_log(Connection& writer) {
    Statement journal_mode(writer, "PRAGMA journal_mode = WAL");
    Rows rows = journal_mode.query();
    return rows.next() && rows.text(0) == "wal";
}

template <class Item, class Each>
auto map(std::span<const Item> items, Each each) {
    std::vector<std::invoke_result_t<Each&, const Item&>> results;
    results.reserve(items.size());
    for (const Item& item : items) results.push_back(each(item));
    return results;
}

// The pipeline reads from a reader, a housekeeper and a health check.
constexpr std::size_t readers_max = 4;

struct StoreReader : Reader {
    explicit StoreReader(const fs::path& file)
        : Reader(file),
          touch(connection, "SELECT version FROM schema_migrations"),
          orders(connection),
          by_external(connection),
          notes(connection) {}

    Statement touch;  // reads a page of the file
    FindOrder orders;
    FindByExternal by_external;
    NoteReader notes;
};

order::OrderPtr shared(std::optional<OrderRow> row) {
    return row ? std::make_shared<const order::Order>(std::move(row->order)) : nullptr;
}

}  // namespace

// Torn down from the end: the writing connection is the last to close and folds the log into the file.
struct SqliteStore::Parts {
    Parts(const fs::path& database, DirectoryLock directory_lock, Connection connection, Options options)
        : file(database),
          lock(std::move(directory_lock)),
          now(std::move(options.now)),
          owner(draw_owner()),
          writer(std::move(connection)),
          readers(readers_max, [database] { return std::make_unique<StoreReader>(database); }),
          log(file, options.fatal),
          checkpointer(file, options.fatal),
          group(writer, log, checkpointer, long_reads, std::move(options.fatal)),
          changes(writer),
          notes(writer, owner),
          steps(writer),
          retries(writer),
          probe(writer, "UPDATE schema_migrations SET dirty = dirty") {}

    fs::path file;
    DirectoryLock lock;
    std::function<order::Time()> now;
    Owner owner;
    Connection writer;
    ReaderPool<StoreReader> readers;

    LogSync log;
    Checkpointer checkpointer;
    LongReads long_reads;
    GroupCommit group;
    // On the writing connection: used by work of `group` alone.
    Changes changes;
    Notes notes;
    Steps steps;
    Retries retries;
    Statement probe;
};

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SqliteStore::~SqliteStore() = default;

const fs::path& SqliteStore::file() const { return parts_->file; }
LogSync& SqliteStore::log() { return parts_->log; }
LongReads& SqliteStore::long_reads() { return parts_->long_reads; }

tl::expected<std::unique_ptr<SqliteStore>, std::string> SqliteStore::open(const fs::path& data_dir) {
    return open(data_dir, Options{});
}

tl::expected<std::unique_ptr<SqliteStore>, std::string> SqliteStore::open(const fs::path& data_dir, Options options) {
    // Each allocation would count under a lock of the whole library. Without effect once something is open; then it is
    // set.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (!options.now) options.now = system_now;
    if (!options.fatal) options.fatal = end_process;

    std::error_code error;
    fs::create_directories(data_dir, error);
    if (error) {
        return tl::unexpected(
            fmt::format("cannot make the data directory '{}': {}", data_dir.string(), error.message()));
    }
    tl::expected<DirectoryLock, std::string> lock = DirectoryLock::take(data_dir);
    if (!lock) return tl::unexpected(lock.error());

    const fs::path file = data_dir / "orderstream.db";
    const auto refuse = [&](const std::string& why) {
        return tl::unexpected(fmt::format("cannot use the database '{}': {}", file.string(), why));
    };
    try {
        Connection writer = open_for_writing(file);
        set_up(writer);
        if (!switch_to_log(writer)) return refuse("its file system does not support SQLite's write-ahead log");
        if (const std::optional<std::string> objection = migrate(writer)) return refuse(*objection);
        return std::unique_ptr<SqliteStore>(
            new SqliteStore(std::make_unique<Parts>(file, std::move(*lock), std::move(writer), std::move(options))));
    } catch (const Failure& failure) {
        return refuse(failure.what());
    }
}

/// For writes that have nothing to say.
template <class Work>
ports::StoreResult<void> SqliteStore::write(Work work) {
    return parts_->group
        .run([&] {
            work();
            return std::monostate();
        })
        .map([](std::monostate) {});
}

/// What is not on the disk yet is shown to nobody.
template <class Read>
auto SqliteStore::read(Read read) {
    auto result = parts_->readers.run(std::move(read));
    parts_->log.wait(parts_->log.newest());
    return result;
}

ports::StoreResult<std::vector<ports::ChangeResult>> SqliteStore::apply(ports::NoteId note,
                                                                        std::span<const order::Change* const> changes,
                                                                        std::span<const ports::NoteId> settled) {
    return parts_->group.run([&] {
        const order::Time now = parts_->now();
        ports::Note left{.id = note, .entries = {}};
        left.entries.reserve(changes.size());
        bool any = false;
        std::vector<ports::ChangeResult> results = map(changes, [&](const order::Change* change) {
            ports::ChangeResult result = parts_->changes.apply(*change, now);
            left.entries.push_back({.order_id = change->order_id,
                                    .version = result.applied ? result.order->version : 0,
                                    .type = order::event_type_of(*change)});
            any = any || result.applied;
            return result;
        });
        if (any) parts_->notes.add(left, now);
        parts_->notes.remove(settled);
        return results;
    });
}

ports::StoreResult<std::optional<ports::Note>> SqliteStore::receipt(ports::NoteId note) {
    return read([&](StoreReader& reader) { return reader.notes.find(note); });
}

ports::StoreResult<std::vector<ports::Note>> SqliteStore::open_notes(std::optional<ports::NoteId> after,
                                                                     std::size_t limit) {
    return read([&](StoreReader& reader) { return reader.notes.open(parts_->owner, after, limit); });
}

ports::StoreResult<void> SqliteStore::delete_notes(std::span<const ports::NoteId> notes) {
    return write([&] { parts_->notes.remove(notes); });
}

ports::StoreResult<std::size_t> SqliteStore::adopt_notes() {
    return parts_->group.run([&] { return parts_->notes.adopt(); });
}

ports::StoreResult<void> SqliteStore::mark_published(std::span<const ports::NoteId> notes) {
    return write([&] { parts_->notes.mark_published(notes, parts_->now()); });
}

ports::StoreResult<std::vector<ports::StepResult>> SqliteStore::take_steps(std::span<const ports::Step> steps) {
    const bool only_beginnings =
        std::ranges::all_of(steps, [](const ports::Step& step) { return step.kind == ports::Step::Kind::begun; });
    return parts_->group.run([&] { return parts_->steps.take(steps, parts_->now()); },
                             [&](const std::vector<ports::StepResult>& results) {
                                 return !only_beginnings || !std::ranges::all_of(results, &ports::StepResult::applied);
                             });
}

ports::StoreResult<void> SqliteStore::defer(std::span<const ports::Deferral> deferrals) {
    return write([&] {
        const order::Time now = parts_->now();
        for (const ports::Deferral& deferral : deferrals) parts_->retries.defer(deferral, now);
    });
}

ports::StoreResult<std::vector<ports::DueRetry>> SqliteStore::claim_due(std::size_t limit,
                                                                        std::chrono::milliseconds lease) {
    return parts_->group.run([&] { return parts_->retries.claim_due(limit, lease, parts_->now()); });
}

ports::StoreResult<void> SqliteStore::delete_retries(std::span<const order::OrderVersion> retries) {
    return write([&] {
        for (const order::OrderVersion& retry : retries) parts_->retries.remove(retry);
    });
}

ports::StoreResult<std::vector<order::OrderPtr>> SqliteStore::fetch(std::span<const order::OrderId> ids) {
    return read([&](StoreReader& reader) {
        return map(ids, [&](const order::OrderId& id) { return shared(reader.orders.whole(id)); });
    });
}

ports::StoreResult<std::vector<order::OrderPtr>> SqliteStore::fetch_heads(std::span<const order::OrderId> ids) {
    return read([&](StoreReader& reader) {
        return map(ids, [&](const order::OrderId& id) { return shared(reader.orders.head(id)); });
    });
}

ports::StoreResult<std::vector<order::OrderPtr>> SqliteStore::find_by_external(std::span<const ExternalKey> keys) {
    return read([&](StoreReader& reader) {
        return map(keys, [&](const ExternalKey& key) {
            return shared(reader.by_external.newest(key.customer_id, key.external_id));
        });
    });
}

std::string SqliteStore::trouble() {
    const ports::StoreResult<int> read = parts_->readers.run([](StoreReader& reader) { return reader.touch.run(); });
    if (!read) return read.error().message;
    if (parts_->group.trouble().empty()) return {};
    // Without orders nobody else would find out that writes work again.
    const ports::StoreResult<int> written = parts_->group.run([&] { return parts_->probe.run(); });
    return written ? std::string() : written.error().message;
}

}  // namespace orderstream::sqlite
