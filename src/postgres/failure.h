#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "ports/order_store.h"

namespace orderstream::postgres {

/// The SQLSTATE of a statement that the server gave up, for it took longer than its statement_timeout.
inline constexpr std::string_view statement_timeout = "57014";

/// The SQLSTATE of a row whose key is taken.
inline constexpr std::string_view unique_violation = "23505";

/// What PostgreSQL answers when something fails, or that it does not answer any more. Thrown within this folder only:
/// PostgresStore and Migrations turn it into a value.
class Failure : public std::runtime_error {
  public:
    /// An answer of the server; `in_commit`: it stopped the statement that commits.
    static Failure of_server(std::string sqlstate, const std::string& message, bool in_commit);
    /// The connection is lost; `in_commit`: when the statement that commits may have been on its way.
    static Failure of_connection(const std::string& message, bool in_commit);

    [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }  ///< empty: the connection was lost
    /// The connection cannot be used any more.
    [[nodiscard]] bool connection_lost() const { return connection_lost_; }
    /// What was to be committed may be stored.
    [[nodiscard]] bool fate_unknown() const { return in_commit_ && connection_lost_; }
    /// What it means for whoever called the store.
    [[nodiscard]] ports::StoreError store_error() const;

  private:
    Failure(std::string sqlstate, const std::string& message, bool connection_lost, bool in_commit);

    std::string sqlstate_;
    bool connection_lost_;
    bool in_commit_;
};

}  // namespace orderstream::postgres
