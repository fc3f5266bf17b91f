#pragma once

#include <optional>
#include <string>

#include "sqlite/connection.h"

namespace orderstream::sqlite {

/// Brings the database to the newest schema this program knows, one transaction per step, from nothing if it is empty.
/// Answers why it cannot: the database was made by a newer OrderStream, is half-migrated, or is not ours. Throws
/// Failure.
[[nodiscard]] std::optional<std::string> migrate(Connection& connection);

}  // namespace orderstream::sqlite
