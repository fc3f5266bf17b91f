#pragma once

#include <atomic>
#include <string>

#include "contract/services.h"

namespace orderstream::contract {

/// A PostgreSQL of the test's own, started when it is first asked for, one for each process (see Services).
class PostgresServer {
  public:
    [[nodiscard]] static PostgresServer& get();

    /// An empty database of its own.
    [[nodiscard]] std::string make_database();
    /// The DSN of one of its databases.
    [[nodiscard]] std::string dsn(const std::string& database) const { return dsn(database, port()); }
    /// The same by way of a proxy.
    [[nodiscard]] std::string dsn(const std::string& database, int port) const;
    [[nodiscard]] int port() const { return services_.port("postgres"); }

    /// stop, start or kill (kill -9).
    void control(const std::string& command) const { services_.control(command, "postgres"); }
    /// Runs SQL in a database, from any thread, and answers it as psql prints it, unaligned and without headers.
    [[nodiscard]] std::string run_sql(const std::string& database, const std::string& sql) const;
    /// Runs a file by `psql -f`, stopping at the first error; false when there was one.
    [[nodiscard]] bool run_file(const std::string& database, const std::string& path) const;

  private:
    PostgresServer();

    Services services_;
    std::string base_dsn_;  // without port and database
    int databases_ = 0;
    mutable std::atomic<int> statements_ = 0;
};

}  // namespace orderstream::contract
