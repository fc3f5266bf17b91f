#include "http/server.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "http/connection.h"
#include "http/io_thread.h"
#include "http/problem.h"

namespace orderstream::http {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type>;

// Without file descriptors, asking again at once would only burn a core.
constexpr std::chrono::milliseconds accept_retry{100};

unsigned threads_for(const ServerOptions& options) {
    return options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency() / 2);
}

std::string complaint(const ServerOptions& options, const ErrorCode& error) {
    return fmt::format("cannot listen on {}:{}: {}", options.host, options.port, error.message());
}

}  // namespace

class Server::Impl {
  public:
    Impl(const ServerOptions& options, const Router& router, const std::atomic<pipeline::Phase>& phase,
         const telemetry::Log& log)
        : shared_{router,
                  phase,
                  log,
                  options.limits,
                  pipeline::Places(options.limits.connections_max),
                  pipeline::Places(order::limits::large_bodies_bytes)} {
        for (unsigned i = 0; i < threads_for(options); ++i) threads_.push_back(std::make_unique<IoThread>(shared_));
        acceptor_.emplace(threads_.front()->context());
        retry_.emplace(threads_.front()->context());
    }

    ~Impl() { stop(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    ErrorCode listen(const std::string& host, std::uint16_t port) {
        ErrorCode error;
        Tcp::resolver resolver(threads_.front()->context());
        const auto found = resolver.resolve(host, std::to_string(port), Tcp::resolver::passive, error);
        if (error) return error;
        const Tcp::endpoint endpoint = found.begin()->endpoint();
        acceptor_->open(endpoint.protocol(), error);
        if (!error) acceptor_->set_option(asio::socket_base::reuse_address(true), error);
        if (!error) acceptor_->bind(endpoint, error);
        if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
        if (!error) port_ = acceptor_->local_endpoint(error).port();
        return error;
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }

    void start() {
        accept();
        for (const auto& thread : threads_) thread->start();
    }

    void stop_accepting() {
        asio::post(threads_.front()->context(), [this] { close_acceptor(); });
    }

    [[nodiscard]] std::size_t connections() const { return shared_.connections.taken(); }
    [[nodiscard]] bool drained() const { return shared_.awaited_answers.load() == 0; }

    void stop() {
        stop_accepting();
        for (const auto& thread : threads_) thread->stop();
    }

  private:
    void close_acceptor() {
        ErrorCode ignored;
        acceptor_->close(ignored);
        retry_->cancel();
    }

    /// One thread accepts and hands the sockets round, which spreads few connections more evenly than SO_REUSEPORT.
    void accept() {
        IoThread& taker = *threads_[next_thread_++ % threads_.size()];
        acceptor_->async_accept(taker.context(), [this, &taker](const ErrorCode& error, Socket socket) {
            if (!acceptor_->is_open()) return;
            if (error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
                error == asio::error::no_memory) {
                shared_.log.warn("cannot accept a connection", {{"error", error.message()}});
                return retry_later();
            }
            if (!error) hand_over(taker, std::move(socket));
            accept();
        });
    }

    void retry_later() {
        retry_->expires_after(accept_retry);
        retry_->async_wait([this](const ErrorCode& error) {
            if (!error && acceptor_->is_open()) accept();
        });
    }

    void hand_over(IoThread& taker, Socket socket) {
        std::optional<pipeline::Place> place = shared_.connections.take(1);
        if (!place) return turn_away(std::move(socket));
        asio::dispatch(taker.context(), [&taker, socket = std::move(socket), place = std::move(*place)]() mutable {
            taker.adopt(std::move(socket), std::move(place));
        });
    }

    /// A new connection's send buffer has room for that.
    void turn_away(Socket socket) {
        IoThread& here = *threads_.front();
        here.count_unavailable();
        std::string id;
        here.make_request_id(id);
        std::string answer;
        append_response(answer, to_response({.status = 503, .detail = "there are too many connections"}, id),
                        {.date = here.date(), .request_id = id, .close = true});
        ErrorCode ignored;
        socket.non_blocking(true, ignored);
        socket.send(asio::buffer(answer), 0, ignored);
        socket.shutdown(Socket::shutdown_send, ignored);
    }

    Shared shared_;
    std::vector<std::unique_ptr<IoThread>> threads_;
    std::optional<Acceptor> acceptor_;
    std::optional<asio::steady_timer> retry_;
    std::size_t next_thread_ = 0;
    std::uint16_t port_ = 0;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

tl::expected<std::unique_ptr<Server>, std::string> Server::listen(const ServerOptions& options, const Router& router,
                                                                  const std::atomic<pipeline::Phase>& phase,
                                                                  const telemetry::Log& log) {
    auto impl = std::make_unique<Impl>(options, router, phase, log);
    if (const ErrorCode error = impl->listen(options.host, options.port)) {
        return tl::unexpected(complaint(options, error));
    }
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const { return impl_->port(); }

void Server::start() { impl_->start(); }

void Server::stop_accepting() { impl_->stop_accepting(); }

std::size_t Server::connections() const { return impl_->connections(); }

bool Server::drained() const { return impl_->drained(); }

void Server::stop() { impl_->stop(); }

}  // namespace orderstream::http
