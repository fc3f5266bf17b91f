#include "sqlite/failure.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace orderstream::sqlite {

Failure::Failure(int code, const std::string& message) : std::runtime_error(message), code_(code) {}

Failure Failure::of(sqlite3* connection, std::string_view doing) {
    const int code = sqlite3_extended_errcode(connection);
    return {code, fmt::format("{}: {} (SQLite {})", doing, sqlite3_errmsg(connection), code)};
}

ports::StoreError Failure::store_error() const {
    switch (primary_code()) {
        case SQLITE_CONSTRAINT:
        case SQLITE_TOOBIG:
        case SQLITE_MISMATCH: return {ports::StoreFault::rejected, what()};
        default:  // not an enum: a full disk, an I/O error, someone else's lock ...
            return {ports::StoreFault::unavailable, what()};
    }
}

}  // namespace orderstream::sqlite
