#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/exchange.h"
#include "http/request_parser.h"
#include "http/response.h"
#include "pipeline/places.h"

namespace orderstream::http {

class IoThread;

/// A concrete executor: the type-erased default costs a virtual call and more per operation.
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// One client's connection: requests in, answers out, in order; one request at a time is being answered.
///
/// Belongs to one IoThread, and everything here happens there. It reads when the socket is readable, into the thread's
/// buffer, so that an idle connection holds no buffer; what cannot be used yet is kept in `read_ahead_`. While an
/// answer is awaited it goes on reading, bounded, and so sees a client that hangs up. There are no timers: the thread's
/// sweep calls close_if_expired(). Callbacks under way keep it alive; once closed they find nothing to do.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(Socket socket, IoThread& thread);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void start();
    /// Delivers what answer_later() promised for that exchange.
    void finish_exchange(std::uint64_t exchange, const Render& render);
    void close_if_expired(SteadyTime now);
    /// At once, whatever is under way.
    void close();

    /// Its place among the thread's connections; the thread's own.
    std::size_t index = 0;

  private:
    enum class State { reading, answering, lingering, closed };
    enum class Waits { for_request, for_head, for_body };

    class LiveExchange;

    void on_readable();
    void on_end_of_input();
    void on_writable();

    /// Serves what is there, sends what came of it, and waits for more.
    void advance(std::string_view fresh);
    [[nodiscard]] std::string_view serve_requests(std::string_view input);
    void on_partial_request();
    void serve();
    /// Gives the request its id: the client's if it is a sane one.
    void identify(Request& request);
    void respond(const Response& response, bool close);
    void respond_with_problem(int status, std::string_view detail);
    void log_answer(const Response& response);

    /// True when all is sent and the next request may be served.
    bool flush();
    void linger();
    void wait_for_input();
    void set_deadline();

    Socket socket_;
    IoThread& thread_;
    RequestParser parser_;
    State state_ = State::reading;
    std::string read_ahead_;
    std::string output_;
    std::size_t sent_bytes_ = 0;
    std::size_t lingered_bytes_ = 0;
    std::optional<pipeline::Place> body_place_;  ///< of a large body

    std::uint64_t exchange_ = 0;  ///< counts the requests; names the one that is being answered
    std::function<void()> on_hang_up_;
    SteadyTime started_{};  ///< when the request was whole

    bool waiting_for_input_ = false;
    bool waiting_for_output_ = false;
    bool input_ended_ = false;
    bool closing_ = false;          ///< no more requests; linger once all is sent
    bool continue_judged_ = false;  ///< `Expect: 100-continue` of this request had its answer

    Waits waits_ = Waits::for_request;
    std::uint64_t waits_in_exchange_ = 0;
    SteadyTime deadline_ = SteadyTime::max();
    SteadyTime send_deadline_ = SteadyTime::max();
};

}  // namespace orderstream::http
