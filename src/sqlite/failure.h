#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "ports/order_store.h"

struct sqlite3;

namespace orderstream::sqlite {

/// What SQLite answers when something fails. Thrown within this folder only: GroupCommit, ReaderPool and
/// SqliteStore::open turn it into a value.
class Failure : public std::runtime_error {
  public:
    Failure(int code, const std::string& message);

    /// The connection's last error; `doing` names what was tried.
    [[nodiscard]] static Failure of(sqlite3* connection, std::string_view doing);

    /// The extended result code (sqlite.org/rescode.html).
    [[nodiscard]] int code() const { return code_; }
    /// The result code without its extension.
    [[nodiscard]] int primary_code() const { return code_ & 0xff; }
    /// What it means for whoever called the store, if nothing was committed.
    [[nodiscard]] ports::StoreError store_error() const;

  private:
    int code_;
};

}  // namespace orderstream::sqlite
