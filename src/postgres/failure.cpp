#include "postgres/failure.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace orderstream::postgres {
namespace {

using ports::StoreFault;

/// The server ends the session: it shuts down, another session crashed, or somebody terminated ours.
bool ends_session(std::string_view sqlstate) { return sqlstate.starts_with("57P0") || sqlstate.starts_with("08"); }

// DESIGN 4, Errors; the classes are those of PostgreSQL's appendix A.
StoreFault fault_of(std::string_view sqlstate) {
    if (sqlstate == statement_timeout) return StoreFault::rejected;
    const std::string_view sql_class = sqlstate.substr(0, 2);
    if (sql_class == "22" || sql_class == "23" || sql_class == "54" || sql_class == "P0") return StoreFault::rejected;
    if (sql_class == "40" || sql_class == "55") return StoreFault::conflict;
    return StoreFault::unavailable;
}

}  // namespace

Failure::Failure(std::string sqlstate, const std::string& message, bool connection_lost, bool in_commit)
    : std::runtime_error(message),
      sqlstate_(std::move(sqlstate)),
      connection_lost_(connection_lost),
      in_commit_(in_commit) {}

Failure Failure::of_server(std::string sqlstate, const std::string& message, bool in_commit) {
    const bool lost = ends_session(sqlstate);
    const std::string text = fmt::format("{} (SQLSTATE {})", message, sqlstate);
    return {std::move(sqlstate), text, lost, in_commit};
}

Failure Failure::of_connection(const std::string& message, bool in_commit) { return {{}, message, true, in_commit}; }

ports::StoreError Failure::store_error() const {
    if (fate_unknown()) return {StoreFault::fate_unknown, what()};
    return {connection_lost_ ? StoreFault::unavailable : fault_of(sqlstate_), what()};
}

}  // namespace orderstream::postgres
