#include <chrono>
#include <string>
#include <vector>

#include "e2e/http_suite.h"

// HTTP/1.1 as bytes: sizes, chunks, expectations, pipelines, versions, and requests that are none (RFC 9110, 9112).

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr std::size_t mebibyte = 1024 * 1024;

class HttpFraming : public HttpSuite {
  protected:
    /// The answer to bytes that end their connection.
    static HttpResponse last_answer_to(const std::string& bytes) {
        HttpConnection connection = server().connect();
        connection.send_raw(bytes);
        const HttpResponse response = connection.receive();
        EXPECT_EQ(response.header("Connection"), "close") << response;
        EXPECT_TRUE(connection.closes());
        return response;
    }
    /// A create whose body has that many bytes.
    static std::string body_of(std::size_t bytes) {
        const std::string frame = create_body(new_customer(), R"({"t":""})");
        return create_body(new_customer(), R"({"t":")" + repeated("x", bytes - frame.size()) + R"("})");
    }
    static HttpRequest create_request() { return with_json("POST", "/orders", create_body(new_customer(), "{}")); }

    static std::string chunked(const std::string& chunks) {
        return "POST /orders HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
    }
    static std::string with_header(const std::string& line) {
        return "GET /health HTTP/1.1\r\nHost: h\r\n" + line + "\r\n\r\n";
    }
    static HttpRequest health_with_headers_of(std::size_t bytes) {
        HttpRequest request = get("/health");
        const std::size_t others = request.to_wire().size() + "X-A: \r\n"s.size();
        request.headers.emplace_back("X-A", repeated("a", bytes - others));
        return request;
    }
};

// ---------------------------------------------------------------------------------------------------------- sizes

TEST_F(HttpFraming, a_body_of_exactly_1_mebibyte_is_taken) {
    const std::string body = body_of(mebibyte);
    ASSERT_EQ(body.size(), mebibyte);
    const HttpResponse response = post(body);
    ASSERT_EQ(response.status, 201) << response;
    const std::string id = text_at(response.json(), "/order_id");
    const std::string payload = body.substr(body.find(R"({"t")"), body.rfind('}') - body.find(R"({"t")"));
    EXPECT_NE(read(id).body.find(R"("payload":)" + payload + ','), std::string::npos);
}

TEST_F(HttpFraming, a_byte_more_is_413) {
    EXPECT_TRUE(is_problem(last_answer_to(with_json("POST", "/orders", body_of(mebibyte + 1)).to_wire()), 413));
}

TEST_F(HttpFraming, a_client_that_sends_2_mebibytes_can_read_the_413) {
    for (int i = 0; i < 5; ++i) {
        const auto request = with_json("POST", "/orders", body_of(2 * mebibyte));
        EXPECT_TRUE(is_problem(last_answer_to(request.to_wire()), 413));
        const std::vector<std::string> pieces(32, repeated("x", 64 * 1024));
        EXPECT_TRUE(is_problem(last_answer_to(to_wire_chunked(with_json("POST", "/orders", ""), pieces)), 413));
    }
}

TEST_F(HttpFraming, headers_of_16_kibibytes_and_no_more) {
    EXPECT_EQ(ask(health_with_headers_of(15 * 1024)).status, 200);
    EXPECT_TRUE(is_problem(last_answer_to(health_with_headers_of(18 * 1024).to_wire()), 431));
    EXPECT_TRUE(is_problem(last_answer_to(health_with_headers_of(64 * 1024).to_wire()), 431));
    EXPECT_TRUE(is_problem(last_answer_to(get("/" + repeated("x", 64 * 1024)).to_wire()), 431));
    HttpRequest many = get("/health");
    for (int i = 0; i < 2000; ++i) many.headers.emplace_back("X-" + std::to_string(i), "many small ones");
    EXPECT_TRUE(is_problem(last_answer_to(many.to_wire()), 431));
}

// --------------------------------------------------------------------------------------------------------- chunks

TEST_F(HttpFraming, a_chunked_body_is_a_body) {
    const std::string body = create_body(new_customer(), R"({"a":[1,2,3]})");
    HttpConnection connection = server().connect();
    for (const std::size_t size : {std::size_t{1}, std::size_t{7}, body.size()}) {
        std::vector<std::string> pieces;
        for (std::size_t i = 0; i < body.size(); i += size) pieces.push_back(body.substr(i, size));
        connection.send_raw(to_wire_chunked(with_json("POST", "/orders", ""), pieces));
        const HttpResponse response = connection.receive();
        ASSERT_EQ(response.status, 201) << response;
        EXPECT_EQ(render_json(at(read(text_at(response.json(), "/order_id")).json(), "/payload")), R"({"a":[1,2,3]})");
    }
}

