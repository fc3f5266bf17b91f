#include "redis/connection.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

namespace orderstream::redis {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int default_port = 6379;

struct HostAndPort {
    std::string host;
    int port = default_port;
};

HostAndPort split(std::string_view address) {
    HostAndPort parts;
    const std::size_t colon = address.rfind(':');
    if (colon != std::string_view::npos && !address.ends_with(']')) {
        std::from_chars(address.data() + colon + 1, address.data() + address.size(), parts.port);
        address = address.substr(0, colon);
    }
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    parts.host = address;
    return parts;
}

timeval to_timeval(std::chrono::milliseconds time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const std::chrono::microseconds rest = time - seconds;
    return {.tv_sec = static_cast<time_t>(seconds.count()), .tv_usec = static_cast<suseconds_t>(rest.count())};
}

std::string text_of(int error) { return std::generic_category().message(error); }

bool only_later(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

bool Reply::is_error() const { return reply_.type == REDIS_REPLY_ERROR; }

std::string_view Reply::text() const {
    const bool has_text =
        reply_.type == REDIS_REPLY_STRING || reply_.type == REDIS_REPLY_STATUS || reply_.type == REDIS_REPLY_ERROR;
    return has_text ? std::string_view(reply_.str, reply_.len) : std::string_view();
}

std::int64_t Reply::integer() const { return reply_.type == REDIS_REPLY_INTEGER ? reply_.integer : 0; }

std::size_t Reply::size() const { return reply_.type == REDIS_REPLY_ARRAY ? reply_.elements : 0; }

std::optional<std::string_view> Reply::text(std::size_t i) const {
    const redisReply& element = *reply_.element[i];
    if (element.type != REDIS_REPLY_STRING) return std::nullopt;
    return std::string_view(element.str, element.len);
}

void Connection::Free::operator()(redisContext* context) const { redisFree(context); }
void Connection::Free::operator()(redisReply* reply) const { freeReplyObject(reply); }

Connection::Connection(std::unique_ptr<redisContext, Free> context, const Patience& patience)
    : context_(std::move(context)), patience_(patience) {}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& address, const Patience& patience) {
    const HostAndPort parts = split(address);
    std::unique_ptr<redisContext, Free> context(
        redisConnectWithTimeout(parts.host.c_str(), parts.port, to_timeval(patience.connect)));
    if (context == nullptr || context->err != 0) {
        return tl::unexpected(fmt::format("no connection to Redis at {}: {}", address,
                                          context == nullptr ? "out of memory" : context->errstr));
    }
    return std::unique_ptr<Connection>(new Connection(std::move(context), patience));
}

// RESP: an array of strings, each with its length in front.
void Connection::add(std::span<const std::string_view> words) {
    fmt::format_to(std::back_inserter(output_), "*{}\r\n", words.size());
    for (const std::string_view word : words) {
        fmt::format_to(std::back_inserter(output_), "${}\r\n", word.size());
        output_.append(word).append("\r\n");
    }
    ++commands_;
}

Result<void> Connection::run(const OnReply& on_reply) {
    const Clock::time_point deadline = Clock::now() + patience_.call;
    const std::size_t commands = std::exchange(commands_, 0);
    for (std::size_t answered = 0; answered < commands;) {
        if (sent_ < output_.size()) {
            if (auto sent = send_some(); !sent) return sent;
        }
        const bool all_sent = sent_ == output_.size();
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        const auto wait = std::clamp(left, std::chrono::milliseconds(0), patience_.silence);
        const short events = static_cast<short>(all_sent ? POLLIN : POLLIN | POLLOUT);
        pollfd descriptor{.fd = context_->fd, .events = events, .revents = 0};
        const int ready = ::poll(&descriptor, 1, static_cast<int>(wait.count()));
        if (ready < 0 && errno != EINTR) return tl::unexpected("Redis cannot be waited for: " + text_of(errno));
        if (ready == 0) return tl::unexpected(fmt::format("Redis has not answered within {} ms", wait.count()));
        if (ready < 0 || (descriptor.revents & ~POLLOUT) == 0) continue;
        if (auto received = receive_some(); !received) return received;
        for (;;) {
            const auto reply = next_reply();
            if (!reply) return tl::unexpected(reply.error());
            if (*reply == nullptr) break;
            if (answered == commands) return tl::unexpected<std::string>("Redis answered more than it was asked");
            on_reply(answered++, Reply(**reply));
        }
    }
    output_.clear();
    sent_ = 0;
    return {};
}

Result<void> Connection::send_some() {
    const ssize_t size =
        ::send(context_->fd, output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0) {
        sent_ += static_cast<std::size_t>(size);
    } else if (!only_later(errno)) {
        return tl::unexpected("the connection to Redis is lost: " + text_of(errno));
    }
    return {};
}

Result<void> Connection::receive_some() {
    std::array<char, 64 * 1024> buffer;
    const ssize_t size = ::recv(context_->fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size == 0) return tl::unexpected<std::string>("Redis has closed the connection");
    if (size < 0) {
        if (only_later(errno)) return {};
        return tl::unexpected("the connection to Redis is lost: " + text_of(errno));
    }
    if (redisReaderFeed(context_->reader, buffer.data(), static_cast<std::size_t>(size)) != REDIS_OK) {
        return tl::unexpected<std::string>(context_->reader->errstr);
    }
    return {};
}

Result<std::unique_ptr<redisReply, Connection::Free>> Connection::next_reply() {
    void* reply = nullptr;
    if (redisReaderGetReply(context_->reader, &reply) != REDIS_OK) {
        return tl::unexpected(
            fmt::format("Redis answers something else than Redis does: {}", context_->reader->errstr));
    }
    return std::unique_ptr<redisReply, Free>(static_cast<redisReply*>(reply));
}

bool Connection::alive() const {
    char byte = 0;
    // Nothing is owed: whatever there is to read is an end, or was not asked for.
    return ::recv(context_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && only_later(errno);
}

}  // namespace orderstream::redis
