#include "config/secrets.h"

#include <array>
#include <cstddef>
#include <optional>

#include "config/values.h"

namespace orderstream::config {
namespace {

constexpr std::string_view mask = "***";
constexpr std::string_view spaces = " \t\r\n\f\v";

bool contains_word(std::string_view text, std::string_view word) {
    for (std::size_t at = 0; at + word.size() <= text.size(); ++at)
        if (same_word(text.substr(at, word.size()), word)) return true;
    return false;
}

// A percent-encoded key might spell anything.
bool is_secret_key(std::string_view key) {
    return contains_word(key, "password") || key.find('%') != std::string_view::npos;
}

std::string hide_in_query(std::string_view query) {
    std::string shown;
    while (true) {
        const std::size_t end = query.find('&');
        const std::string_view parameter = query.substr(0, end);
        const std::string_view key = parameter.substr(0, parameter.find('='));
        shown += is_secret_key(key) ? std::string(key).append("=").append(mask) : std::string(parameter);
        if (end == std::string_view::npos) return shown;
        shown += '&';
        query.remove_prefix(end + 1);
    }
}

std::string hide_in_url(std::string_view url) {
    const std::size_t authority = url.find("://") + 3;
    std::string shown(url.substr(0, authority));
    std::string_view rest = url.substr(authority);

    // Up to the last @, since a password may hold one, or a slash, that should have been encoded.
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        const std::size_t colon = rest.substr(0, at).find(':');
        shown += rest.substr(0, std::min(colon, at));
        if (colon != std::string_view::npos) shown.append(":").append(mask);
        rest.remove_prefix(at);
    }
    const std::size_t question = rest.find('?');
    shown += rest.substr(0, question);
    if (question != std::string_view::npos) shown.append("?").append(hide_in_query(rest.substr(question + 1)));
    return shown;
}

// The end of the value that starts here: quoted, or up to a space; a backslash takes the next character along.
std::optional<std::size_t> end_of_value(std::string_view text, std::size_t at) {
    const bool quoted = at < text.size() && text[at] == '\'';
    if (quoted) ++at;
    for (; at < text.size(); ++at) {
        if (text[at] == '\\')
            ++at;
        else if (quoted && text[at] == '\'')
            return at + 1;
        else if (!quoted && spaces.find(text[at]) != std::string_view::npos)
            return at;
    }
    if (quoted) return std::nullopt;
    return text.size();
}

// None where it is not of this form: then nobody can tell what in it is secret.
std::optional<std::string> hide_in_pairs(std::string_view text) {
    std::string shown;
    std::size_t at = text.find_first_not_of(spaces);
    while (at != std::string_view::npos) {
        const std::size_t equals = text.find('=', at);
        if (equals == std::string_view::npos) return std::nullopt;
        std::string_view key = text.substr(at, equals - at);
        key = key.substr(0, key.find_last_not_of(spaces) + 1);
        if (key.empty() || key.find_first_of(spaces) != std::string_view::npos) return std::nullopt;

        const std::size_t value = std::min(text.find_first_not_of(spaces, equals + 1), text.size());
        const auto end = end_of_value(text, value);
        if (!end) return std::nullopt;
        if (!shown.empty()) shown += ' ';
        shown.append(key).append("=").append(is_secret_key(key) ? mask : text.substr(value, *end - value));
        at = text.find_first_not_of(spaces, *end);
    }
    return shown;
}

}  // namespace

std::string hidden(std::string_view value) { return value.empty() ? std::string() : std::string(mask); }

std::string without_password(std::string_view dsn) {
    if (dsn.starts_with("postgres://") || dsn.starts_with("postgresql://")) return hide_in_url(dsn);
    return hide_in_pairs(dsn).value_or(hidden(dsn));
}

bool is_secret_property(std::string_view variable) {
    constexpr std::array<std::string_view, 6> words{"PASSWORD", "SECRET",     "KEY",
                                                    "TOKEN",    "CREDENTIAL", "OAUTHBEARER_CONFIG"};
    for (const std::string_view word : words)
        if (contains_word(variable, word)) return true;
    return false;
}

}  // namespace orderstream::config
