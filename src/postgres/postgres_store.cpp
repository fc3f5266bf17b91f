#include "postgres/postgres_store.h"

#include <fmt/format.h>

#include <mutex>
#include <random>
#include <string_view>
#include <utility>

#include "order/limits.h"
#include "postgres/batch.h"
#include "postgres/changes.h"
#include "postgres/checkout_parts.h"
#include "postgres/connection_pool.h"
#include "postgres/notes.h"
#include "postgres/reads.h"
#include "postgres/retries.h"
#include "postgres/steps.h"
#include "postgres/writer_session.h"

namespace orderstream::postgres {
namespace {

namespace limits = order::limits;

constexpr std::size_t writing_connections = 1;
constexpr std::size_t working_connections_max = 2;
constexpr std::size_t reading_connections_max = 2;

const Statement trouble_statement{"trouble", "SELECT current_setting('transaction_read_only') = 'on'"};

notes::Owner draw_owner() {
    std::random_device random;
    return static_cast<notes::Owner>((std::uint64_t{random()} << 31) ^ random());
}

std::vector<Statement> joined(std::initializer_list<std::vector<Statement>> lists) {
    std::vector<Statement> all;
    for (const std::vector<Statement>& list : lists) all.insert(all.end(), list.begin(), list.end());
    return all;
}

std::vector<order::OrderPtr> shared(std::vector<std::optional<order::Order>> rows) {
    std::vector<order::OrderPtr> orders(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i]) orders[i] = std::make_shared<const order::Order>(std::move(*rows[i]));
    }
    return orders;
}

/// Counts how often a batch broke the connection while its commit was under way.
class Breaks {
  public:
    void add(ports::NoteId note) {
        const std::lock_guard lock(mutex_);
        if (note != note_) count_ = 0;
        note_ = note;
        ++count_;
    }
    [[nodiscard]] int of(ports::NoteId note) const {
        const std::lock_guard lock(mutex_);
        return note == note_ ? count_ : 0;
    }

  private:
    mutable std::mutex mutex_;
    ports::NoteId note_{};
    int count_ = 0;
};

}  // namespace

struct PostgresStore::Parts {
    Parts(Options what, const telemetry::Log& where)
        : options(std::move(what)),
          log(where),
          session([this] { return connect("writer", writing_statements); }, draw_owner, options.sole),
          writer(writing_connections, ConnectionPool::AfterTwoBreaks::rejected, [this] { return session.open(); }),
          worker(working_connections_max, ConnectionPool::AfterTwoBreaks::rejected,
                 [this] { return connect("worker", working_statements); }),
          reader(reading_connections_max, ConnectionPool::AfterTwoBreaks::unavailable,
                 [this] { return connect("reader", reading_statements); }) {}

    std::unique_ptr<Connection> connect(std::string_view role, const std::vector<Statement>& statements) {
        std::unique_ptr<Connection> connection;
        try {
            connection = std::make_unique<Connection>(options.dsn, fmt::format("{} {}", options.application, role),
                                                      options.patience);
            connection->prepare(statements);
            log.debug("connected to PostgreSQL", {{"for", role}, {"backend", connection->backend_pid()}});
            return connection;
        } catch (const Failure& failure) {
            log.warn(connection == nullptr ? "cannot connect to PostgreSQL" : "cannot work with PostgreSQL",
                     {{"for", role}, {"error", failure.what()}});
            throw;
        }
    }

    Options options;
    const telemetry::Log& log;
    const std::vector<Statement> writing_statements =
        joined({WriterSession::statements(), changes::statements(), checkout_parts::statements(), notes::statements()});
    const std::vector<Statement> working_statements = joined({steps::statements(), retries::statements()});
    const std::vector<Statement> reading_statements = {reads::heads(), reads::wholes(), reads::by_external(),
                                                       trouble_statement};
    WriterSession session;  // only within work on `writer`
    ConnectionPool writer;
    ConnectionPool worker;
    ConnectionPool reader;
    Breaks breaks;
};

PostgresStore::PostgresStore(Options options, const telemetry::Log& log)
    : parts_(std::make_unique<Parts>(std::move(options), log)) {}
PostgresStore::~PostgresStore() = default;

tl::expected<void, Obstacle> PostgresStore::connect() {
    try {
        parts_->writer.connect();
        return {};
    } catch (const Failure& failure) {
        return tl::unexpected(obstacle_of(failure));
    }
}

