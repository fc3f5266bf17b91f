#pragma once

#include <string>

namespace orderstream::e2e {

/// A UUID that nobody else has. Thread-safe.
[[nodiscard]] std::string new_customer();

}  // namespace orderstream::e2e
