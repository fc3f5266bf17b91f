#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/connection.h"
#include "http/mailbox.h"
#include "http/router.h"
#include "http/server.h"
#include "pipeline/health.h"
#include "pipeline/places.h"
#include "telemetry/log.h"

namespace orderstream::http {

/// What all connections share.
struct Shared {
    const Router& router;
    const std::atomic<pipeline::Phase>& phase;
    telemetry::Log log;
    ConnectionLimits limits;
    pipeline::Places connections;
    pipeline::Places large_bodies;
    std::atomic<std::size_t> awaited_answers = 0;
};

/// A thread, its event loop, and the connections it serves. `shared` must outlive it.
///
/// post() and mailbox() may be used from any thread, all else from this one or while it does not run.
class IoThread {
  public:
    explicit IoThread(Shared& shared);
    ~IoThread();
    IoThread(const IoThread&) = delete;
    IoThread& operator=(const IoThread&) = delete;

    void start();
    /// Closes every connection and ends the thread. From any other thread.
    void stop();

    [[nodiscard]] boost::asio::io_context& context() { return context_; }
    [[nodiscard]] const std::shared_ptr<Mailbox>& mailbox() { return mailbox_; }
    [[nodiscard]] Shared& shared() { return shared_; }

    void adopt(Socket socket, pipeline::Place place);
    void forget(Connection& connection);

    /// As of the last sweep: exact enough for deadlines, and free.
    [[nodiscard]] SteadyTime now() const { return now_; }
    [[nodiscard]] std::string_view date() const { return date_; }
    void make_request_id(std::string& id);
    /// Where connections receive, one at a time.
    [[nodiscard]] std::array<char, 64 * 1024>& receive_buffer() { return *receive_buffer_; }
    /// Under overload one line a sweep says how many were turned away.
    void count_unavailable() { ++unavailable_answers_; }

  private:
    struct Entry {
        std::shared_ptr<Connection> connection;
        pipeline::Place place;
    };

    void run();
    void schedule_sweep();
    void sweep();
    void deliver();

    Shared& shared_;
    boost::asio::io_context context_{1};
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
    boost::asio::steady_timer sweep_timer_{context_};
    std::shared_ptr<Mailbox> mailbox_;
    std::vector<Mailbox::Letter> letters_;
    std::vector<Entry> connections_;
    std::unique_ptr<std::array<char, 64 * 1024>> receive_buffer_;
    std::mt19937_64 random_;
    SteadyTime now_;
    std::string date_;
    std::uint64_t unavailable_answers_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace orderstream::http