ports::StoreResult<std::vector<ports::ChangeResult>> PostgresStore::apply(ports::NoteId note,
                                                                          std::span<const order::Change* const> changes,
                                                                          std::span<const ports::NoteId> settled) {
    if (parts_->breaks.of(note) >= 2) {
        return tl::unexpected(
            ports::StoreError{ports::StoreFault::rejected, "twice the connection broke at this batch"});
    }
    auto results = parts_->writer.run([&](Connection& connection) {
        const Batch batch{.note = note, .changes = changes, .settled = settled, .owner = parts_->session.owner()};
        return batch.store(connection);
    });
    if (!results) {
        if (results.error().fault == ports::StoreFault::fate_unknown) parts_->breaks.add(note);
        return tl::unexpected(std::move(results).error());
    }
    if (!*results) {
        return tl::unexpected(ports::StoreError{ports::StoreFault::conflict, "an order was changed by somebody else"});
    }
    return std::move(**results);
}

ports::StoreResult<std::optional<ports::Note>> PostgresStore::receipt(ports::NoteId note) {
    return parts_->writer.run([&](Connection& connection) { return notes::find(connection, note); });
}

ports::StoreResult<std::vector<ports::Note>> PostgresStore::open_notes(std::optional<ports::NoteId> after,
                                                                       std::size_t limit) {
    // Not by a reader: only between batches it is certain whose the notes are.
    return parts_->writer.run(
        [&](Connection& connection) { return notes::open(connection, parts_->session.owner(), after, limit); });
}

ports::StoreResult<void> PostgresStore::delete_notes(std::span<const ports::NoteId> notes) {
    if (notes.empty()) return {};
    return parts_->writer.run_void([&](Connection& connection) {
        notes::add_removal(connection, notes);
        connection.run();
    });
}

ports::StoreResult<std::size_t> PostgresStore::adopt_notes() {
    return parts_->writer.run([&](Connection& connection) -> std::size_t {
        if (parts_->session.connected_for() < parts_->options.adoption_after) return 0;
        return notes::adopt(connection, parts_->session.owner());
    });
}

ports::StoreResult<void> PostgresStore::mark_published(std::span<const ports::NoteId> notes) {
    return parts_->writer.run_void(
        [&](Connection& connection) { notes::mark_published(connection, notes, limits::receipt_age); });
}

ports::StoreResult<std::vector<ports::StepResult>> PostgresStore::take_steps(std::span<const ports::Step> steps) {
    return parts_->worker.run([&](Connection& connection) { return steps::take(connection, steps); });
}

ports::StoreResult<void> PostgresStore::defer(std::span<const ports::Deferral> deferrals) {
    return parts_->worker.run_void([&](Connection& connection) { retries::defer(connection, deferrals); });
}

ports::StoreResult<std::vector<ports::DueRetry>> PostgresStore::claim_due(std::size_t limit,
                                                                          std::chrono::milliseconds lease) {
    return parts_->worker.run([&](Connection& connection) { return retries::claim_due(connection, limit, lease); });
}

ports::StoreResult<void> PostgresStore::delete_retries(std::span<const order::OrderVersion> retries) {
    return parts_->worker.run_void([&](Connection& connection) { retries::remove(connection, retries); });
}

ports::StoreResult<std::vector<order::OrderPtr>> PostgresStore::fetch(std::span<const order::OrderId> ids) {
    return parts_->reader.run([&](Connection& connection) { return shared(reads::find_wholes(connection, ids)); });
}

ports::StoreResult<std::vector<order::OrderPtr>> PostgresStore::fetch_heads(std::span<const order::OrderId> ids) {
    return parts_->reader.run([&](Connection& connection) { return shared(reads::find_heads(connection, ids)); });
}

ports::StoreResult<std::vector<order::OrderPtr>> PostgresStore::find_by_external(std::span<const ExternalKey> keys) {
    return parts_->reader.run(
        [&](Connection& connection) { return shared(reads::find_by_external(connection, keys)); });
}

std::string PostgresStore::trouble() {
    const ports::StoreResult<bool> read_only = parts_->reader.run([](Connection& connection) {
        const Rows rows = connection.run(trouble_statement, {});
        return rows.bytes(0, 0) != std::string_view("\0", 1);
    });
    if (!read_only) return read_only.error().message;
    return *read_only ? "the server takes no writes" : "";
}

}  // namespace orderstream::postgres
