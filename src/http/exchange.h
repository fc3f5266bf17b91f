#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/request.h"
#include "http/response.h"

namespace orderstream::http {

/// The decoded values of a route's `{...}` segments, in their order.
class PathParameters {
  public:
    static constexpr std::size_t max = 2;

    [[nodiscard]] std::string_view operator[](std::size_t i) const { return values_[i]; }

    /// What has no '%' is only referred to; decoding allocates.
    [[nodiscard]] bool add(std::string_view encoded);

  private:
    std::array<std::string_view, max> values_;
    std::array<std::string, max> decoded_;
    std::size_t count_ = 0;
};

/// Makes an answer, on the connection's thread; none: it comes later still, through the same Later.
using Render = std::function<std::optional<Response>()>;
/// Takes an answer that comes later. From any thread, at any time; when the client is gone nothing happens.
using Later = std::function<void(Render)>;

/// One request while it is being answered, as its handler sees it. Request, path and query live as long as the
/// handler's call; what answers later takes along what it needs.
class Exchange {
  public:
    explicit Exchange(const Request& the_request) : request(the_request) {}
    virtual ~Exchange() = default;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// For a handler that returns no answer yet. `on_hang_up` is called on the connection's thread if the client goes
    /// before it has one; then no render is called any more.
    [[nodiscard]] virtual Later answer_later(std::function<void()> on_hang_up) = 0;

    const Request& request;
    PathParameters path;
    std::string_view query;
};

/// The answer, or none when it comes later.
using Handler = std::function<std::optional<Response>(Exchange&)>;

}  // namespace orderstream::http
