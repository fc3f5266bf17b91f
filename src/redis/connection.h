#pragma once

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "order/limits.h"

// hiredis's own types: its header stays within this folder's sources.
struct redisContext;
struct redisReply;

namespace orderstream::redis {

/// A value, or why there is none.
template <class T>
using Result = tl::expected<T, std::string>;

/// How a connection behaves towards a server that does not.
struct Patience {
    std::chrono::milliseconds connect = order::limits::redis_connect_timeout;
    std::chrono::milliseconds silence = order::limits::redis_silence_timeout;  ///< then the connection is broken
    std::chrono::milliseconds call = order::limits::redis_call_timeout;        ///< all answers of one run()
};

/// What the server answered to one command; lives as long as the call that hands it out.
class Reply {
  public:
    explicit Reply(const redisReply& reply) : reply_(reply) {}

    /// Whether the server refused the command; text() says why, beginning with a word in capitals.
    [[nodiscard]] bool is_error() const;
    /// Of a string, a status or an error; empty for anything else.
    [[nodiscard]] std::string_view text() const;
    [[nodiscard]] std::int64_t integer() const;
    /// An array's elements; none for anything else.
    [[nodiscard]] std::size_t size() const;
    /// The i-th element; none when it is nil.
    [[nodiscard]] std::optional<std::string_view> text(std::size_t i) const;

  private:
    const redisReply& reply_;
};

/// One connection with the server, for one thread at a time. Commands that are added go to the server together and are
/// answered together. After a failure it is of no use: an answer could be taken for another command's.
class Connection {
  public:
    /// `address` is host:port, host, [::1]:port or [::1].
    [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const std::string& address, const Patience& patience);

    void add(std::span<const std::string_view> words);
    void add(std::initializer_list<std::string_view> words) { add(std::span(words.begin(), words.size())); }
    /// What was added and is not sent yet.
    [[nodiscard]] std::size_t bytes_added() const { return output_.size(); }

    /// Hands the answer of each command added to `on_reply`, with the command's number from 0, as they come.
    using OnReply = std::function<void(std::size_t, const Reply&)>;
    [[nodiscard]] Result<void> run(const OnReply& on_reply);

    /// False when the server has closed the connection, as far as is known here: nothing is sent.
    [[nodiscard]] bool alive() const;

  private:
    struct Free {
        void operator()(redisContext* context) const;
        void operator()(redisReply* reply) const;
    };

    Connection(std::unique_ptr<redisContext, Free> context, const Patience& patience);
    [[nodiscard]] Result<void> send_some();
    [[nodiscard]] Result<void> receive_some();
    /// The next answer that is complete here; null when there is none yet.
    [[nodiscard]] Result<std::unique_ptr<redisReply, Free>> next_reply();

    std::unique_ptr<redisContext, Free> context_;
    Patience patience_;
    std::string output_;
    std::size_t sent_ = 0;  // of output_
    std::size_t commands_ = 0;
};

}  // namespace orderstream::redis
