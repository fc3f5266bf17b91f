#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What request fields mean. Pure functions of their text.
namespace orderstream::http {

/// `Prefer` (RFC 7240): the first of each kind counts, what is malformed or unknown is ignored.
struct Preferences {
    bool respond_async = false;
    std::optional<std::chrono::seconds> wait;
};
[[nodiscard]] Preferences parse_prefer(std::string_view value);

/// How long a change waits for its worker, and which preference that honours (`Preference-Applied`; empty: none).
struct Waiting {
    std::chrono::milliseconds wait{};
    std::string preference_applied;
};
/// Preferences only ever shorten `ack_timeout`.
[[nodiscard]] Waiting waiting_for(const Preferences& preferences, std::chrono::milliseconds ack_timeout);

/// For routes that answer once stored: they wait only when told to.
[[nodiscard]] Waiting waiting_if_asked(const Preferences& preferences, std::chrono::milliseconds ack_timeout);

/// `If-Match` (RFC 9110, 13.1.1). Our tags are versions; a weak tag never matches, nor does any other text.
struct IfMatch {
    bool any = false;                ///< `*`
    std::vector<int> versions = {};  ///< of the tags that could be ours; empty and not `any`: nothing can match
};
/// None when it is malformed.
[[nodiscard]] std::optional<IfMatch> parse_if_match(std::string_view value);

/// `application/json` or `application/<any>+json`, in UTF-8. A missing type is taken as JSON.
[[nodiscard]] bool is_json(std::string_view content_type);

/// Short and of characters that are harmless in a log, a header and a URL; else it is replaced by one made here.
[[nodiscard]] bool is_sane_request_id(std::string_view value);

/// `traceparent` of version 00 (W3C Trace Context, 3.2). It is passed on as it is, so another version, which may say
/// more than is known here, is not valid either.
[[nodiscard]] bool is_traceparent(std::string_view value);

}  // namespace orderstream::http
