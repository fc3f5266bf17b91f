#pragma once

#include <string>

#include "postgres/failure.h"

namespace orderstream::postgres {

/// Why one cannot work with a database, and what to do about it.
struct Obstacle {
    enum class Kind {
        away,     ///< it does not answer for now: wait
        in_use,   ///< another process has it for itself
        refused,  ///< wrong password, no such database, somebody else's tables ...: waiting does not help
    };
    Kind kind = Kind::refused;
    std::string message;  ///< a sentence for the user
};

[[nodiscard]] Obstacle obstacle_of(const Failure& failure);

}  // namespace orderstream::postgres
