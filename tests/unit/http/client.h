#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace orderstream::http {

/// A client that sends exactly what it is told and reads whatever comes. Blocks; the suite's time-out ends what hangs.
class Client {
  public:
    explicit Client(std::uint16_t port) : socket_(context_) {
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    }

    void send(std::string_view text) { boost::asio::write(socket_, boost::asio::buffer(text)); }

    /// What can be sent; a server that has closed takes no more.
    void try_send(std::string_view text) {
        boost::system::error_code ignored;
        boost::asio::write(socket_, boost::asio::buffer(text), ignored);
    }

    /// Head and body of one answer with a Content-Length (or with no content).
    std::string read_answer() {
        while (received_.find("\r\n\r\n") == std::string::npos && receive()) {
        }
        const std::size_t head_bytes = received_.find("\r\n\r\n");
        if (head_bytes == std::string::npos) return take(received_.size());
        std::size_t total = head_bytes + 4;
        constexpr std::string_view length_field = "Content-Length: ";
        const std::size_t length = received_.find(length_field);
        if (length < head_bytes) total += std::stoul(received_.substr(length + length_field.size()));
        while (received_.size() < total && receive()) {
        }
        return take(std::min(total, received_.size()));
    }

    /// Everything until the server closes.
    std::string read_to_end() {
        while (receive()) {
        }
        return take(received_.size());
    }

    void end_output() { socket_.shutdown(boost::asio::socket_base::shutdown_send); }
    /// Closes with a reset.
    void reset() {
        socket_.set_option(boost::asio::socket_base::linger(true, 0));
        socket_.close();
    }
    void close() { socket_.close(); }

  private:
    bool receive() {
        std::array<char, 64 * 1024> buffer;
        boost::system::error_code error;
        const std::size_t bytes = socket_.read_some(boost::asio::buffer(buffer), error);
        received_.append(buffer.data(), bytes);
        return !error;
    }

    std::string take(std::size_t bytes) {
        std::string taken = received_.substr(0, bytes);
        received_.erase(0, bytes);
        return taken;
    }

    boost::asio::io_context context_;
    boost::asio::ip::tcp::socket socket_;
    std::string received_;
};

}  // namespace orderstream::http
