#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "order/limits.h"

namespace orderstream::http {
namespace {

using Status = RequestParser::Status;

/// What a connection does: gives new bytes after those that were not consumed.
class Feeder {
  public:
    Status feed(std::string_view bytes) {
        pending_ += bytes;
        const RequestParser::Fed fed = parser.feed(pending_);
        pending_.erase(0, fed.consumed);
        return fed.status;
    }

    /// `size` bytes at a time, until the request is complete or refused.
    Status feed_in_pieces(std::string_view bytes, std::size_t size) {
        Status status = Status::need_more;
        while (!bytes.empty() && status == Status::need_more) {
            status = feed(bytes.substr(0, size));
            bytes.remove_prefix(std::min(size, bytes.size()));
        }
        return status;
    }

    RequestParser parser;

  private:
    std::string pending_;
};

/// The status a text is refused with; it must be the same however the bytes come.
int refusal_of(const std::string& text) {
    Feeder whole;
    EXPECT_EQ(whole.feed(text), Status::failed) << text.substr(0, 200);
    for (const std::size_t size : {1U, 2U, 7U, 1000U}) {
        Feeder pieces;
        EXPECT_EQ(pieces.feed_in_pieces(text, size), Status::failed) << "in pieces of " << size;
        EXPECT_EQ(pieces.parser.refusal().status, whole.parser.refusal().status) << "in pieces of " << size;
    }
    EXPECT_FALSE(whole.parser.refusal().detail.empty());
    return whole.parser.refusal().status;
}

std::string post(std::string_view fields, std::string_view body = "") {
    return "POST /orders HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

TEST(RequestParser, ReadsWhatIsKeptOfARequest) {
    Feeder feeder;
    ASSERT_EQ(feeder.feed("POST /orders?x=1 HTTP/1.1\r\nHost: a\r\ncontent-TYPE: application/json; charset=utf-8 \r\n"
                          "x-request-id: r-1\r\nidempotency-key: k 1\r\nIf-Match: \"1\"\r\nPrefer: wait=1\r\n"
                          "User-Agent: test\r\nContent-Length: 4\r\n\r\nbody"),
              Status::complete);
    const Request& request = feeder.parser.request();
    EXPECT_EQ(request.method, Method::post);
    EXPECT_EQ(request.target, "/orders?x=1");
    EXPECT_EQ(request.minor_version, 1);
    EXPECT_TRUE(request.keep_alive);
    EXPECT_EQ(request.value_or_empty(Header::content_type), "application/json; charset=utf-8");
    EXPECT_EQ(request.value_or_empty(Header::x_request_id), "r-1");
    EXPECT_EQ(request.value_or_empty(Header::idempotency_key), "k 1");
    EXPECT_EQ(request.value_or_empty(Header::if_match), "\"1\"");
    EXPECT_EQ(request.value_or_empty(Header::prefer), "wait=1");
    EXPECT_EQ(request.find(Header::content_encoding), nullptr);
    EXPECT_EQ(request.body, "body");
}

TEST(RequestParser, ReadsEveryShapeByteByByte) {
    struct Shape {
        std::string text;
        Method method;
        std::string body;
        bool keep_alive;
    };
    const std::vector<Shape> shapes{
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", Method::get, "", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", Method::get, "", false},
        {"GET / HTTP/1.0\r\n\r\n", Method::get, "", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", Method::get, "", true},
        {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", Method::head, "", true},
        {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", Method::other, "", true},
        {"\r\nDELETE / HTTP/1.1\r\nHost: a\r\n\r\n", Method::delete_, "", true},
        {post("Content-Length: 0\r\n"), Method::post, "", true},
        {post("Content-Length: 11\r\n", "hello world"), Method::post, "hello world", true},
        {post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n"), Method::post,
         "hello world", true},
        {post("transfer-encoding: Chunked\r\n", "1\r\na\r\n0\r\nTrailer: x\r\nIf-Match: \"9\"\r\n\r\n"), Method::post,
         "a", true},
    };
    for (const Shape& shape : shapes) {
        for (const std::size_t size : {1U, 2U, 3U, 5U, 8U, 1000U}) {
            Feeder feeder;
            ASSERT_EQ(feeder.feed_in_pieces(shape.text, size), Status::complete) << shape.text << "in " << size;
            const Request& request = feeder.parser.request();
            EXPECT_EQ(request.method, shape.method);
            EXPECT_EQ(request.body, shape.body);
            EXPECT_EQ(request.keep_alive, shape.keep_alive);
            EXPECT_EQ(request.find(Header::if_match), nullptr) << "a trailer is no field";
        }
    }
}

TEST(RequestParser, ReadsOneRequestAfterTheOther) {
    Feeder feeder;
    ASSERT_EQ(feeder.feed(post("If-Match: \"1\"\r\nContent-Length: 3\r\n", "oneGET /two HTTP/1.1\r\nHo")),
              Status::complete);
    EXPECT_EQ(feeder.parser.request().body, "one");
    feeder.parser.next();
    EXPECT_FALSE(feeder.parser.started());
    EXPECT_EQ(feeder.feed("st: a\r\n"), Status::need_more);
    EXPECT_TRUE(feeder.parser.started());
    EXPECT_FALSE(feeder.parser.head_complete());
    ASSERT_EQ(feeder.feed("\r\n"), Status::complete);
    EXPECT_EQ(feeder.parser.request().target, "/two");
    EXPECT_EQ(feeder.parser.request().body, "");
    EXPECT_EQ(feeder.parser.request().find(Header::if_match), nullptr);
}

TEST(RequestParser, JoinsListsAndTracesAndTakesTheFirstRequestId) {
    Feeder feeder;
    ASSERT_EQ(feeder.feed(post("Prefer: wait=1\r\nPrefer: respond-async\r\nIf-Match: \"1\"\r\nIf-Match: \"2\"\r\n"
                               "X-Request-ID: a\r\nX-Request-ID: b\r\nTraceparent: a\r\ntraceparent: b\r\n")),
              Status::complete);
    EXPECT_EQ(feeder.parser.request().value_or_empty(Header::prefer), "wait=1, respond-async");
    EXPECT_EQ(feeder.parser.request().value_or_empty(Header::if_match), "\"1\", \"2\"");
    EXPECT_EQ(feeder.parser.request().value_or_empty(Header::x_request_id), "a");
    EXPECT_EQ(feeder.parser.request().value_or_empty(Header::traceparent), "a, b");
}

TEST(RequestParser, TellsExpectationsBeforeTheBody) {
    Feeder feeder;
    ASSERT_EQ(feeder.feed(post("Expect: 100-Continue\r\nContent-Length: 2\r\n")), Status::need_more);
    EXPECT_TRUE(feeder.parser.head_complete());
    EXPECT_EQ(feeder.parser.request().expectation, Expectation::hundred_continue);
    EXPECT_EQ(feeder.feed("ok"), Status::complete);

    Feeder other;
    ASSERT_EQ(other.feed(post("Expect: 200-ok\r\nContent-Length: 2\r\n")), Status::need_more);
    EXPECT_EQ(other.parser.request().expectation, Expectation::other);

    Feeder old;
    ASSERT_EQ(old.feed("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), Status::complete);
    EXPECT_EQ(old.parser.request().expectation, Expectation::none);
}

TEST(RequestParser, RefusesGarbage) {
    EXPECT_EQ(refusal_of("GARBAGE\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("GET /\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("GET / FTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nno colon\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nX: a" + std::string(1, '\0') + "b\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("\x16\x03\x01\x02 a TLS greeting\r\n\r\n"), 400);
}

TEST(RequestParser, WantsOneHost) {
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
    for (const char* host : {"a b", "user@a", "a/b", "a?b", "\"a\"", "a\\b", "<a>"}) {
        EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"), 400) << host;
    }
    for (const char* host : {"", "a", "shop.example:8080", "[::1]:80", "%C3%BC.example"}) {
        Feeder feeder;
        EXPECT_EQ(feeder.feed("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"), Status::complete) << host;
    }
}

TEST(RequestParser, RefusesWhatTwoServersCouldReadDifferently) {
    EXPECT_EQ(refusal_of(post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")), 400);
    EXPECT_EQ(refusal_of(post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n")), 400);
    EXPECT_EQ(refusal_of(post("Content-Length: 4\r\nContent-Length: 4\r\n", "body")), 400);
    EXPECT_EQ(refusal_of(post("Content-Length: 4\r\nContent-Length: 5\r\n", "body")), 400);
    EXPECT_EQ(refusal_of(post("Content-Length: 4, 4\r\n", "body")), 400);
    EXPECT_EQ(refusal_of(post("Content-Length: +4\r\n", "body")), 400);
    EXPECT_EQ(refusal_of(post("Content-Length: -4\r\n", "body")), 400);
    EXPECT_EQ(refusal_of(post("Content-Length: 0x4\r\n", "body")), 400);
    EXPECT_EQ(refusal_of(post("Content-Length: \r\n", "body")), 400);
    EXPECT_EQ(refusal_of(post("Content-Length: 99999999999999999999999\r\n", "body")), 400);
    EXPECT_EQ(refusal_of(post("Transfer-Encoding: gzip\r\n", "body")), 400);
    EXPECT_EQ(refusal_of(post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")), 400);
    EXPECT_EQ(refusal_of(post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")), 400);
    EXPECT_EQ(refusal_of(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")), 400);
    EXPECT_EQ(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST(RequestParser, RefusesRepeatedFieldsThatHaveOneValue) {
    EXPECT_EQ(refusal_of(post("Content-Type: application/json\r\nContent-Type: text/plain\r\n")), 400);
    EXPECT_EQ(refusal_of(post("Idempotency-Key: a\r\nIdempotency-Key: b\r\n")), 400);
}

TEST(RequestParser, RefusesMalformedChunks) {
    EXPECT_EQ(refusal_of(post("Transfer-Encoding: chunked\r\n", "zz\r\nhello\r\n0\r\n\r\n")), 400);
    EXPECT_EQ(refusal_of(post("Transfer-Encoding: chunked\r\n", "5\r\nhelloXX0\r\n\r\n")), 400);
}

TEST(RequestParser, BoundsTheHead) {
    const std::string name = "X-Filler: ";
    const std::size_t fixed = post(name + "\r\n").size();
    Feeder fits;
    EXPECT_EQ(fits.feed(post(name + std::string(order::limits::header_bytes - fixed - 64, 'a') + "\r\n")),
              Status::complete);
    EXPECT_EQ(refusal_of(post(name + std::string(order::limits::header_bytes, 'a') + "\r\n")), 431);
    EXPECT_EQ(refusal_of("GET /" + std::string(order::limits::header_bytes, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"),
              431);
    EXPECT_EQ(refusal_of("GET /" + std::string(64 * 1024, 'a')), 431);
    std::string many;
    for (int i = 0; i < 4000; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
    EXPECT_EQ(refusal_of(post(many)), 431);
}

TEST(RequestParser, BoundsTrailersAndChunkExtensions) {
    const std::string endless(2 * order::limits::header_bytes, 'a');
    EXPECT_EQ(refusal_of(post("Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\nX: " + endless)), 431);
    EXPECT_EQ(refusal_of(post("Transfer-Encoding: chunked\r\n", "1;x=" + endless)), 431);
}

TEST(RequestParser, BoundsTheBody) {
    const std::string largest(order::limits::body_bytes, 'x');
    Feeder fits;
    EXPECT_EQ(fits.feed_in_pieces(post("Content-Length: " + std::to_string(largest.size()) + "\r\n", largest), 50'000),
              Status::complete);
    EXPECT_EQ(fits.parser.request().body.size(), order::limits::body_bytes);

    Feeder announced;
    EXPECT_EQ(announced.feed(post("Content-Length: " + std::to_string(largest.size() + 1) + "\r\n")), Status::failed)
        << "before a byte of the body came";
    EXPECT_EQ(announced.parser.refusal().status, 413);
    EXPECT_EQ(announced.parser.request().method, Method::post);

    Feeder chunked;
    Status status = chunked.feed(post("Transfer-Encoding: chunked\r\n"));
    const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
    int chunks = 0;
    for (; status == Status::need_more && chunks < 100; ++chunks) status = chunked.feed(chunk);
    EXPECT_EQ(status, Status::failed);
    EXPECT_EQ(chunks, 17);
    EXPECT_EQ(chunked.parser.refusal().status, 413);

    Feeder overflowing;
    EXPECT_EQ(overflowing.feed(post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n")), Status::failed);
}

}  // namespace
}  // namespace orderstream::http
