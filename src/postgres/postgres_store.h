#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "ports/order_store.h"
#include "postgres/connection.h"
#include "postgres/obstacle.h"
#include "telemetry/log.h"

namespace orderstream::postgres {

/// The store that many instances share: a PostgreSQL whose schema Migrations has made.
///
/// Thread-safe. Connects when it is first used and again whenever a connection was lost; every call blocks, for as long
/// as the server may be silent at most, then fails as `unavailable`. A few connections: one writes batches, two work,
/// two read; each must be a session of its own, not one lent by a transaction pooler. A failed call has changed
/// nothing, unless it is `fate_unknown`, which is answered by apply() alone. Notes belong to the writing connection:
/// see WriterSession. The destructor expects that no call is under way.
class PostgresStore final : public ports::OrderStore {
  public:
    struct Options {
        std::string dsn;                          ///< a URL or keywords, as libpq takes them
        std::string application = "orderstream";  ///< pg_stat_activity.application_name
        Patience patience;
        /// A session this young adopts nothing: after a restart of the server the others need time to come back.
        std::chrono::milliseconds adoption_after{3'000};
        /// No other store like this may work with the database at the same time.
        bool sole = false;
    };

    PostgresStore(Options options, const telemetry::Log& log);
    ~PostgresStore() override;

    /// Opens the connection that writes now, to learn whether it can be had.
    [[nodiscard]] tl::expected<void, Obstacle> connect();

    ports::StoreResult<std::vector<ports::ChangeResult>> apply(ports::NoteId note,
                                                               std::span<const order::Change* const> changes,
                                                               std::span<const ports::NoteId> settled) override;
    ports::StoreResult<std::optional<ports::Note>> receipt(ports::NoteId note) override;

    ports::StoreResult<std::vector<ports::Note>> open_notes(std::optional<ports::NoteId> after,
                                                            std::size_t limit) override;
    ports::StoreResult<void> delete_notes(std::span<const ports::NoteId> notes) override;
    ports::StoreResult<std::size_t> adopt_notes() override;
    ports::StoreResult<void> mark_published(std::span<const ports::NoteId> notes) override;

    ports::StoreResult<std::vector<ports::StepResult>> take_steps(std::span<const ports::Step> steps) override;
    ports::StoreResult<void> defer(std::span<const ports::Deferral> deferrals) override;
    ports::StoreResult<std::vector<ports::DueRetry>> claim_due(std::size_t limit,
                                                               std::chrono::milliseconds lease) override;
    ports::StoreResult<void> delete_retries(std::span<const order::OrderVersion> retries) override;

    ports::StoreResult<std::vector<order::OrderPtr>> fetch(std::span<const order::OrderId> ids) override;
    ports::StoreResult<std::vector<order::OrderPtr>> fetch_heads(std::span<const order::OrderId> ids) override;
    ports::StoreResult<std::vector<order::OrderPtr>> find_by_external(std::span<const ExternalKey> keys) override;

    std::string trouble() override;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace orderstream::postgres
