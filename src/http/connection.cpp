#include "http/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <exception>
#include <utility>

#include "http/headers.h"
#include "http/io_thread.h"
#include "http/problem.h"

namespace orderstream::http {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";
// Buffers of a connection that once needed more are given back when they are empty.
constexpr std::size_t kept_buffer_bytes = 16 * 1024;

bool is_not_yet(const ErrorCode& error) {
    return error == asio::error::would_block || error == asio::error::try_again || error == asio::error::interrupted;
}

void empty(std::string& buffer) {
    buffer.clear();
    if (buffer.capacity() > kept_buffer_bytes) buffer.shrink_to_fit();
}

}  // namespace

class Connection::LiveExchange final : public Exchange {
  public:
    LiveExchange(Connection& connection, const Request& the_request) : Exchange(the_request), connection_(connection) {}

    Later answer_later(std::function<void()> on_hang_up) override {
        connection_.on_hang_up_ = std::move(on_hang_up);
        return [mailbox = connection_.thread_.mailbox(), connection = connection_.weak_from_this(),
                exchange = connection_.exchange_](Render render) {
            mailbox->send({connection, exchange, std::move(render)});
        };
    }

  private:
    Connection& connection_;
};

Connection::Connection(Socket socket, IoThread& thread) : socket_(std::move(socket)), thread_(thread) {}

Connection::~Connection() = default;

void Connection::start() {
    ErrorCode ignored;  // a socket that is broken already says so at its first read
    socket_.non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    deadline_ = thread_.now() + thread_.shared().limits.idle_timeout;
    wait_for_input();
}

// ---------------------------------------------------------------------------------------------------------- input

void Connection::wait_for_input() {
    if (waiting_for_input_ || input_ended_) return;
    switch (state_) {
        case State::closed: return;
        case State::lingering: break;
        case State::answering:
            if (read_ahead_.size() >= order::limits::read_ahead_bytes) return;
            break;
        case State::reading:
            if (waiting_for_output_) return;  // who does not take answers may not ask for more
            break;
    }
    waiting_for_input_ = true;
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const ErrorCode& error) {
        self->waiting_for_input_ = false;
        if (!error) self->on_readable();
    });
}

void Connection::on_readable() {
    if (state_ == State::closed) return;
    auto& buffer = thread_.receive_buffer();
    ErrorCode error;
    const std::size_t received = socket_.receive(asio::buffer(buffer), 0, error);
    if (is_not_yet(error)) return wait_for_input();
    if (error == asio::error::eof || (!error && received == 0)) return on_end_of_input();
    if (error) return close();

    if (state_ == State::lingering) {
        lingered_bytes_ += received;
        if (lingered_bytes_ > order::limits::linger_bytes) return close();
        return wait_for_input();
    }
    advance({buffer.data(), received});
}

void Connection::on_end_of_input() {
    input_ended_ = true;
    if (state_ == State::reading) return advance({});
    if (state_ == State::answering) {
        thread_.shared().log.debug("client hung up",
                                   {{"path", parser_.request().target}, {"request_id", parser_.request().request_id}});
    }
    close();
}

void Connection::advance(std::string_view fresh) {
    flush();  // what is still to be sent may hold up the next request
    const bool from_read_ahead = !read_ahead_.empty();
    if (from_read_ahead) read_ahead_.append(fresh);
    std::string_view rest = from_read_ahead ? std::string_view(read_ahead_) : fresh;
    std::size_t before = 0;
    do {
        before = rest.size();
        rest = serve_requests(rest);
    } while (flush() && state_ == State::reading && rest.size() < before);

    if (state_ == State::lingering || state_ == State::closed || rest.empty()) {
        empty(read_ahead_);
    } else if (from_read_ahead) {
        read_ahead_.erase(0, read_ahead_.size() - rest.size());
    } else {
        read_ahead_.assign(rest);
    }
    if (input_ended_ && state_ == State::reading && output_.empty()) return close();
    set_deadline();
    wait_for_input();
}

