#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "ports/order_store.h"

namespace orderstream::sqlite {

class LogSync;
class LongReads;

/// The store that needs nothing: one file, `orderstream.db`, in a data directory that belongs to one process at a time.
///
/// Thread-safe. What a call answered is on disk (write-ahead log, fsynced; beginnings alone with the next write):
/// neither a killed process nor a power cut loses it. Calls that wait at the same time share a commit. Reads run
/// beside writes. A failed call has changed nothing; `conflict` and `fate_unknown` never occur. An I/O error while
/// committing ends the process, for nobody could say what is stored. Each open store is a session of its own; all notes
/// of others are of sessions that are gone. The destructor expects that no call is under way; it folds the log into the
/// file and lets the directory go.
class SqliteStore final : public ports::OrderStore {
  public:
    struct Options {
        /// The store's clock: `created_at`, leases, the age of receipts. Called by any thread. The system's if empty.
        std::function<order::Time()> now;
        /// Says the process's last words and ends it. To the standard error and exit code 74 (EX_IOERR) if empty.
        std::function<void(const std::string& message)> fatal;
    };

    /// Makes the directory and the file where they are missing. The error is a sentence for the user.
    [[nodiscard]] static tl::expected<std::unique_ptr<SqliteStore>, std::string> open(
        const std::filesystem::path& data_dir, Options options);
    [[nodiscard]] static tl::expected<std::unique_ptr<SqliteStore>, std::string> open(
        const std::filesystem::path& data_dir);

    ~SqliteStore() override;

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
    friend class SqliteListing;
    struct Parts;
    explicit SqliteStore(std::unique_ptr<Parts> parts);
    [[nodiscard]] const std::filesystem::path& file() const;
    [[nodiscard]] LongReads& long_reads();
    [[nodiscard]] LogSync& log();
    template <class Work>
    ports::StoreResult<void> write(Work work);
    template <class Read>
    auto read(Read read);

    std::unique_ptr<Parts> parts_;
};

}  // namespace orderstream::sqlite
