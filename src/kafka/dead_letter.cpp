#include "kafka/dead_letter.h"

#include <algorithm>
#include <array>

#include "order/limits.h"

namespace orderstream::kafka {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";
constexpr std::string_view replays_header = "replays";
constexpr std::array ours = {
    std::string_view("error"),          std::string_view("attempts"),           replays_header,
    std::string_view("original-topic"), std::string_view("original-partition"), std::string_view("original-offset"),
    std::string_view("failed-at")};

/// The length of the well-formed sequence that the text begins with (Unicode 15, table 3-7); 0: none.
std::size_t sequence_bytes(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    std::size_t length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        if (first == 0xe0) low = 0xa0;   // overlong
        if (first == 0xed) high = 0x9f;  // surrogates
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        if (first == 0xf0) low = 0x90;   // overlong
        if (first == 0xf4) high = 0x8f;  // past U+10FFFF
    }
    if (length == 0 || text.size() < length || byte(1) < low || byte(1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
    }
    return length;
}

}  // namespace

std::string valid_utf8(std::string_view text, std::size_t bytes_max) {
    std::string valid;
    while (!text.empty()) {
        const std::size_t length = sequence_bytes(text);
        const std::string_view next = length == 0 ? replacement : text.substr(0, length);
        if (valid.size() + next.size() > bytes_max) break;
        valid.append(next);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return valid;
}

Message make_dead_letter(Message original, const std::optional<Origin>& origin, std::string_view error, int attempts,
                         order::Time failed_at) {
    std::string replays = "0";
    for (const Header& header : original.headers) {
        if (header.name == replays_header) replays = header.value;
    }
    std::erase_if(original.headers, [](const Header& header) { return std::ranges::count(ours, header.name) != 0; });

    const auto say = [&](const char* name, std::string value) { original.headers.push_back({name, std::move(value)}); };
    say("error", valid_utf8(error, order::limits::dead_letter_error_bytes));
    say("attempts", std::to_string(attempts));
    say("replays", std::move(replays));
    if (origin) {
        say("original-topic", origin->topic);
        say("original-partition", std::to_string(origin->partition));
        say("original-offset", std::to_string(origin->offset));
    }
    say("failed-at", order::to_rfc3339(failed_at));
    return original;
}

}  // namespace orderstream::kafka
