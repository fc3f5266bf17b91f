#pragma once

#include <fmt/format.h>

#include <string_view>

/// How any bytes become part of one line of a log. Output is always valid UTF-8 without control characters.
namespace orderstream::telemetry {

/// A JSON string with its quotes (RFC 8259, 7); bytes that are no UTF-8 (RFC 3629) become U+FFFD.
void append_json_string(fmt::memory_buffer& out, std::string_view bytes);

/// The same without quotes: for the message of a text record.
void append_printable(fmt::memory_buffer& out, std::string_view bytes);

/// As logfmt writes a key or a value: bare if it can stand so, else a JSON string.
void append_logfmt(fmt::memory_buffer& out, std::string_view bytes);

}  // namespace orderstream::telemetry
