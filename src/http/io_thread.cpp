#include "http/io_thread.h"

#include <boost/asio/post.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <exception>
#include <iterator>
#include <utility>

namespace orderstream::http {

namespace asio = boost::asio;

IoThread::IoThread(Shared& shared)
    : shared_(shared),
      mailbox_(std::make_shared<Mailbox>([this] { asio::post(context_, [this] { deliver(); }); })),
      receive_buffer_(std::make_unique<std::array<char, 64 * 1024>>()),
      random_(std::random_device{}()) {
    sweep();
}

IoThread::~IoThread() { stop(); }

void IoThread::start() {
    work_.emplace(context_.get_executor());
    schedule_sweep();
    thread_ = std::thread([this] { run(); });
}

void IoThread::stop() {
    if (thread_.joinable()) {
        asio::post(context_, [this] {
            stopping_ = true;
            while (!connections_.empty()) connections_.back().connection->close();
            sweep_timer_.cancel();
            work_.reset();
        });
        thread_.join();
    }
    mailbox_->close();
}

void IoThread::run() {
    for (;;) {
        try {
            context_.run();
            return;
        } catch (const std::exception& error) {
            shared_.log.error("an io thread goes on after a failure", {{"error", error.what()}});
        }
    }
}

void IoThread::adopt(Socket socket, pipeline::Place place) {
    if (stopping_) return;
    const auto connection = std::make_shared<Connection>(std::move(socket), *this);
    connection->index = connections_.size();
    connections_.push_back({connection, std::move(place)});
    connection->start();
}

void IoThread::forget(Connection& connection) {
    const std::size_t index = connection.index;
    if (index + 1 < connections_.size()) {
        connections_[index] = std::move(connections_.back());
        connections_[index].connection->index = index;
    }
    connections_.pop_back();
}

void IoThread::make_request_id(std::string& id) {
    constexpr std::string_view digits = "0123456789abcdef";
    id.resize(32);
    for (std::size_t half = 0; half < 32; half += 16) {
        std::uint64_t bits = random_();
        for (std::size_t i = 0; i < 16; ++i, bits >>= 4U) id[half + i] = digits[bits & 0xFU];
    }
}

void IoThread::schedule_sweep() {
    sweep_timer_.expires_after(shared_.limits.sweep_interval);
    sweep_timer_.async_wait([this](const boost::system::error_code& error) {
        if (error || stopping_) return;
        sweep();
        schedule_sweep();
    });
}

void IoThread::sweep() {
    now_ = std::chrono::steady_clock::now();
    date_.clear();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    fmt::format_to(std::back_inserter(date_), "{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(seconds));

    // Backwards, for a connection that closes is replaced by the last one.
    for (std::size_t i = connections_.size(); i-- > 0;) {
        const std::shared_ptr<Connection> connection = connections_[i].connection;
        connection->close_if_expired(now_);
    }
    if (const std::uint64_t count = std::exchange(unavailable_answers_, 0)) {
        shared_.log.warn("requests were answered 503", {{"count", count}});
    }
}

void IoThread::deliver() {
    mailbox_->take(letters_);
    for (const Mailbox::Letter& letter : letters_) {
        if (const auto connection = letter.connection.lock())
            connection->finish_exchange(letter.exchange, letter.render);
    }
    letters_.clear();
}

}  // namespace orderstream::http
