#pragma once

#include <map>
#include <string>
#include <vector>

namespace orderstream::contract {

/// Servers of the test's own (postgres, kafka, redis), started by scripts/services in a temporary folder. They end with
/// this object or with the process, however that ends. Throws when one cannot be started, saying why.
/// Thread-safe once made; calls about the same server are the caller's to order.
class Services {
  public:
    explicit Services(std::vector<std::string> names);
    Services(const Services&) = delete;
    Services& operator=(const Services&) = delete;
    ~Services();

    /// What DIR/env says: POSTGRES_DSN, KAFKA_BROKERS, REDIS_ADDR.
    [[nodiscard]] const std::string& address(const std::string& variable) const { return addresses_.at(variable); }
    [[nodiscard]] int port(const std::string& name) const;
    /// Theirs, and gone with them.
    [[nodiscard]] const std::string& folder() const { return folder_; }

    /// stop, start or kill (kill -9) one of them.
    void control(const std::string& command, const std::string& name) const;

  private:
    void start_guard();

    std::vector<std::string> names_;
    std::string folder_;
    std::map<std::string, std::string> addresses_;
    int guard_ = -1;  // a pipe: the process behind it ends the servers when it closes
    int guard_pid_ = -1;
};

struct CommandOutcome {
    int status = 0;
    std::string output;
};
/// A command of the shell, to its end.
[[nodiscard]] CommandOutcome run_command(const std::string& command);
/// The same, and what it wrote; throws when it fails.
std::string must_run(const std::string& command);

}  // namespace orderstream::contract
