#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "order/limits.h"
#include "redis/connection.h"
#include "telemetry/log.h"

namespace orderstream::redis {

/// A few connections with one Redis, kept by a thread of its own: it opens them, tries again with a growing pause when
/// they are lost, and asks the server every second whether it is there. So a caller never waits for a connection to be
/// made: while Redis is away, run() fails at once, and of a Redis that falls silent the first callers alone pay for it.
/// Thread-safe; the destructor expects that no run() is under way.
class Link {
  public:
    struct Options {
        std::string address;
        std::vector<std::string> greeting;  ///< a command; a server that refuses it is of no use
        Patience patience{};
        std::size_t connections = order::limits::redis_connections;
    };

    /// Waits until the first attempt to connect has succeeded or failed, no longer than the patience allows.
    Link(Options options, const telemetry::Log& log);
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link();

    /// Runs `work` on a connection; false when there is none, or when it was lost: work's error says why.
    using Work = std::function<Result<void>(Connection&)>;
    [[nodiscard]] bool run(const Work& work);

    /// Empty: there are connections; else why not.
    [[nodiscard]] std::string trouble() const;
    /// How many keys the server holds, whoever's they are; up to a second old.
    [[nodiscard]] std::size_t keys() const { return keys_; }

  private:
    using Clock = std::chrono::steady_clock;
    using ConnectionPtr = std::unique_ptr<Connection>;

    [[nodiscard]] ConnectionPtr take();
    void give_back(ConnectionPtr connection);
    void lose(ConnectionPtr connection, const std::string& why);
    void note_trouble(const std::string& why);

    void keep(const std::stop_token& stop);
    void open_one();
    [[nodiscard]] Result<ConnectionPtr> open_and_greet() const;
    void probe();

    const Options options_;
    const telemetry::Log& log_;

    mutable std::mutex mutex_;
    std::condition_variable free_;         // for callers: a connection is idle, or there is none
    std::condition_variable_any changed_;  // for the thread
    std::vector<ConnectionPtr> idle_;
    std::size_t open_ = 0;  // idle or with a caller
    bool tried_ = false;
    bool away_ = false;    // and said so
    bool failed_ = false;  // since the thread looked last
    std::string trouble_ = "not connected to Redis yet";
    std::chrono::milliseconds pause_{};
    std::atomic<std::size_t> keys_ = 0;
    std::jthread thread_;
};

}  // namespace orderstream::redis
