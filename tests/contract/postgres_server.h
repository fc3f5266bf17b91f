#pragma once

#include <atomic>
#include <string>

namespace orderstream::contract {

/// A PostgreSQL of the test's own, started by scripts/services in a temporary folder when it is first asked for, one
/// for each process. It ends with the process, however that ends. Throws when it cannot be started, saying why.
class PostgresServer {
  public:
    [[nodiscard]] static PostgresServer& get();

    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;
    ~PostgresServer();

    /// An empty database of its own.
    [[nodiscard]] std::string make_database();
    /// The DSN of one of its databases.
    [[nodiscard]] std::string dsn(const std::string& database) const;
    [[nodiscard]] int port() const { return port_; }

    /// stop, start or kill (kill -9).
    void control(const std::string& command);
    /// Runs SQL in a database, from any thread, and answers it as psql prints it, unaligned and without headers.
    [[nodiscard]] std::string run_sql(const std::string& database, const std::string& sql) const;
    /// Runs a file by `psql -f`, stopping at the first error; false when there was one.
    [[nodiscard]] bool run_file(const std::string& database, const std::string& path) const;

  private:
    PostgresServer();

    std::string folder_;
    std::string base_dsn_;  // without the database
    int port_ = 0;
    int guard_ = -1;  // a pipe: the process behind it ends the server when it closes
    int guard_pid_ = -1;
    int databases_ = 0;
    mutable std::atomic<int> statements_ = 0;
};

}  // namespace orderstream::contract
