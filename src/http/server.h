#pragma once

#include <tl/expected.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "http/router.h"
#include "order/limits.h"
#include "pipeline/health.h"
#include "telemetry/log.h"

namespace orderstream::http {

/// What one connection may take; other values are for tests.
struct ConnectionLimits {
    std::size_t connections_max = order::limits::connections_max;
    std::chrono::milliseconds head_timeout = order::limits::request_head_timeout;
    std::chrono::milliseconds body_timeout = order::limits::request_body_timeout;
    std::chrono::milliseconds idle_timeout = order::limits::idle_connection_timeout;
    std::chrono::milliseconds send_timeout = order::limits::send_timeout;
    std::chrono::milliseconds linger_timeout = order::limits::linger_timeout;
    std::chrono::milliseconds sweep_interval{500};  ///< how exact the others are
};

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;  ///< 0: any free one
    unsigned threads = 0;       ///< 0: half of the cores, at least one
    ConnectionLimits limits = {};
};

/// The HTTP/1.1 door. Threads of its own serve the connections; handlers run on them and must not block.
///
/// Router and phase must outlive it; what still owes it an answer need not care whether it is there. Thread-safe,
/// except that start() and stop() are each called once, in this order, by one thread; the destructor stops.
///
/// Phases: `leaving` answers everything and closes after each answer; `draining` answers 503 but to the probes.
class Server {
  public:
    /// Listens, so that clients can connect; nothing is answered before start(). The error names the address.
    [[nodiscard]] static tl::expected<std::unique_ptr<Server>, std::string> listen(
        const ServerOptions& options, const Router& router, const std::atomic<pipeline::Phase>& phase,
        const telemetry::Log& log);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::uint16_t port() const;

    void start();
    /// New connections are refused from now on; those that are there go on.
    void stop_accepting();
    /// How many connections there are.
    [[nodiscard]] std::size_t connections() const;
    /// No client waits for an answer of the pipeline.
    [[nodiscard]] bool drained() const;
    /// Closes every connection and joins the threads; whoever still waits for an answer is abandoned.
    void stop();

  private:
    class Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace orderstream::http