TEST_F(HttpFraming, chunks_may_have_extensions_and_trailers) {
    HttpConnection connection = server().connect();
    std::string body = create_body(new_customer(), "{}");
    body.resize(0x6F, ' ');
    connection.send_raw(chunked("6f;name=value;flag=\"quoted\"\r\n" + body + "\r\n0\r\nX-Trailer: 1\r\n\r\n"));
    EXPECT_EQ(connection.receive().status, 201);
    EXPECT_EQ(connection.ask(get("/health")).status, 200);
}

TEST_F(HttpFraming, a_chunk_past_1_mebibyte_is_413_before_it_comes) {
    EXPECT_TRUE(is_problem(last_answer_to(chunked("200000\r\nxx")), 413));
}

TEST_F(HttpFraming, malformed_chunks_are_400) {
    for (const std::string chunks :
         {"x\r\nabc\r\n0\r\n\r\n", "-1\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\r\nabcX0\r\n\r\n",
          "0x3\r\nabc\r\n0\r\n\r\n", "\r\n\r\n", " 3\r\nabc\r\n0\r\n\r\n"}) {
        EXPECT_TRUE(is_problem(last_answer_to(chunked(chunks)), 400)) << chunks;
    }
    const HttpResponse endless = last_answer_to(chunked("FFFFFFFFFFFFFFFFF\r\nabc"));
    EXPECT_TRUE(endless.status == 400 || endless.status == 413) << endless;
}

TEST_F(HttpFraming, endless_chunk_extensions_and_trailers_are_refused) {
    for (const std::string& chunks : {"1;" + repeated("x", 70'000), "0\r\nX-T: " + repeated("x", 70'000)}) {
        const HttpResponse response = last_answer_to(chunked(chunks));
        EXPECT_TRUE(response.status == 400 || response.status == 431) << response;
        EXPECT_TRUE(is_problem(response, response.status));
    }
}

// --------------------------------------------------------------------------------------------------- expectations

TEST_F(HttpFraming, a_client_that_expects_100_hears_it_and_goes_on) {
    HttpConnection connection = server().connect();
    HttpRequest request = create_request();
    const std::string body = request.body;
    request.headers.emplace_back("Expect", "100-continue");
    request.headers.emplace_back("Content-Length", std::to_string(body.size()));
    request.body.clear();
    connection.send(request);
    EXPECT_EQ(connection.receive().status, 100);
    connection.send_raw(body);
    EXPECT_EQ(connection.receive().status, 201);
    EXPECT_EQ(connection.ask(get("/health")).status, 200);
}

TEST_F(HttpFraming, a_client_that_expects_100_may_not_wait_for_it) {
    HttpConnection connection = server().connect();
    HttpRequest request = create_request();
    request.headers.emplace_back("Expect", "100-continue");
    EXPECT_EQ(connection.ask(request).status, 201);
    EXPECT_EQ(connection.ask(get("/health")).status, 200);
}

TEST_F(HttpFraming, what_would_be_refused_anyway_is_refused_before_its_body) {
    const auto expecting = [](const std::string& request_line, const std::string& headers) {
        return last_answer_to(request_line + " HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n" + headers + "\r\n");
    };
    EXPECT_TRUE(is_problem(expecting("POST /orders", "Content-Length: 2097152\r\n"), 413));
    EXPECT_TRUE(is_problem(expecting("POST /orders", "Content-Length: 10\r\nContent-Type: text/plain\r\n"), 415));
    EXPECT_TRUE(is_problem(expecting("PATCH /orders", "Content-Length: 10\r\n"), 405));
    EXPECT_TRUE(is_problem(expecting("POST /nope", "Content-Length: 10\r\n"), 404));
}

TEST_F(HttpFraming, another_expectation_is_417) {
    HttpRequest request = create_request();
    request.headers.emplace_back("Expect", "the-spanish-inquisition");
    EXPECT_TRUE(is_problem(ask(request), 417));
}

// -------------------------------------------------------------------------------------- connections and versions

