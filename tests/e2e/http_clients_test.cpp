#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "e2e/http_suite.h"
#include "e2e/support/concurrent.h"

// Clients that are slow, idle, silent or gone: they cost nobody but themselves.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;

class HttpClients : public HttpSuite {
  protected:
    static HttpRequest create_request(const std::string& user, const std::string& payload = "{}") {
        return with_json("POST", "/orders", create_body(user, payload));
    }
    /// That others are served as if nothing had happened.
    static void expect_service() {
        const auto start = std::chrono::steady_clock::now();
        EXPECT_EQ(ask(get("/health/ready")).status, 200);
        EXPECT_EQ(post(create_body(new_customer(), "{}")).status, 201);
        EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
    }
};

TEST_F(HttpClients, may_send_byte_by_byte) {
    HttpConnection connection = server().connect();
    for (const char byte : create_request(new_customer()).to_wire() + get("/health").to_wire()) {
        connection.send_raw({&byte, 1});
    }
    EXPECT_EQ(connection.receive().status, 201);
    EXPECT_EQ(connection.receive().body, "ok");
}

TEST_F(HttpClients, may_split_a_request_anywhere) {
    const std::string wire = create_request(new_customer(), R"({"é":"\u00e9"})").to_wire();
    for (std::size_t i = 1; i < wire.size(); i += 7) {
        HttpConnection connection = server().connect();
        connection.send_raw(wire.substr(0, i));
        std::this_thread::sleep_for(1ms);
        connection.send_raw(wire.substr(i));
        EXPECT_EQ(connection.receive().status, 201) << i;
    }
}

TEST_F(HttpClients, that_are_slow_with_their_headers_hear_408) {
    HttpConnection silent = server().connect();
    HttpConnection trickling = server().connect();
    silent.send_raw("GET /health HTTP/1.1\r\nHo");
    trickling.send_raw("GET /health HTTP/1.1\r\nX-A: ");
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 8; ++i) {
        std::this_thread::sleep_for(1s);
        trickling.send_raw("a");
    }
    for (HttpConnection* connection : {&silent, &trickling}) {
        EXPECT_TRUE(is_problem(connection->receive(), 408));
        EXPECT_TRUE(connection->closes());
    }
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_GT(took, 9s);
    EXPECT_LT(took, 20s) << "sending byte by byte puts nothing off";
}

TEST_F(HttpClients, that_leave_in_the_middle_of_a_request_leave_nothing) {
    const std::string user = new_customer();
    const std::string wire = create_request(user, R"({"id":"half"})").to_wire();
    for (const std::size_t sent : {std::size_t{1}, std::size_t{20}, wire.find("\r\n\r\n") + 4, wire.size() - 1}) {
        HttpConnection polite = server().connect();
        polite.send_raw(wire.substr(0, sent));
        polite.half_close();
        (void)polite.receive_all();  // whatever it says, it closes
        HttpConnection rude = server().connect();
        rude.send_raw(wire.substr(0, sent));
        rude.reset();
    }
    EXPECT_EQ(ask(get("/orders/by-external/half?user_id=" + user)).status, 404);
    expect_service();
}

TEST_F(HttpClients, that_say_that_no_more_comes_are_answered) {
    HttpConnection connection = server().connect();
    connection.send(get("/health"));
    connection.half_close();
    EXPECT_EQ(connection.receive().body, "ok");
    EXPECT_TRUE(connection.closes());
}

TEST_F(HttpClients, that_hang_up_while_waiting_cost_nothing) {
    const std::string user = new_customer();
    for (int round = 0; round < 3; ++round) {
        server().freeze();
        for (int i = 0; i < 100; ++i) {
            HttpConnection connection = server().connect();
            connection.send(create_request(user));
            if (i % 2 == 0) connection.reset();
        }
        server().thaw();
        expect_service();
    }
}

TEST_F(HttpClients, that_do_not_read_their_answers_hold_up_nobody) {
    const std::string id = create(new_customer(), R"({"t":")" + repeated("x", 100'000) + R"("})");
    std::string wire;
    for (int i = 0; i < 1000; ++i) wire += get("/orders/" + id).to_wire();
    HttpConnection deaf = server().connect();
    deaf.send_raw(wire);
    expect_service();
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(deaf.receive().status, 200);
}

TEST_F(HttpClients, may_be_idle_by_the_hundreds) {
    std::vector<HttpConnection> idle;
    for (int i = 0; i < 500; ++i) idle.push_back(server().connect());
    expect_service();
    for (HttpConnection& connection : idle) ASSERT_EQ(connection.ask(get("/health")).body, "ok");
}

TEST_F(HttpClients, of_many_connections_at_once_each_get_their_own_answer) {
    concurrent_clients(server().port(), 64, [](HttpConnection& connection, int i) {
        const std::string user = new_customer();
        for (int k = 0; k < 5; ++k) {
            const std::string external = std::to_string(i) + "-" + std::to_string(k);
            const auto created = connection.ask(create_request(user, R"({"id":")" + external + R"("})"));
            ASSERT_EQ(created.status, 201) << created;
            const auto found = connection.ask(get("/orders/by-external/" + external + "?user_id=" + user));
            ASSERT_EQ(text_at(found.json(), "/order_id"), text_at(created.json(), "/order_id"));
        }
    });
}

}  // namespace

}  // namespace orderstream::e2e
