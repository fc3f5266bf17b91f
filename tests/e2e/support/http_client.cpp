#include "e2e/support/http_client.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace orderstream::e2e {

namespace {

using Fault = NetworkError::Fault;

[[noreturn]] void fail(Fault fault, const std::string& what) { throw NetworkError(fault, what); }
[[noreturn]] void fail_by_errno(const std::string& what) {
    const Fault fault = errno == ECONNREFUSED ? Fault::refused : Fault::closed;
    throw NetworkError(fault, what + ": " + std::strerror(errno));
}

bool same_name(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

bool has(const Headers& headers, std::string_view name) {
    return std::ranges::any_of(headers, [&](const auto& header) { return same_name(header.first, name); });
}

std::size_t parse_number(std::string_view text, int base) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc() || end != text.data() + text.size()) {
        fail(Fault::malformed, "'" + std::string(text) + "' is no length");
    }
    return number;
}

/// `head` ends with the empty line.
HttpResponse parse_head(std::string_view head) {
    HttpResponse response;
    const auto line = [&head] {
        const auto end = head.find("\r\n");
        const auto text = head.substr(0, end);
        head.remove_prefix(end + 2);
        return text;
    };
    const std::string_view status = line();
    if (status.size() < 12 || !status.starts_with("HTTP/1.") || status[8] != ' ') {
        fail(Fault::malformed, "'" + std::string(status) + "' is no status line");
    }
    response.status = static_cast<int>(parse_number(status.substr(9, 3), 10));
    if (status.size() > 13) response.reason = status.substr(13);
    for (std::string_view text = line(); !text.empty(); text = line()) {
        const auto colon = text.find(':');
        if (colon == std::string_view::npos) fail(Fault::malformed, "'" + std::string(text) + "' is no header");
        std::string_view value = text.substr(colon + 1);
        while (value.starts_with(' ')) value.remove_prefix(1);
        response.headers.emplace_back(text.substr(0, colon), value);
    }
    return response;
}

}  // namespace

std::string HttpRequest::to_wire() const {
    std::string wire = method + " " + target + " HTTP/1.1\r\n";
    if (!has(headers, "Host")) wire += "Host: localhost\r\n";
    for (const auto& [name, value] : headers) wire += name + ": " + value + "\r\n";
    if (!body.empty() && !has(headers, "Content-Length") && !has(headers, "Transfer-Encoding")) {
        wire += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    return wire + "\r\n" + body;
}

HttpRequest get(std::string target, Headers headers) {
    return {.target = std::move(target), .headers = std::move(headers), .body = {}};
}

HttpRequest with_json(std::string method, std::string target, std::string body, Headers headers) {
    headers.emplace_back("Content-Type", "application/json");
    return {.method = std::move(method),
            .target = std::move(target),
            .headers = std::move(headers),
            .body = std::move(body)};
}

std::string to_wire_chunked(HttpRequest request, std::span<const std::string> pieces) {
    request.headers.emplace_back("Transfer-Encoding", "chunked");
    for (const std::string& piece : pieces) {
        std::array<char, 16> size{};
        const auto end = std::to_chars(size.data(), size.data() + size.size(), piece.size(), 16).ptr;
        request.body.append(size.data(), end).append("\r\n").append(piece).append("\r\n");
    }
    request.body += "0\r\n\r\n";
    return request.to_wire();
}

std::optional<std::string> HttpResponse::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (same_name(key, name)) return value;
    }
    return std::nullopt;
}

documents::Json HttpResponse::json() const {
    auto parsed = documents::parse_json(body);
    if (!parsed) throw std::runtime_error("the body is no JSON, " + parsed.error().detail + ": " + body);
    return std::move(*parsed);
}

std::ostream& operator<<(std::ostream& out, const HttpResponse& response) {
    out << response.status << ' ' << response.reason << '\n';
    for (const auto& [name, value] : response.headers) out << name << ": " << value << '\n';
    return out << '\n' << response.body;
}

HttpConnection::HttpConnection(std::uint16_t port, std::chrono::milliseconds timeout) : timeout_(timeout) {
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) fail_by_errno("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        const int error = errno;
        close(socket_);
        errno = error;
        fail_by_errno("connect to port " + std::to_string(port));
    }
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    fcntl(socket_, F_SETFL, O_NONBLOCK);
}

HttpConnection::~HttpConnection() {
    if (socket_ >= 0) close(socket_);
}