std::string_view Connection::serve_requests(std::string_view input) {
    while (!input.empty() && state_ == State::reading && !closing_ && output_.size() < order::limits::output_bytes) {
        const RequestParser::Fed fed = parser_.feed(input);
        input.remove_prefix(fed.consumed);
        switch (fed.status) {
            case RequestParser::Status::need_more: on_partial_request(); return input;
            case RequestParser::Status::complete: serve(); break;
            case RequestParser::Status::failed: {
                const RequestParser::Refusal refusal = parser_.refusal();
                respond_with_problem(refusal.status, refusal.detail);
                return {};
            }
        }
    }
    return input;
}

void Connection::on_partial_request() {
    if (!parser_.head_complete()) return;
    Request& request = parser_.request();
    if (request.expectation != Expectation::none && !continue_judged_) {
        continue_judged_ = true;
        identify(request);
        if (const std::optional<Response> refusal = thread_.shared().router.refuse(request)) {
            return respond(*refusal, true);
        }
        if (request.body.empty()) output_.append(continue_line);
    }
    if (request.body.size() > order::limits::small_body_bytes && !body_place_) {
        body_place_ = thread_.shared().large_bodies.take(order::limits::body_bytes);
        if (!body_place_) respond_with_problem(503, "too many large requests at once; nothing was accepted");
    }
}

// -------------------------------------------------------------------------------------------------------- answers

void Connection::identify(Request& request) {
    if (!request.request_id.empty()) return;
    const std::string* given = request.find(Header::x_request_id);
    if (given != nullptr && is_sane_request_id(*given)) {
        request.request_id = *given;
    } else {
        thread_.make_request_id(request.request_id);
    }
}

void Connection::serve() {
    Request& request = parser_.request();
    ++exchange_;
    started_ = std::chrono::steady_clock::now();
    identify(request);

    // Counted before the handler hands the request on: whoever saw it there finds it awaited here.
    state_ = State::answering;
    ++thread_.shared().awaited_answers;
    LiveExchange exchange(*this, request);
    std::string failure;
    const std::optional<Response> response = thread_.shared().router.serve(exchange, failure);
    if (!failure.empty()) {
        thread_.shared().log.error("a request handler failed",
                                   {{"error", failure}, {"request_id", request.request_id}});
    }
    if (response) {
        state_ = State::reading;
        --thread_.shared().awaited_answers;
        return respond(*response, false);
    }
    empty(request.body);  // the handler took what it needs
    body_place_.reset();
}

void Connection::finish_exchange(std::uint64_t exchange, const Render& render) {
    if (state_ != State::answering || exchange != exchange_) return;
    std::optional<Response> response;
    try {
        response = render();
    } catch (const std::exception& error) {
        const std::string& id = parser_.request().request_id;
        thread_.shared().log.error("rendering an answer failed", {{"error", error.what()}, {"request_id", id}});
        response = to_response({.status = 500, .detail = "something went wrong here; the log has the request id"}, id);
    }
    if (!response) return;
    state_ = State::reading;
    --thread_.shared().awaited_answers;
    respond(*response, false);
    advance({});
}

void Connection::respond_with_problem(int status, std::string_view detail) {
    Request& request = parser_.request();
    started_ = std::chrono::steady_clock::now();
    identify(request);
    respond(to_response({.status = status, .detail = std::string(detail)}, request.request_id), true);
}

void Connection::respond(const Response& response, bool close) {
    const Request& request = parser_.request();
    const pipeline::Phase phase = thread_.shared().phase.load(std::memory_order_relaxed);
    const bool leaving = phase == pipeline::Phase::leaving || phase == pipeline::Phase::draining;
    closing_ = close || leaving || !request.keep_alive;
    append_response(output_, response,
                    {.date = thread_.date(),
                     .request_id = request.request_id,
                     .close = closing_,
                     .announce_keep_alive = request.minor_version == 0,
                     .head_only = request.method == Method::head});
    log_answer(response);

    on_hang_up_ = nullptr;
    continue_judged_ = false;
    body_place_.reset();
    parser_.next();
}

