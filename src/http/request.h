#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace orderstream::http {

enum class Method { get, head, post, put, patch, delete_, options, other };

/// As the request line writes it; "" for `other`.
[[nodiscard]] std::string_view to_string(Method method);

/// The request's fields that someone here reads; the parser keeps no others.
enum class Header {
    content_type,
    content_encoding,
    x_request_id,
    traceparent,
    if_match,
    idempotency_key,
    prefer,
};
inline constexpr std::size_t header_count = 7;

/// What the client expects before it sends the body (RFC 9110, 10.1.1).
enum class Expectation { none, hundred_continue, other };

/// One request as it was read. Its strings are used again for the connection's next request: whoever answers later
/// takes along what it needs.
struct Request {
    Method method = Method::other;
    std::string target;  ///< as it came
    int minor_version = 1;
    bool keep_alive = true;
    Expectation expectation = Expectation::none;
    std::string request_id;  ///< X-Request-ID if it is a sane one, else made here
    std::string body;

    /// Null when the request has no such field. Lists that came in several fields are joined (RFC 9110, 5.3).
    [[nodiscard]] const std::string* find(Header header) const {
        return present_[index(header)] ? &values_[index(header)] : nullptr;
    }
    [[nodiscard]] std::string_view value_or_empty(Header header) const {
        const std::string* value = find(header);
        return value == nullptr ? std::string_view() : *value;
    }

    void set(Header header, std::string_view value) {
        values_[index(header)] = value;
        present_[index(header)] = true;
    }
    void append(Header header, std::string_view value) { values_[index(header)].append(", ").append(value); }
    void clear();

  private:
    static constexpr std::size_t index(Header header) { return static_cast<std::size_t>(header); }

    std::array<std::string, header_count> values_;
    std::array<bool, header_count> present_{};
};

}  // namespace orderstream::http
