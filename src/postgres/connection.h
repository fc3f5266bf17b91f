#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/binary.h"

// libpq's own types: its header stays within this folder's sources.
struct pg_conn;
struct pg_result;

namespace orderstream::postgres {

class Failure;

/// A statement that a connection prepares when it is opened. Named, so that a log or pg_prepared_statements tells
/// which.
struct Statement {
    std::string name;
    std::string sql;
};

/// What one statement answered, in binary. Columns and rows count from 0.
class Rows {
  public:
    explicit Rows(pg_result* result) : result_(result) {}

    [[nodiscard]] int size() const;
    [[nodiscard]] bool null(int row, int column) const;
    /// Empty for NULL; lives as long as *this.
    [[nodiscard]] std::string_view bytes(int row, int column) const;
    [[nodiscard]] std::int32_t integer(int row, int column) const { return read_int32(bytes(row, column)); }
    [[nodiscard]] std::int64_t integer64(int row, int column) const { return read_int64(bytes(row, column)); }
    /// How many rows an INSERT, UPDATE or DELETE changed.
    [[nodiscard]] std::size_t changed() const;

  private:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

/// What libpq does not understand about a DSN; none: it does.
[[nodiscard]] std::optional<std::string> problem_with_dsn(const std::string& dsn);
/// Where it leads, without secrets: "db1:5432/orderstream".
[[nodiscard]] std::string place_of(const std::string& dsn);

/// Who chooses how statements are run.
enum class Plans {
    pinned,     ///< this folder: look-ups of keys in the order of their arrays alone, see connection.cpp
    by_server,  ///< the server: for what is built from what is asked
};

/// How a connection behaves towards a server that does not.
struct Patience {
    std::chrono::milliseconds connect{5'000};
    std::chrono::milliseconds silence{10'000};   ///< then the connection counts as broken
    std::chrono::milliseconds statement{5'000};  ///< then the server gives a statement up (57014)
    std::chrono::milliseconds lock{2'000};       ///< then the server gives a wait for a lock up (55P03)
};

/// One session with the server, for one thread at a time. Throws Failure; after one with connection_lost() it is of no
/// use. Statements that are added go to the server together and are answered together: one round trip, whatever their
/// number (libpq's pipeline mode). The first that fails stops those behind it; a transaction then waits for its
/// rollback.
class Connection {
  public:
    Connection(const std::string& dsn, std::string_view application, const Patience& patience);

    /// Text that may hold many statements, as a script does; before prepare(). Answers what the last one does, in text.
    Rows execute(const std::string& script);

    /// Once: from now on these statements are run.
    void prepare(std::span<const Statement> statements, Plans plans = Plans::pinned);

    Connection& add(const Statement& statement, const Parameters& parameters);
    /// One that is not prepared: it is planned for these very parameters. Its name goes with it as a comment.
    Connection& add_once(const Statement& statement, const Parameters& parameters);
    Connection& add_begin();
    /// The last of a transaction.
    Connection& add_commit();
    /// An answer for each statement added, BEGIN and COMMIT too.
    std::vector<Rows> run();
    Rows run(const Statement& statement, const Parameters& parameters);

    /// Ends a transaction that failed; false when the connection is lost too.
    bool roll_back() noexcept;

    /// False when the server has closed the connection, as far as is known here: nothing is sent.
    [[nodiscard]] bool alive();
    [[nodiscard]] int backend_pid() const;

  private:
    struct Finish {
        void operator()(pg_conn* connection) const;
    };
    enum class Step { statement, prepare, commit };

    void connect(const std::string& dsn, std::string_view application);
    void set_up();
    void pin_plans();
    /// By its name, if it is prepared, or else its SQL.
    void send(const char* name, const char* sql, const Parameters& parameters, Step step);
    void expect(int sent);
    void flush();
    std::optional<Failure> take_end();
    pg_result* next_result();
    void wait_for(bool to_write, std::chrono::steady_clock::time_point deadline);
    [[noreturn]] void lost();
    [[noreturn]] void lost(const std::string& why);

    Patience patience_;
    std::unique_ptr<pg_conn, Finish> connection_;
    std::vector<Step> pending_;
    bool commit_sent_ = false;
};

}  // namespace orderstream::postgres