void Connection::log_answer(const Response& response) {
    if (response.status == 503) thread_.count_unavailable();
    const auto level =
        response.status >= 500 && response.status != 503 ? telemetry::Level::error : telemetry::Level::debug;
    const telemetry::Log& log = thread_.shared().log;
    if (!log.enabled(level)) return;
    const Request& request = parser_.request();
    const std::chrono::duration<double, std::milli> duration = std::chrono::steady_clock::now() - started_;
    log.write(level, "request",
              {{"method", to_string(request.method)},
               {"path", request.target},
               {"status", response.status},
               {"duration_ms", duration.count()},
               {"request_id", request.request_id}});
}

// --------------------------------------------------------------------------------------------------------- output

bool Connection::flush() {
    if (waiting_for_output_) return false;
    while (sent_bytes_ < output_.size()) {
        ErrorCode error;
        sent_bytes_ += socket_.send(asio::buffer(output_.data() + sent_bytes_, output_.size() - sent_bytes_), 0, error);
        if (is_not_yet(error)) {
            waiting_for_output_ = true;
            send_deadline_ = thread_.now() + thread_.shared().limits.send_timeout;
            socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const ErrorCode& failure) {
                self->waiting_for_output_ = false;
                if (!failure) self->on_writable();
            });
            return false;
        }
        if (error) {
            close();
            return false;
        }
    }
    sent_bytes_ = 0;
    empty(output_);
    if (closing_ && state_ == State::reading) linger();
    return state_ == State::reading;
}

void Connection::on_writable() {
    if (state_ == State::closed) return;
    send_deadline_ = SteadyTime::max();
    advance({});
}

// ------------------------------------------------------------------------------------------------------------ end

void Connection::linger() {
    // Closing while the client still sends would reset the connection, and it might never read the answer.
    if (input_ended_) return close();
    ErrorCode ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    state_ = State::lingering;
    deadline_ = thread_.now() + thread_.shared().limits.linger_timeout;
}

void Connection::set_deadline() {
    if (state_ == State::answering) deadline_ = SteadyTime::max();  // the pipeline bounds every wait
    if (state_ != State::reading) return;
    const Waits waits = !parser_.started()        ? Waits::for_request
                        : parser_.head_complete() ? Waits::for_body
                                                  : Waits::for_head;
    // A client cannot put it off by sending byte by byte.
    if (waits == waits_ && exchange_ == waits_in_exchange_ && deadline_ != SteadyTime::max()) return;
    waits_ = waits;
    waits_in_exchange_ = exchange_;
    const ConnectionLimits& limits = thread_.shared().limits;
    switch (waits) {
        case Waits::for_request: deadline_ = thread_.now() + limits.idle_timeout; return;
        case Waits::for_head: deadline_ = thread_.now() + limits.head_timeout; return;
        case Waits::for_body: deadline_ = thread_.now() + limits.body_timeout; return;
    }
}

void Connection::close_if_expired(SteadyTime now) {
    if (now >= send_deadline_) return close();
    if (now < deadline_) return;
    if (state_ != State::reading || waits_ == Waits::for_request || waiting_for_output_) return close();
    respond_with_problem(408, waits_ == Waits::for_head ? "the head of the request took too long"
                                                        : "the body of the request took too long");
    advance({});
}

void Connection::close() {
    if (state_ == State::closed) return;
    const auto self = shared_from_this();
    if (state_ == State::answering) --thread_.shared().awaited_answers;
    state_ = State::closed;
    ErrorCode ignored;
    socket_.close(ignored);
    thread_.forget(*this);
    if (const std::function<void()> hang_up = std::exchange(on_hang_up_, nullptr)) hang_up();
}

}  // namespace orderstream::http
