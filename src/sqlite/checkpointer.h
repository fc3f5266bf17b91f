#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "sqlite/connection.h"

namespace orderstream::sqlite {

/// Copies the write-ahead log into the database file beside the writer, on a thread and a connection of its own, so
/// that nobody who waits for a commit waits for the copying. Thread-safe. A copy that fails calls `fatal`: after an
/// fsync that failed, a second one may succeed without having written anything.
class Checkpointer {
  public:
    using Fatal = std::function<void(const std::string& message)>;  // must not return

    Checkpointer(const std::filesystem::path& file, Fatal fatal);
    ~Checkpointer();
    Checkpointer(const Checkpointer&) = delete;
    Checkpointer& operator=(const Checkpointer&) = delete;

    /// Has what the log holds now copied; returns at once. While it is at work this does nothing.
    void start();
    [[nodiscard]] bool at_work() const;
    /// Until it is not at work.
    void wait();

  private:
    void run();

    Connection connection_;
    Fatal fatal_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool at_work_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace orderstream::sqlite
