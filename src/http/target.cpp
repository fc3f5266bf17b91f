#include "http/target.h"

#include <algorithm>

namespace orderstream::http {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_unreserved(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

/// Bytes of the UTF-8 sequence at the front of `text`, 0 when it is none (RFC 3629, 4).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto continued = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return continued(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (!continued(1) || !continued(2)) return 0;
        if (first == 0xE0 && byte(1) < 0xA0) return 0;
        if (first == 0xED && byte(1) > 0x9F) return 0;
        return 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (!continued(1) || !continued(2) || !continued(3)) return 0;
        if (first == 0xF0 && byte(1) < 0x90) return 0;
        if (first == 0xF4 && byte(1) > 0x8F) return 0;
        return 4;
    }
    return 0;
}

}  // namespace

std::optional<Target> split_target(std::string_view target) {
    if (target.find('#') != std::string_view::npos) return std::nullopt;
    if (target == "*") return Target{target, {}};
    if (!target.starts_with('/')) {
        const std::size_t scheme = target.find("://");
        if (scheme == std::string_view::npos || scheme == 0) return std::nullopt;
        target.remove_prefix(scheme + 3);
        const std::size_t path = target.find_first_of("/?");
        if (path == 0) return std::nullopt;
        if (path == std::string_view::npos) return Target{"/", {}};
        target.remove_prefix(path);
        if (target.front() == '?') return Target{"/", target.substr(1)};
    }
    const std::size_t question = target.find('?');
    if (question == std::string_view::npos) return Target{target, {}};
    return Target{target.substr(0, question), target.substr(question + 1)};
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            decoded += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return decoded;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += '%';
            encoded += digits[byte >> 4U];
            encoded += digits[byte & 0xFU];
        }
    }
    return encoded;
}

bool is_clean_text(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0 || text.front() == '\0') return false;
        text.remove_prefix(length);
    }
    return true;
}

Query Query::read(std::string_view text, Names known, std::vector<std::string>& complaints) {
    Query query;
    const auto complain = [&](std::string_view what, std::string_view name) {
        complaints.push_back(std::string(what).append(" '").append(percent_encode(name)).append("'"));
    };
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        if (part.empty()) continue;
        const std::size_t sign = part.find('=');
        const std::string_view raw_name = part.substr(0, sign);
        const std::string_view raw_value = sign == std::string_view::npos ? std::string_view() : part.substr(sign + 1);
        std::optional<std::string> name = percent_decode(raw_name, true);
        std::optional<std::string> value = percent_decode(raw_value, true);
        if (!name || std::ranges::find(known, *name) == known.end()) {
            complain("unknown query parameter", name ? *name : std::string(raw_name));
        } else if (!value || !is_clean_text(*value)) {
            complain("malformed value of query parameter", *name);
        } else if (query.find(*name) != nullptr) {
            complain("repeated query parameter", *name);
        } else {
            query.parameters_.emplace_back(std::move(*name), std::move(*value));
        }
    }
    return query;
}

tl::expected<Query, std::string> Query::parse(std::string_view text, Names known) {
    std::vector<std::string> complaints;
    Query query = read(text, known, complaints);
    if (!complaints.empty()) return tl::unexpected(join_complaints(complaints));
    return query;
}

std::string join_complaints(const std::vector<std::string>& complaints) {
    std::string sentence;
    for (const std::string& complaint : complaints) {
        if (!sentence.empty()) sentence += "; ";
        sentence += complaint;
    }
    return sentence;
}

const std::string* Query::find(std::string_view name) const {
    const auto found = std::ranges::find(parameters_, name, &std::pair<std::string, std::string>::first);
    return found == parameters_.end() ? nullptr : &found->second;
}

}  // namespace orderstream::http