TEST_F(HttpFraming, ten_pipelined_requests_are_answered_in_order) {
    const std::string user = new_customer();
    const std::string id = create(user);
    std::string wire;
    for (int i = 0; i < 10; ++i) {
        HttpRequest request = get("/health");
        if (i % 3 == 1)
            request = with_json("POST", "/orders", create_body(user, R"({"id":"p)" + std::to_string(i) + R"("})"));
        if (i % 3 == 2) request = get("/orders/" + id);
        request.headers.emplace_back("X-Request-ID", "p-" + std::to_string(i));
        wire += request.to_wire();
    }
    HttpConnection connection = server().connect();
    connection.send_raw(wire);
    for (int i = 0; i < 10; ++i) {
        const HttpResponse response = connection.receive();
        EXPECT_EQ(response.header("X-Request-ID"), "p-" + std::to_string(i));
        EXPECT_EQ(response.status, i % 3 == 1 ? 201 : 200) << response;
    }
    EXPECT_EQ(connection.ask(get("/health")).status, 200);
}

TEST_F(HttpFraming, a_pipelined_update_sees_the_create_before_it) {
    const std::string user = new_customer();
    const std::string id = create(user);
    std::string wire;
    for (int i = 0; i < 10; ++i)
        wire +=
            with_json("POST", "/orders", update_body(id, user, R"({"amount":)" + std::to_string(i) + "}")).to_wire();
    HttpConnection connection = server().connect();
    connection.send_raw(wire + get("/orders/" + id).to_wire());
    for (int i = 0; i < 10; ++i) EXPECT_EQ(connection.receive().header("ETag"), "\"" + std::to_string(i + 2) + "\"");
    EXPECT_EQ(number_at(connection.receive().json(), "/amount"), "9");
}

TEST_F(HttpFraming, after_a_malformed_request_a_pipeline_ends) {
    HttpConnection connection = server().connect();
    connection.send_raw(get("/health").to_wire() + "garbage\r\n\r\n" + get("/health").to_wire());
    EXPECT_EQ(connection.receive().body, "ok");
    EXPECT_TRUE(is_problem(connection.receive(), 400));
    EXPECT_TRUE(connection.closes());
}

TEST_F(HttpFraming, connections_are_kept_and_problems_do_not_end_them) {
    HttpConnection connection = server().connect();
    EXPECT_TRUE(is_problem(connection.ask(with_json("POST", "/orders", "nope")), 400));
    EXPECT_TRUE(is_problem(connection.ask(get("/nope")), 404));
    EXPECT_TRUE(is_problem(connection.ask({.method = "PUT", .target = "/orders", .headers = {}, .body = "x"}), 405));
    const HttpResponse created = connection.ask(create_request());
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(created.header("Connection"), std::nullopt);
    EXPECT_EQ(connection.ask(get("/health", {{"Connection", "keep-alive"}})).status, 200);
}

TEST_F(HttpFraming, connection_close_closes) {
    HttpRequest request = create_request();
    request.headers.emplace_back("Connection", "close");
    EXPECT_EQ(last_answer_to(request.to_wire()).status, 201);
    EXPECT_EQ(last_answer_to(get("/health", {{"connection", "Close"}}).to_wire()).body, "ok");
}

TEST_F(HttpFraming, http_1_0_is_answered_and_closed) {
    EXPECT_EQ(last_answer_to("GET /health HTTP/1.0\r\n\r\n").body, "ok");
    const std::string body = create_body(new_customer(), "{}");
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    EXPECT_EQ(last_answer_to("POST /orders HTTP/1.0\r\n" + length + body).status, 201);
}

