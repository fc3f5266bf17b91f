#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

namespace orderstream::sqlite {

/// Brings the write-ahead log to the disk beside the writing connection, which only writes it (open_for_writing()
/// leaves out a commit's fsync): while one caller waits for the disk, the next transaction is already at work. As
/// durable as `synchronous=FULL`, as long as nobody is told of a commit before wait() has returned: an fsync covers all
/// commits before it, a later commit is never on the disk without what it builds upon, and the log starts again only
/// when all of it has been copied into the database and fsynced there. Thread-safe. An fsync that fails calls `fatal`:
/// a second one may succeed without having written anything.
class LogSync {
  public:
    using Fatal = std::function<void(const std::string& message)>;  // must not return
    using Ticket = std::uint64_t;                                   ///< commits are numbered in their order

    /// The log of this database, which has been opened: the log's file is there, and stays the same while it is open.
    LogSync(const std::filesystem::path& database, Fatal fatal);
    LogSync(const LogSync&) = delete;
    LogSync& operator=(const LogSync&) = delete;
    ~LogSync();

    /// One commit at a time: before others can see it, and when it is over. `grew`: it has written something.
    void committing();
    void committed(bool grew);

    /// The newest commit that anyone may have seen.
    [[nodiscard]] Ticket newest() const;
    /// Until this commit and all before it are on the disk. Whoever comes first fsyncs for all that are there.
    void wait(Ticket commit);

  private:
    int descriptor_;
    Fatal fatal_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Ticket begun_ = 0;
    Ticket committed_ = 0;
    Ticket synced_ = 0;
    bool syncing_ = false;
};

}  // namespace orderstream::sqlite
