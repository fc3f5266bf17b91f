#include "http/request_parser.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <optional>
#include <string_view>

#include "order/limits.h"

namespace orderstream::http {
namespace {

namespace beast = boost::beast;
using beast::http::field;
using ErrorCode = beast::error_code;

// No client gets room for its body before it has sent that much of it.
constexpr std::uint64_t reserved_body_bytes = 16 * 1024;

Method method_of(beast::http::verb verb) {
    switch (verb) {
        case beast::http::verb::get: return Method::get;
        case beast::http::verb::head: return Method::head;
        case beast::http::verb::post: return Method::post;
        case beast::http::verb::put: return Method::put;
        case beast::http::verb::patch: return Method::patch;
        case beast::http::verb::delete_: return Method::delete_;
        case beast::http::verb::options: return Method::options;
        default: return Method::other;
    }
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// What a name, an address, an IPv6 address in brackets and a port are written with (RFC 3986, 3.2).
bool may_be_in_host(char character) {
    constexpr std::string_view others = "-._~%!$&'()*+,;=:[]";
    const bool is_letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
    return is_letter || (character >= '0' && character <= '9') || others.find(character) != std::string_view::npos;
}

std::optional<Header> header_of(field name, std::string_view text) {
    switch (name) {
        case field::content_type: return Header::content_type;
        case field::content_encoding: return Header::content_encoding;
        case field::if_match: return Header::if_match;
        case field::prefer: return Header::prefer;
        case field::unknown: break;
        default: return std::nullopt;
    }
    if (beast::iequals(text, "X-Request-ID")) return Header::x_request_id;
    if (beast::iequals(text, "traceparent")) return Header::traceparent;
    if (beast::iequals(text, "Idempotency-Key")) return Header::idempotency_key;
    return std::nullopt;
}

RequestParser::Refusal refusal_for(const ErrorCode& error) {
    if (error == beast::http::error::body_limit) return {413, "the body is larger than 1 MiB"};
    if (error == beast::http::error::header_limit) return {431, "request line and headers are larger than 16 KiB"};
    if (error == beast::http::error::bad_method) return {400, "the request line has no valid method"};
    if (error == beast::http::error::bad_target) return {400, "the request line has no valid target"};
    if (error == beast::http::error::bad_version) return {400, "the request line does not end in HTTP/1.0 or HTTP/1.1"};
    if (error == beast::http::error::bad_content_length || error == beast::http::error::multiple_content_length) {
        return {400, "the Content-Length is malformed or contradicted"};
    }
    if (error == beast::http::error::bad_transfer_encoding) {
        return {400, "Transfer-Encoding comes twice or beside a Content-Length"};
    }
    if (error == beast::http::error::bad_chunk || error == beast::http::error::bad_chunk_extension) {
        return {400, "a chunk of the body is malformed"};
    }
    return {400, "the request is no HTTP/1.1"};
}

}  // namespace

/// Beast's parser for one request; the virtual functions are its names.
class RequestParser::Machine {
  public:
    class Parser final : public beast::http::basic_parser<true> {
      public:
        Parser(Request& request, Refusal& refusal) : request_(request), refusal_(refusal) {
            header_limit(order::limits::header_bytes);
            body_limit(order::limits::body_bytes);
            eager(true);
        }

      private:
        void on_request_impl(beast::http::verb verb, beast::string_view method, beast::string_view target, int version,
                             ErrorCode& error) override {
            request_.method = method_of(verb);
            request_.target = view(target);
            request_.minor_version = version % 10;
            count_head(method.size() + target.size(), error);
        }

        void on_field_impl(field name, beast::string_view name_text, beast::string_view value,
                           ErrorCode& error) override {
            count_head(name_text.size() + value.size(), error);
            if (error || is_header_done()) return;  // trailers say nothing here
            switch (name) {
                case field::host:
                    if (++hosts_ > 1) return refuse("there is more than one Host", error);
                    if (!std::ranges::all_of(view(value), may_be_in_host)) refuse("the Host is no host", error);
                    return;
                case field::content_length:
                    if (++content_lengths_ > 1 || value.contains(','))
                        refuse("there is more than one Content-Length", error);
                    return;
                case field::transfer_encoding:
                    if (!beast::iequals(value, "chunked"))
                        refuse("the only Transfer-Encoding known here is chunked", error);
                    if (request_.minor_version == 0) refuse("HTTP/1.0 has no Transfer-Encoding", error);
                    return;
                case field::expect:
                    // HTTP/1.0 has no expectations (RFC 9110, 10.1.1).
                    if (request_.minor_version == 0) return;
                    request_.expectation =
                        beast::iequals(value, "100-continue") && request_.expectation != Expectation::other
                            ? Expectation::hundred_continue
                            : Expectation::other;
                    return;
                default: break;
            }
            if (const std::optional<Header> header = header_of(name, view(name_text)))
                keep(*header, view(value), error);
        }