HttpConnection::HttpConnection(HttpConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), timeout_(other.timeout_), received_(std::move(other.received_)) {}

HttpResponse HttpConnection::ask(const HttpRequest& request) {
    send(request);
    for (;;) {
        HttpResponse response = receive(request.method == "HEAD");
        if (response.status >= 200) return response;
    }
}

void HttpConnection::send_raw(std::string_view bytes) {
    const Deadline until = deadline();
    while (!bytes.empty()) {
        const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            wait_for(POLLOUT, until);
        } else if (errno != EINTR) {
            fail_by_errno("send");
        }
    }
}

HttpResponse HttpConnection::receive(bool to_head) {
    const Deadline until = deadline();
    HttpResponse response = parse_head(take_until("\r\n\r\n", until));
    if (to_head || response.status < 200 || response.status == 204 || response.status == 304) return response;
    if (const auto coding = response.header("Transfer-Encoding"); coding && same_name(*coding, "chunked")) {
        response.body = take_chunks(until);
    } else if (const auto length = response.header("Content-Length")) {
        response.body = take(parse_number(*length, 10), until);
    } else {
        while (receive_more(until)) {
        }
        response.body = std::exchange(received_, {});
    }
    return response;
}

HttpResponse HttpConnection::receive_head() { return parse_head(take_until("\r\n\r\n", deadline())); }

std::string HttpConnection::receive_until(std::string_view end) { return take_until(end, deadline()); }

std::string HttpConnection::receive_all() {
    const Deadline until = deadline();
    while (receive_more(until)) {
    }
    return std::exchange(received_, {});
}

bool HttpConnection::closes() {
    try {
        return received_.empty() && !receive_more(deadline());
    } catch (const NetworkError& error) {
        return error.fault() == Fault::closed;
    }
}

void HttpConnection::half_close() { shutdown(socket_, SHUT_WR); }

void HttpConnection::reset() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(std::exchange(socket_, -1));
}

void HttpConnection::wait_for(short events, Deadline deadline) const {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) fail(Fault::timed_out, "the peer is silent; received so far: '" + received_ + "'");
        pollfd waiting{socket_, events, 0};
        const int ready = poll(&waiting, 1, static_cast<int>(left.count()));
        if (ready > 0) return;
        if (ready < 0 && errno != EINTR) fail_by_errno("poll");
    }
}

bool HttpConnection::receive_more(Deadline deadline) {
    std::array<char, 65536> buffer;
    for (;;) {
        const ssize_t count = recv(socket_, buffer.data(), buffer.size(), 0);
        if (count > 0) {
            received_.append(buffer.data(), static_cast<std::size_t>(count));
            return true;
        }
        if (count == 0) return false;
        if (errno == EAGAIN) {
            wait_for(POLLIN, deadline);
        } else if (errno != EINTR) {
            fail_by_errno("receive");
        }
    }
}

std::string HttpConnection::take(std::size_t bytes, Deadline deadline) {
    while (received_.size() < bytes) {
        if (!receive_more(deadline)) fail(Fault::closed, "the peer closed after '" + received_ + "'");
    }
    std::string taken = received_.substr(0, bytes);
    received_.erase(0, bytes);
    return taken;
}

std::string HttpConnection::take_until(std::string_view end, Deadline deadline) {
    std::size_t looked_at = 0;
    for (;;) {
        const auto found = received_.find(end, looked_at);
        if (found != std::string::npos) return take(found + end.size(), deadline);
        looked_at = received_.size() < end.size() ? 0 : received_.size() - end.size() + 1;
        if (!receive_more(deadline)) fail(Fault::closed, "the peer closed after '" + received_ + "'");
    }
}

std::string HttpConnection::take_chunks(Deadline deadline) {
    std::string body;
    for (;;) {
        std::string line = take_until("\r\n", deadline);
        line.resize(std::min(line.find(';'), line.size() - 2));
        const std::size_t size = parse_number(line, 16);
        if (size == 0) break;
        body += take(size, deadline);
        if (take(2, deadline) != "\r\n") fail(Fault::malformed, "a chunk is longer than it says");
    }
    while (take_until("\r\n", deadline) != "\r\n") {  // trailers
    }
    return body;
}

HttpResponse ask(std::uint16_t port, const HttpRequest& request, std::chrono::milliseconds timeout) {
    HttpConnection connection(port, timeout);
    return connection.ask(request);
}

}  // namespace orderstream::e2e
