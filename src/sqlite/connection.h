#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

struct sqlite3;

namespace orderstream::sqlite {

/// One connection to the database file, for one thread at a time. Throws Failure.
class Connection {
  public:
    enum class Access { read_write, read_only };

    /// Makes the file if it is missing and may be written. Waits `busy_timeout` for a lock held by another program.
    /// `layer` (a VFS by its name) stands between SQLite and the file; null: the system's.
    Connection(const std::filesystem::path& file, Access access, const char* layer = nullptr);

    /// Runs statements that answer nothing, for set-up.
    void execute(const std::string& sql);

    /// False after SQLite has rolled a transaction back by itself (a full disk, an I/O error).
    [[nodiscard]] bool in_transaction() const;

    /// The rowid of the row that was inserted last.
    [[nodiscard]] std::int64_t last_row() const;

    /// `committed` hears after each commit how many pages the write-ahead log holds. Replaces automatic checkpoints.
    void on_commit(std::function<void(int pages)> committed);

    /// Copies what the write-ahead log holds into the database file, as far as readers allow without waiting.
    void checkpoint();
    /// The same, then waits up to `patience` until no reader needs the log, so that the next commit starts it again
    /// from its beginning.
    void checkpoint_and_restart(std::chrono::milliseconds patience);

    [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

  private:
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    void checkpoint(int mode);

    std::unique_ptr<std::function<void(int)>> committed_;  // SQLite keeps its address, also when *this moves
    std::unique_ptr<sqlite3, Close> handle_;
};

/// For a scope: statements of the connection that take long ask now and then, within a millisecond or so, whether to
/// break off; then they fail with SQLITE_INTERRUPT.
class BreakOff {
  public:
    BreakOff(Connection& connection, std::function<bool()> wanted);
    BreakOff(const BreakOff&) = delete;
    BreakOff& operator=(const BreakOff&) = delete;
    ~BreakOff();

  private:
    sqlite3* handle_;
    std::function<bool()> wanted_;
};

}  // namespace orderstream::sqlite
