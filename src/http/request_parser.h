#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/request.h"

namespace orderstream::http {

/// Reads the requests of one connection from the bytes as they come (RFC 9112), each within limits::header_bytes and
/// limits::body_bytes. What two servers could read differently (a second Content-Length, one beside a
/// Transfer-Encoding, another coding than `chunked`, no or a second Host) is refused, so that nothing can be smuggled
/// past a proxy.
///
/// Not thread-safe. After `failed` the connection cannot be read any further; refusal() says what to answer.
class RequestParser {
  public:
    enum class Status { need_more, complete, failed };
    struct Fed {
        std::size_t consumed = 0;
        Status status = Status::need_more;
    };
    struct Refusal {
        int status = 400;
        std::string_view detail;
    };

    RequestParser();
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    /// Bytes that were not consumed come first in the next call. Not to be called between `complete` and next().
    [[nodiscard]] Fed feed(std::string_view input);

    /// Something of a request was consumed.
    [[nodiscard]] bool started() const;
    /// The head was read, and the body may still be on its way.
    [[nodiscard]] bool head_complete() const;
    /// Whole after `complete`; all but the body once head_complete(); what was read so far after `failed`.
    [[nodiscard]] Request& request() { return request_; }
    [[nodiscard]] const Request& request() const { return request_; }
    [[nodiscard]] Refusal refusal() const { return refusal_; }

    /// Makes ready for the next request.
    void next();

  private:
    class Machine;

    Request request_;
    Refusal refusal_;
    bool skipped_line_end_ = false;
    std::unique_ptr<Machine> machine_;
};

}  // namespace orderstream::http
