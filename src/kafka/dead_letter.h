#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kafka/message.h"
#include "order/time.h"

namespace orderstream::kafka {

/// Where a message stood.
struct Origin {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
};

/// A message that nobody could handle, as it goes to the dead letters: its own bytes, key and headers, and what
/// happened to it in headers (REFERENCE, Topics). `origin`: none for what was never read from a topic. How often it was
/// replayed already is taken from its own headers.
[[nodiscard]] Message make_dead_letter(Message original, const std::optional<Origin>& origin, std::string_view error,
                                       int attempts, order::Time failed_at);

/// Any bytes as valid UTF-8 of at most so many bytes: bytes that are none become U+FFFD, the end is cut off.
[[nodiscard]] std::string valid_utf8(std::string_view text, std::size_t bytes_max);

}  // namespace orderstream::kafka
