#pragma once

#include <string_view>

namespace orderstream::redis {

/// Offers one value for one key; takes it unless what is there is as new or newer, or it comes too late.
///
/// KEYS[1]; ARGV: version, processed_version, when the read of the row began (Redis's microseconds; 0 for an
/// announcement), the value, how long a row may be shown and the key live (in milliseconds). Answers 1 when the value
/// was taken, else 0; when Redis has no room for it, its error, and what was older is gone.
extern const std::string_view offer_script;

}  // namespace orderstream::redis