TEST_F(HttpFraming, http_1_0_keeps_a_connection_that_asks_for_it) {
    HttpConnection connection = server().connect();
    for (int i = 0; i < 2; ++i) {
        connection.send_raw("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_EQ(connection.receive().header("Connection"), "keep-alive");
    }
}

TEST_F(HttpFraming, head_is_get_without_the_body) {
    const std::string id = create(new_customer());
    HttpConnection connection = server().connect();
    for (const std::string& target :
         {std::string("/health"), "/orders/" + id, std::string("/orders/x"), std::string("/nope")}) {
        const HttpResponse whole = connection.ask(get(target, {{"X-Request-ID", "same"}}));
        const HttpResponse head =
            connection.ask({.method = "HEAD", .target = target, .headers = {{"X-Request-ID", "same"}}, .body = {}});
        EXPECT_EQ(head.status, whole.status);
        EXPECT_EQ(head.body, "");
        for (const std::string name : {"Content-Type", "Content-Length", "ETag", "Cache-Control"}) {
            EXPECT_EQ(head.header(name), whole.header(name)) << name;
        }
    }
}

TEST_F(HttpFraming, an_answer_has_a_date_and_a_length) {
    const HttpResponse response = ask(get("/health"));
    EXPECT_EQ(response.header("Content-Length"), "2");
    EXPECT_THAT(response.header("Date").value_or(""),
                testing::MatchesRegex("[A-Z][a-z]{2}, [0-3][0-9] [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} GMT"));
}

TEST_F(HttpFraming, a_target_may_be_absolute) {
    EXPECT_EQ(ask(get("http://localhost/health")).body, "ok");
    EXPECT_EQ(ask(get("http://localhost:1/health?")).body, "ok");
}

// -------------------------------------------------------------------------------------------------------- garbage

TEST_F(HttpFraming, request_lines_of_garbage_are_400) {
    for (const std::string& bytes :
         {"garbage\r\n\r\n"s, "GET\r\n\r\n"s, "GET /health\r\n\r\n"s, "GET /health HTTP/2.0\r\nHost: h\r\n\r\n"s,
          "GET /health HTTP/1.2\r\nHost: h\r\n\r\n"s, "GET /health HTTP/1.1 x\r\nHost: h\r\n\r\n"s,
          "GET  /health HTTP/1.1\r\nHost: h\r\n\r\n"s, " GET /health HTTP/1.1\r\nHost: h\r\n\r\n"s,
          "GET /hea lth HTTP/1.1\r\nHost: h\r\n\r\n"s, "G(T /health HTTP/1.1\r\nHost: h\r\n\r\n"s,
          "GET health HTTP/1.1\r\nHost: h\r\n\r\n"s, "GET /health http/1.1\r\nHost: h\r\n\r\n"s,
          "GET /hea\x01lth HTTP/1.1\r\nHost: h\r\n\r\n"s, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"s,
          "\0\0\0\0\0\0\0\0\r\n\r\n"s, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s, "\xff\xfe\xfd\r\n\r\n"s}) {
        HttpConnection connection = server().connect();
        connection.send_raw(bytes);
        EXPECT_TRUE(is_problem(connection.receive(), 400)) << bytes;
    }
    EXPECT_EQ(ask(get("/health")).body, "ok");
}

TEST_F(HttpFraming, malformed_headers_are_400) {
    for (const std::string& line : {"no colon"s,
                                    ": no name"s,
                                    "Na me: x"s,
                                    "Name : x"s,
                                    "Na\x01me: x"s,
                                    "X-A: a\0b"s,
                                    "X-A: a\x01"
                                    "b"s,
                                    "Host: another"s,
                                    "Content-Length: -1"s,
                                    "Content-Length: +5"s,
                                    "Content-Length: 5x"s,
                                    "Content-Length: "s,
                                    "Content-Length: 0x5"s,
                                    "Content-Length: 99999999999999999999"s,
                                    "Content-Length: 5, 5"s,
                                    "Content-Length: 1\r\nContent-Length: 2"s,
                                    "Content-Length: 5\r\nTransfer-Encoding: chunked"s,
                                    "Transfer-Encoding: chunked\r\nContent-Length: 5"s,
                                    "Transfer-Encoding: gzip, chunked"s,
                                    "Transfer-Encoding: identity"s,
                                    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"s,
                                    "Transfer-Encoding: chunked, chunked"s}) {
        EXPECT_TRUE(is_problem(last_answer_to(with_header(line)), 400)) << line;
    }
    EXPECT_TRUE(is_problem(last_answer_to("GET /health HTTP/1.1\r\n\r\n"), 400)) << "no Host";
    EXPECT_TRUE(
        is_problem(last_answer_to("POST /orders HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400));
    EXPECT_EQ(ask(get("/health")).body, "ok");
}

TEST_F(HttpFraming, an_empty_line_before_a_request_is_forgiven) {
    HttpConnection connection = server().connect();
    connection.send_raw("\r\n" + get("/health").to_wire() + "\r\n" + get("/health").to_wire());
    EXPECT_EQ(connection.receive().body, "ok");
    EXPECT_EQ(connection.receive().body, "ok");
}

TEST_F(HttpFraming, a_body_on_a_get_is_read_over) {
    HttpConnection connection = server().connect();
    HttpRequest request = get("/health");
    request.body = "GET /nope HTTP/1.1\r\nHost: h\r\n\r\n";
    EXPECT_EQ(connection.ask(request).body, "ok");
    EXPECT_TRUE(is_problem(connection.ask(get("/nope")), 404));
}

}  // namespace

}  // namespace orderstream::e2e
