#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "documents/json.h"

namespace orderstream::e2e {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";
    Headers headers;
    std::string body;

    /// As it goes over the wire, with Host, and with Content-Length when there is a body, unless `headers` say them.
    [[nodiscard]] std::string to_wire() const;
};
[[nodiscard]] HttpRequest get(std::string target, Headers headers = {});
/// With a JSON body and its Content-Type.
[[nodiscard]] HttpRequest with_json(std::string method, std::string target, std::string body, Headers headers = {});
/// The request with `pieces` as its body, each a chunk (RFC 9112, 7.1).
[[nodiscard]] std::string to_wire_chunked(HttpRequest request, std::span<const std::string> pieces);

struct HttpResponse {
    int status = 0;
    std::string reason;
    Headers headers;
    std::string body;

    /// The first of that name, in any case.
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
    /// Throws when the body is no JSON.
    [[nodiscard]] documents::Json json() const;
    friend std::ostream& operator<<(std::ostream& out, const HttpResponse& response);
};

/// What a peer did not do; thrown, so that a test that does not expect it fails.
class NetworkError : public std::runtime_error {
  public:
    enum class Fault {
        refused,    ///< nobody listens
        timed_out,  ///< the peer is silent, or does not read
        closed,     ///< the peer ended the connection
        malformed,  ///< what came is not HTTP
    };
    NetworkError(Fault fault, const std::string& what) : std::runtime_error(what), fault_(fault) {}
    [[nodiscard]] Fault fault() const { return fault_; }

  private:
    Fault fault_;
};

/// One connection, blocking, that can also misbehave. Used by one thread; each call ends within its timeout.
class HttpConnection {
  public:
    explicit HttpConnection(std::uint16_t port, std::chrono::milliseconds timeout = std::chrono::seconds(10));
    ~HttpConnection();
    HttpConnection(HttpConnection&& other) noexcept;
    HttpConnection& operator=(HttpConnection&&) = delete;

    /// Sends, and waits for the final answer to it.
    HttpResponse ask(const HttpRequest& request);

    void send(const HttpRequest& request) { send_raw(request.to_wire()); }
    void send_raw(std::string_view bytes);
    /// The next answer, also an interim one. An answer to HEAD has no body, whatever its head says.
    HttpResponse receive(bool to_head = false);
    /// Status line and headers; the body is left to receive_until().
    HttpResponse receive_head();
    /// Raw bytes up to and with `end`.
    std::string receive_until(std::string_view end);
    /// Raw bytes until the peer closes.
    std::string receive_all();
    /// Whether the peer closes within the timeout, having sent nothing more.
    [[nodiscard]] bool closes();

    void half_close();  ///< no more from here (FIN), still listening
    void reset();       ///< gone without a word (RST)

    void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }

  private:
    using Deadline = std::chrono::steady_clock::time_point;

    [[nodiscard]] Deadline deadline() const { return std::chrono::steady_clock::now() + timeout_; }
    void wait_for(short events, Deadline deadline) const;
    /// False when the peer has closed.
    bool receive_more(Deadline deadline);
    std::string take(std::size_t bytes, Deadline deadline);
    std::string take_until(std::string_view end, Deadline deadline);
    std::string take_chunks(Deadline deadline);

    int socket_ = -1;
    std::chrono::milliseconds timeout_;
    std::string received_;  ///< and not yet taken
};

/// A request on a connection of its own.
HttpResponse ask(std::uint16_t port, const HttpRequest& request,
                 std::chrono::milliseconds timeout = std::chrono::seconds(10));

}  // namespace orderstream::e2e
