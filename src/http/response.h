#pragma once

#include <string>
#include <string_view>

namespace orderstream::http {

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view problem_type = "application/problem+json";
inline constexpr std::string_view text_type = "text/plain; charset=utf-8";

/// What a handler answers; the connection adds what every answer has (Date, Content-Length, X-Request-ID, Connection).
struct Response {
    int status = 200;
    std::string_view content_type = json_type;  ///< a literal
    std::string headers = {};                   ///< whole lines, as add_header() writes them
    std::string body = {};

    /// Neither name nor value may hold a line end: a client's text goes in only checked.
    void add_header(std::string_view name, std::string_view value);
    void add_header(std::string_view name, int value);
    /// `ETag: "<version>"`.
    void add_etag(int version);
};

[[nodiscard]] std::string_view reason_phrase(int status);

/// What the connection knows of an answer.
struct Framing {
    std::string_view date = {};  ///< IMF-fixdate (RFC 9110, 5.6.7)
    std::string_view request_id = {};
    bool close = false;
    bool announce_keep_alive = false;  ///< to a client that speaks HTTP/1.0
    bool head_only = false;
};

/// The answer as it is sent, to the end of `out`.
void append_response(std::string& out, const Response& response, const Framing& framing);

void append_number(std::string& out, long long number);

}  // namespace orderstream::http
