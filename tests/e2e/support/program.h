#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace orderstream::e2e {

/// A directory of its own, gone with its owner.
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// How a program ended: by itself or by a signal.
struct ExitStatus {
    std::optional<int> code;
    std::optional<int> signal;
    friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
    friend std::ostream& operator<<(std::ostream& out, const ExitStatus& status);
};
[[nodiscard]] inline ExitStatus exited(int code) { return {.code = code, .signal = {}}; }
[[nodiscard]] inline ExitStatus killed_by(int signal) { return {.code = {}, .signal = signal}; }

/// A child process. Its environment is what it is given, PATH and the sanitizers' options, so that nothing of whoever
/// runs the tests gets in. It never outlives this object, nor the test program, however that ends. Thread-safe.
class Program {
  public:
    struct Options {
        std::vector<std::string> arguments;
        std::map<std::string, std::string> environment;
        std::filesystem::path directory;  ///< where it runs; empty: an empty directory of its own
    };

    /// Throws when it cannot be started.
    Program(const std::filesystem::path& executable, Options options);
    ~Program();  ///< kills it if it is still there
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    void send_signal(int signal);  ///< nothing when it has ended
    /// None when it is still running after `timeout`.
    [[nodiscard]] std::optional<ExitStatus> wait(std::chrono::milliseconds timeout);

    [[nodiscard]] std::string output() const;              ///< of standard output, until now
    [[nodiscard]] std::string errors() const;              ///< of standard error, until now
    [[nodiscard]] std::vector<std::string> lines() const;  ///< whole lines of both, as they came
    /// The first line, already there or still to come, that `wanted` accepts. None when the time or the program is
    /// over.
    [[nodiscard]] std::optional<std::string> wait_for_line(const std::function<bool(std::string_view)>& wanted,
                                                           std::chrono::milliseconds timeout);

  private:
    struct Stream {
        int descriptor = -1;
        std::string text;
        std::size_t in_lines = 0;  ///< how much of it went into lines_
    };

    void start(const std::filesystem::path& executable);
    void listen();
    bool read_some(Stream& stream);
    void reap();

    const Options options_;
    TemporaryDirectory own_directory_;
    pid_t pid_ = -1;

    mutable std::mutex mutex_;
    std::condition_variable news_;
    bool started_ = false;
    std::string start_error_;
    Stream output_;
    Stream errors_;
    std::vector<std::string> lines_;
    std::optional<ExitStatus> status_;

    /// Forks, listens and reaps: the kernel ends the child with the thread that made it (prctl(2), PR_SET_PDEATHSIG).
    std::thread keeper_;
};

struct Finished {
    ExitStatus status;
    std::string output;
    std::string errors;
};
/// Runs a program to its end; throws when that takes longer than `timeout`.
[[nodiscard]] Finished run(const std::filesystem::path& executable, Program::Options options,
                           std::chrono::milliseconds timeout = std::chrono::seconds(60));

}  // namespace orderstream::e2e
