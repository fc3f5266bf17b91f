#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "e2e/support/http_client.h"
#include "e2e/support/program.h"

namespace orderstream::e2e {

/// The program under test: the one that was built with the tests, or what ORDERSTREAM_BINARY names.
[[nodiscard]] std::filesystem::path orderstream_binary();

/// A running OrderStream, in whatever role, on a free port of this machine. When the test it ends with has failed, it
/// leaves the end of its log on standard error. Used by one thread, except ask() and what only reads.
class Server {
  public:
    struct Options {
        std::vector<std::string> arguments{"serve"};
        std::map<std::string, std::string> environment;  ///< over ports of 0, LOG_FORMAT=json and DATA_DIR
        std::filesystem::path data;  ///< kept when the server is gone; empty: a directory of its own
        std::chrono::milliseconds ready_timeout = std::chrono::seconds(30);
        bool until_ready = true;  ///< false: until it listens, for a start that has something to wait for
    };

    /// Returns when it says that it is ready; throws, with all it wrote, when it does not get there.
    Server() : Server(Options{}) {}
    explicit Server(const Options& options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] const std::filesystem::path& data() const { return data_; }
    [[nodiscard]] Program& program() { return program_; }

    /// On a connection of its own.
    HttpResponse ask(const HttpRequest& request, std::chrono::milliseconds timeout = std::chrono::seconds(40)) const {
        return e2e::ask(port_, request, timeout);
    }
    [[nodiscard]] HttpConnection connect(std::chrono::milliseconds timeout = std::chrono::seconds(40)) const {
        return HttpConnection(port_, timeout);
    }

    /// SIGTERM, and how it ended; throws, with all it wrote, when it does not end within `timeout`.
    ExitStatus stop(std::chrono::milliseconds timeout = std::chrono::seconds(40));
    ExitStatus kill();  ///< SIGKILL
    void freeze() { program_.send_signal(SIGSTOP); }
    void thaw() { program_.send_signal(SIGCONT); }

    /// Whether a log line with `text` in it is there or comes.
    [[nodiscard]] bool logs(std::string_view text, std::chrono::milliseconds timeout = std::chrono::seconds(10));
    [[nodiscard]] std::string log() const;

  private:
    [[nodiscard]] Program::Options to_program(const Options& options) const;
    [[nodiscard]] ExitStatus ended(std::chrono::milliseconds timeout);

    const std::string role_;
    TemporaryDirectory own_data_;
    std::filesystem::path data_;
    Program program_;
    std::uint16_t port_ = 0;
};

}  // namespace orderstream::e2e
