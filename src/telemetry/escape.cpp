#include "telemetry/escape.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace orderstream::telemetry {
namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  // U+FFFD

unsigned char byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

// Length of the well-formed UTF-8 sequence at the front, 0 if there is none (Unicode 15, table 3-7).
std::size_t utf8_length(std::string_view bytes) {
    const unsigned char first = byte_at(bytes, 0);
    if (first < 0x80) return 1;

    std::size_t length = 0;
    unsigned char second_min = 0x80;
    unsigned char second_max = 0xBF;
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        if (first == 0xE0) second_min = 0xA0;  // shorter forms exist
        if (first == 0xED) second_max = 0x9F;  // surrogates
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        if (first == 0xF0) second_min = 0x90;
        if (first == 0xF4) second_max = 0x8F;  // past U+10FFFF
    }
    if (length == 0 || bytes.size() < length) return 0;
    if (byte_at(bytes, 1) < second_min || byte_at(bytes, 1) > second_max) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((byte_at(bytes, i) & 0xC0) != 0x80) return 0;
    return length;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

void append_control(fmt::memory_buffer& out, char c) {
    switch (c) {
        case '\n': out.append(std::string_view("\\n")); return;
        case '\r': out.append(std::string_view("\\r")); return;
        case '\t': out.append(std::string_view("\\t")); return;
        default: fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    }
}

bool stands_bare(std::string_view bytes) {
    const auto needs_quotes = [](char c) { return is_control(c) || c == ' ' || c == '"' || c == '=' || c == '\\'; };
    return !bytes.empty() && std::ranges::none_of(bytes, needs_quotes);
}

}  // namespace

void append_json_string(fmt::memory_buffer& out, std::string_view bytes) {
    out.push_back('"');
    append_printable(out, bytes);
    out.push_back('"');
}

void append_printable(fmt::memory_buffer& out, std::string_view bytes) {
    while (!bytes.empty()) {
        const char c = bytes.front();
        const std::size_t length = utf8_length(bytes);
        if (length == 0) {
            out.append(replacement_character);
        } else if (is_control(c)) {
            append_control(out, c);
        } else {
            if (c == '"' || c == '\\') out.push_back('\\');
            out.append(bytes.substr(0, length));
        }
        bytes.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

void append_logfmt(fmt::memory_buffer& out, std::string_view bytes) {
    if (stands_bare(bytes))
        append_printable(out, bytes);
    else
        append_json_string(out, bytes);
}

}  // namespace orderstream::telemetry
