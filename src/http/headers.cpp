#include "http/headers.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "order/limits.h"

namespace orderstream::http {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool is_token_char(char c) {  // RFC 9110, 5.6.2
    return is_alpha(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

/// Reads a field's value from the left.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] std::string_view rest() const { return rest_; }

    void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

    bool skip(char expected) {
        if (rest_.empty() || rest_.front() != expected) return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool skip(std::string_view expected) {
        if (!rest_.starts_with(expected)) return false;
        rest_.remove_prefix(expected.size());
        return true;
    }

    std::string_view token() { return take_while(is_token_char); }

    template <class Predicate>
    std::string_view take_while(Predicate predicate) {
        const auto end = std::ranges::find_if_not(rest_, predicate);
        const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    /// What stands between quotes, unescaped; none when the quotes are not closed.
    std::optional<std::string> quoted() {
        if (!skip('"')) return std::nullopt;
        std::string value;
        while (!rest_.empty()) {
            const char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"') return value;
            if (c == '\\') {
                if (rest_.empty()) return std::nullopt;
                value += rest_.front();
                rest_.remove_prefix(1);
            } else {
                value += c;
            }
        }
        return std::nullopt;
    }

    /// A token or a quoted string.
    std::optional<std::string> word() {
        if (!rest_.empty() && rest_.front() == '"') return quoted();
        const std::string_view text = token();
        if (text.empty()) return std::nullopt;
        return std::string(text);
    }

    /// To the next separator outside quotes, which stays.
    void skip_to(std::string_view separators) {
        while (!rest_.empty() && separators.find(rest_.front()) == std::string_view::npos) {
            if (rest_.front() == '"') {
                if (!quoted()) rest_ = {};
            } else {
                rest_.remove_prefix(1);
            }
        }
    }

  private:
    std::string_view rest_;
};

struct Parameter {
    std::string_view name;
    std::string value;
};

/// `name [ "=" word ]` with the spaces RFC 7240 allows around the sign; none when it is anything else.
std::optional<Parameter> parse_parameter(Scanner& scanner) {
    scanner.skip_space();
    Parameter parameter{scanner.token(), {}};
    if (parameter.name.empty()) return std::nullopt;
    scanner.skip_space();
    if (!scanner.skip('=')) return parameter;
    scanner.skip_space();
    std::optional<std::string> value = scanner.word();
    if (!value) return std::nullopt;
    parameter.value = std::move(*value);
    scanner.skip_space();
    return parameter;
}

std::optional<std::chrono::seconds> parse_wait(std::string_view text) {
    if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
    // Longer than anyone waits here; only bounded so that it cannot overflow.
    constexpr int longest_s = 1'000'000;
    int seconds = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec != std::errc()) seconds = longest_s;
    return std::chrono::seconds(std::min(seconds, longest_s));
}

/// The version a tag names: as we write it, without sign or leading zeros.
std::optional<int> version_of_tag(std::string_view tag) {
    if (tag.empty() || tag.front() == '0' || !std::ranges::all_of(tag, is_digit)) return std::nullopt;
    int version = 0;
    if (std::from_chars(tag.data(), tag.data() + tag.size(), version).ec != std::errc()) return std::nullopt;
    return version;
}

constexpr bool is_tag_char(char c) {  // RFC 9110, 8.8.3
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

}  // namespace

Preferences parse_prefer(std::string_view value) {
    Preferences preferences;
    bool wait_seen = false;
    Scanner scanner(value);
    while (!scanner.at_end()) {
        const std::optional<Parameter> preference = parse_parameter(scanner);
        const bool well_formed =
            preference && (scanner.at_end() || scanner.rest().front() == ',' || scanner.rest().front() == ';');
        if (well_formed && equals_ignoring_case(preference->name, "respond-async") && preference->value.empty()) {
            preferences.respond_async = true;
        }
        if (well_formed && !wait_seen && equals_ignoring_case(preference->name, "wait")) {
            preferences.wait = parse_wait(preference->value);
            wait_seen = true;
        }
        scanner.skip_to(",");
        scanner.skip(',');
    }
    return preferences;
}

Waiting waiting_for(const Preferences& preferences, std::chrono::milliseconds ack_timeout) {
    // With both, the client wants an early answer, but not earlier than that (RFC 7240, 4.1 and 4.3).
    if (preferences.wait && *preferences.wait <= ack_timeout) {
        return {*preferences.wait, "wait=" + std::to_string(preferences.wait->count())};
    }
    if (preferences.respond_async && !preferences.wait) return {std::chrono::milliseconds(0), "respond-async"};
    return {ack_timeout, {}};
}

Waiting waiting_if_asked(const Preferences& preferences, std::chrono::milliseconds ack_timeout) {
    return preferences.wait ? waiting_for(preferences, ack_timeout) : Waiting{};
}

std::optional<IfMatch> parse_if_match(std::string_view value) {
    IfMatch result;
    Scanner scanner(value);
    scanner.skip_space();
    if (scanner.skip('*')) {
        scanner.skip_space();
        result.any = true;
        return scanner.at_end() ? std::optional(result) : std::nullopt;
    }
    int tags = 0;
    for (;;) {
        scanner.skip_space();
        while (scanner.skip(',')) scanner.skip_space();  // a list may have empty elements (RFC 9110, 5.6.1)
        if (scanner.at_end()) break;
        const bool weak = scanner.skip("W/");
        if (!scanner.skip('"')) return std::nullopt;
        const std::string_view tag = scanner.take_while(is_tag_char);
        if (!scanner.skip('"')) return std::nullopt;
        scanner.skip_space();
        if (!scanner.at_end() && scanner.rest().front() != ',') return std::nullopt;
        ++tags;
        const std::optional<int> version = version_of_tag(tag);
        if (!weak && version && std::ranges::find(result.versions, *version) == result.versions.end()) {
            result.versions.push_back(*version);
        }
    }
    return tags > 0 ? std::optional(std::move(result)) : std::nullopt;
}

bool is_json(std::string_view content_type) {
    Scanner scanner(content_type);
    scanner.skip_space();
    if (scanner.at_end()) return true;
    const std::string_view type = scanner.token();
    if (!scanner.skip('/')) return false;
    const std::string_view subtype = scanner.token();
    constexpr std::string_view suffix = "+json";
    const bool json = equals_ignoring_case(subtype, "json") ||
                      (subtype.size() > suffix.size() &&
                       equals_ignoring_case(subtype.substr(subtype.size() - suffix.size()), suffix));
    if (!equals_ignoring_case(type, "application") || !json) return false;

    scanner.skip_space();
    while (scanner.skip(';')) {
        scanner.skip_space();
        if (scanner.at_end() || scanner.rest().front() == ';') continue;
        const std::optional<Parameter> parameter = parse_parameter(scanner);
        if (!parameter) return false;
        if (equals_ignoring_case(parameter->name, "charset") && !equals_ignoring_case(parameter->value, "utf-8"))
            return false;
    }
    return scanner.at_end();
}

bool is_sane_request_id(std::string_view value) {
    return !value.empty() && value.size() <= order::limits::request_id_bytes && std::ranges::all_of(value, [](char c) {
        return is_alpha(c) || is_digit(c) || std::string_view("-_.:~/+=@").find(c) != std::string_view::npos;
    });
}

bool is_traceparent(std::string_view value) {
    constexpr std::string_view shape = "00-TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT-PPPPPPPPPPPPPPPP-FF";
    if (value.size() != shape.size()) return false;
    bool trace_id = false;  // of zeros alone it is not valid
    bool parent_id = false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == '0' || shape[i] == '-') {
            if (value[i] != shape[i]) return false;
            continue;
        }
        if (!is_digit(value[i]) && (value[i] < 'a' || value[i] > 'f')) return false;
        if (value[i] == '0') continue;
        trace_id = trace_id || shape[i] == 'T';
        parent_id = parent_id || shape[i] == 'P';
    }
    return trace_id && parent_id;
}

}  // namespace orderstream::http