        void on_header_impl(ErrorCode& error) override {
            request_.keep_alive = keep_alive();
            if (hosts_ == 0 && request_.minor_version > 0) refuse("there is no Host", error);
        }

        void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override {
            if (length) request_.body.reserve(std::min(*length, reserved_body_bytes));
        }
        std::size_t on_body_impl(beast::string_view part, ErrorCode&) override {
            request_.body.append(part.data(), part.size());
            return part.size();
        }
        void on_chunk_header_impl(std::uint64_t, beast::string_view, ErrorCode&) override {}
        std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view part, ErrorCode& error) override {
            return on_body_impl(part, error);
        }
        void on_finish_impl(ErrorCode&) override {}
        void on_response_impl(int, beast::string_view, int, ErrorCode&) override {}

        void keep(Header header, std::string_view value, ErrorCode& error) {
            if (request_.find(header) == nullptr) {
                request_.set(header, value);
                return;
            }
            switch (header) {
                case Header::if_match:
                case Header::prefer:
                case Header::traceparent:  // two of them are none: what is joined is not valid
                case Header::content_encoding: request_.append(header, value); return;
                case Header::content_type: return refuse("there is more than one Content-Type", error);
                case Header::idempotency_key: return refuse("there is more than one Idempotency-Key", error);
                case Header::x_request_id: return;  // the first one counts
            }
        }

        /// Beast bounds what is still unread; this bounds the whole, however it came in.
        void count_head(std::size_t bytes, ErrorCode& error) {
            head_bytes_ += bytes + line_bytes;
            if (head_bytes_ > order::limits::header_bytes) error = beast::http::error::header_limit;
        }

        void refuse(std::string_view detail, ErrorCode& error) {
            refusal_ = {400, detail};
            error = beast::http::error::bad_value;
        }

        static constexpr std::size_t line_bytes = 4;  // ": " and the line's end

        Request& request_;
        Refusal& refusal_;
        std::size_t head_bytes_ = 0;
        int hosts_ = 0;
        int content_lengths_ = 0;
    };

    std::optional<Parser> parser;
};

RequestParser::RequestParser() : machine_(std::make_unique<Machine>()) { next(); }

RequestParser::~RequestParser() = default;

void RequestParser::next() {
    request_.clear();
    refusal_ = {};
    skipped_line_end_ = false;
    machine_->parser.emplace(request_, refusal_);
}

bool RequestParser::started() const { return machine_->parser->got_some(); }

bool RequestParser::head_complete() const { return machine_->parser->is_header_done(); }

RequestParser::Fed RequestParser::feed(std::string_view input) {
    Machine::Parser& parser = *machine_->parser;
    std::size_t skipped = 0;
    if (!parser.got_some() && !skipped_line_end_ && !input.empty() && input.front() == '\r') {
        // Some clients end a body with a line end of their own (RFC 9112, 2.2).
        if (input == "\r") return {0, Status::need_more};
        if (input.starts_with("\r\n")) skipped = 2;
        skipped_line_end_ = skipped > 0;
        input.remove_prefix(skipped);
    }
    if (input.empty()) return {skipped, Status::need_more};

    ErrorCode error;
    const std::size_t consumed = parser.put(boost::asio::const_buffer(input.data(), input.size()), error);
    if (error == beast::http::error::need_more) error = {};
    if (!error && !parser.is_done() && input.size() - consumed > order::limits::header_bytes) {
        error = beast::http::error::header_limit;  // endless trailers or chunk extensions
    }
    if (error) {
        if (refusal_.detail.empty()) refusal_ = refusal_for(error);
        return {skipped + consumed, Status::failed};
    }
    return {skipped + consumed, parser.is_done() ? Status::complete : Status::need_more};
}

}  // namespace orderstream::http
