#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "order/limits.h"
#include "unit/http/client.h"

namespace orderstream::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Stands for the pipeline: what it is asked waits until the test answers, from the test's thread.
class Pending {
  public:
    void add(Later later) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(later));
        changed_.notify_all();
    }
    void count_hang_up() {
        const std::lock_guard lock(mutex_);
        ++hang_ups_;
        changed_.notify_all();
    }
    Later take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !waiting_.empty(); });
        Later first = std::move(waiting_.front());
        waiting_.erase(waiting_.begin());
        return first;
    }
    void wait_for_hang_ups(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return hang_ups_ >= count; });
    }
    int hang_ups() {
        const std::lock_guard lock(mutex_);
        return hang_ups_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Later> waiting_;
    int hang_ups_ = 0;
};

class ServerTest : public testing::Test {
  protected:
    void SetUp() override { start({}); }

    void start(const ConnectionLimits& limits, unsigned threads = 2) {
        server_.reset();
        auto listening = Server::listen({.port = 0, .threads = threads, .limits = limits}, router_, phase_, log_);
        ASSERT_TRUE(listening.has_value()) << listening.error();
        server_ = std::move(*listening);
        server_->start();
    }

    [[nodiscard]] Client connect() const { return Client(server_->port()); }

    static std::string get(std::string_view path, std::string_view fields = "") {
        return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
    }
    static std::string post(std::string_view body) {
        return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               std::string(body);
    }
    static Render says(std::string text) {
        return [text = std::move(text)] { return Response{.body = text}; };
    }

    Pending pending_;
    std::atomic<pipeline::Phase> phase_ = pipeline::Phase::running;
    telemetry::Log log_{telemetry::Level::off};
    Router router_{{
                       {.method = Method::get,
                        .pattern = "/now/{text}",
                        .handler = [](Exchange& exchange) { return Response{.body = std::string(exchange.path[0])}; }},
                       {.method = Method::get,
                        .pattern = "/large",
                        .handler = [](Exchange&) { return Response{.body = std::string(1'000'000, 'x')}; }},
                       {.method = Method::post,
                        .pattern = "/echo",
                        .handler = [](Exchange& exchange) { return Response{.body = exchange.request.body}; },
                        .takes_json = true},
                       {.method = Method::get,
                        .pattern = "/later",
                        .handler =
                            [this](Exchange& exchange) {
                                pending_.add(exchange.answer_later([this] { pending_.count_hang_up(); }));
                                return std::nullopt;
                            }},
                       {.method = Method::get,
                        .pattern = "/at-once",
                        .handler =
                            [](Exchange& exchange) {
                                exchange.answer_later({})([] { return Response{.body = "within the call"}; });
                                return std::nullopt;
                            }},
                       {.method = Method::get,
                        .pattern = "/probe",
                        .handler = [](Exchange&) { return Response{.body = "alive"}; },
                        .while_draining = true},
                   },
                   phase_};
    std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersOnOneConnectionAgainAndAgain) {
    Client client = connect();
    for (int i = 0; i < 3; ++i) {
        client.send(get("/now/" + std::to_string(i), "X-Request-ID: my-id\r\n"));
        const std::string answer = client.read_answer();
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
        EXPECT_THAT(answer, HasSubstr("\r\nX-Request-ID: my-id\r\n"));
        EXPECT_THAT(answer, Not(HasSubstr("Connection:")));
        EXPECT_TRUE(answer.ends_with("\r\n\r\n" + std::to_string(i)));
    }
}

TEST_F(ServerTest, MakesARequestIdWhereThereIsNoSaneOne) {
    Client client = connect();
    client.send(get("/now/a", "X-Request-ID: <script>\r\n"));
    const std::string first = client.read_answer();
    client.send(get("/now/a"));
    const std::string second = client.read_answer();
    const auto id_of = [](const std::string& answer) { return answer.substr(answer.find("X-Request-ID: ") + 14, 32); };
    EXPECT_THAT(id_of(first), testing::MatchesRegex("[0-9a-f]{32}"));
    EXPECT_THAT(id_of(second), testing::MatchesRegex("[0-9a-f]{32}"));
    EXPECT_NE(id_of(first), id_of(second));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
    Client client = connect();
    std::string requests;
    for (int i = 0; i < 1000; ++i) requests += i % 10 == 3 ? get("/at-once") : get("/now/" + std::to_string(i));
    client.send(requests);
    for (int i = 0; i < 1000; ++i) {
        const std::string expected = i % 10 == 3 ? "within the call" : std::to_string(i);
        EXPECT_TRUE(client.read_answer().ends_with("\r\n\r\n" + expected)) << i;
    }
}

TEST_F(ServerTest, WaitsForAnAnswerBeforeTheNextRequest) {
    Client client = connect();
    client.send(get("/now/1") + get("/later") + get("/now/2"));
    EXPECT_TRUE(client.read_answer().ends_with("\r\n\r\n1")) << "sent although the next one waits";
    pending_.take()(says("late"));
    EXPECT_TRUE(client.read_answer().ends_with("\r\n\r\nlate"));
    EXPECT_TRUE(client.read_answer().ends_with("\r\n\r\n2"));
    EXPECT_TRUE(server_->drained());
}

TEST_F(ServerTest, AnAnswerMayComeLaterStill) {
    Client client = connect();
    client.send(get("/later"));
    const Later later = pending_.take();
    later([later] {
        later(says("second try"));
        return std::nullopt;
    });
    EXPECT_TRUE(client.read_answer().ends_with("second try"));
    later(says("nobody waits for that"));
    client.send(get("/now/next"));
    EXPECT_TRUE(client.read_answer().ends_with("next"));
}

TEST_F(ServerTest, AnswersComeFromManyThreads) {
    constexpr int clients = 20;
    std::vector<std::unique_ptr<Client>> connections;
    for (int i = 0; i < clients; ++i) {
        connections.push_back(std::make_unique<Client>(server_->port()));
        connections.back()->send(get("/later"));
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < clients; ++i) {
        threads.emplace_back([this] { pending_.take()(says("answer")); });
    }
    for (auto& connection : connections) EXPECT_TRUE(connection->read_answer().ends_with("answer"));
    for (std::thread& thread : threads) thread.join();
}

TEST_F(ServerTest, AClientThatHangsUpIsNoticed) {
    {
        Client closing = connect();
        closing.send(get("/later"));
        static_cast<void>(pending_.take());
    }
    pending_.wait_for_hang_ups(1);
    Client resetting = connect();
    resetting.send(get("/later"));
    const Later late = pending_.take();
    EXPECT_FALSE(server_->drained());
    resetting.reset();
    pending_.wait_for_hang_ups(2);
    late([]() -> std::optional<Response> {
        ADD_FAILURE() << "nobody listens";
        return std::nullopt;
    });
    Client next = connect();
    next.send(get("/now/1"));
    EXPECT_TRUE(next.read_answer().ends_with("1"));
    EXPECT_TRUE(server_->drained());
    EXPECT_EQ(pending_.hang_ups(), 2) << "an answered request does not hang up";
}

TEST_F(ServerTest, ReadsABoundedPartAheadWhileItWaits) {
    Client client = connect();
    client.send(get("/later") + get("/now/ahead"));
    const Later later = pending_.take();
    const std::string body(200'000, 'b');
    std::thread sender([&] { client.send(post(body)); });
    later(says("late"));
    sender.join();
    EXPECT_TRUE(client.read_answer().ends_with("late"));
    EXPECT_TRUE(client.read_answer().ends_with("ahead"));
    EXPECT_TRUE(client.read_answer().ends_with("\r\n\r\n" + body));
}

TEST_F(ServerTest, AnswersAClientThatHasEndedItsOutput) {
    Client client = connect();
    client.send(get("/large") + get("/now/1"));
    client.end_output();
    const std::string answers = client.read_to_end();
    EXPECT_GT(answers.size(), 1'000'000U);
    EXPECT_TRUE(answers.ends_with("\r\n\r\n1"));
}

TEST_F(ServerTest, ASlowReaderGetsEverything) {
    Client client = connect();
    std::thread sender([&] {
        for (int i = 0; i < 20; ++i) client.send(get("/large"));
    });
    for (int i = 0; i < 20; ++i) EXPECT_GT(client.read_answer().size(), 1'000'000U);
    sender.join();
}

TEST_F(ServerTest, TakesBodiesInAnyShape) {
    Client client = connect();
    const std::string body(order::limits::body_bytes, 'x');
    client.send(post(body));
    EXPECT_TRUE(client.read_answer().ends_with("\r\n\r\n" + body));
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    client.send("3\r\ndef\r\n0\r\n\r\n");
    EXPECT_TRUE(client.read_answer().ends_with("\r\n\r\nabcdef"));
}

TEST_F(ServerTest, SaysContinueOnlyIfItWouldTakeTheBody) {
    const std::string fields = " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n";
    Client taken = connect();
    taken.send("POST /echo" + fields + "\r\n");
    EXPECT_EQ(taken.read_answer(), "HTTP/1.1 100 Continue\r\n\r\n");
    taken.send("body");
    EXPECT_TRUE(taken.read_answer().ends_with("body"));

    const auto refused = [&](const std::string& head) {
        Client client = connect();
        client.send(head);
        std::string answer = client.read_to_end();
        EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
        return answer.substr(9, 3);
    };
    EXPECT_EQ(refused("POST /echo" + fields + "Content-Type: text/plain\r\n\r\n"), "415");
    EXPECT_EQ(refused("POST /nothing" + fields + "\r\n"), "404");
    EXPECT_EQ(refused("POST /now/1" + fields + "\r\n"), "405");
    EXPECT_EQ(refused("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4000000\r\n\r\n"),
              "413");
    EXPECT_EQ(refused("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: fairness\r\nContent-Length: 4\r\n\r\n"), "417");
}

TEST_F(ServerTest, TheAnswerToATooLargeRequestArrives) {
    Client body = connect();
    const std::string too_large(2 * 1024 * 1024, 'x');
    body.try_send(post(too_large));
    const std::string answer = body.read_to_end();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));

    Client head = connect();
    head.try_send(get("/now/1", "X-Filler: " + std::string(64 * 1024, 'a') + "\r\n"));
    EXPECT_THAT(head.read_to_end(), StartsWith("HTTP/1.1 431 "));

    Client garbage = connect();
    garbage.try_send("GARBAGE\r\n\r\n" + too_large);
    EXPECT_THAT(garbage.read_to_end(), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ServerTest, SpeaksHttp10) {
    Client once = connect();
    once.send("GET /now/1 HTTP/1.0\r\n\r\n");
    EXPECT_THAT(once.read_to_end(), HasSubstr("Connection: close\r\n"));
    Client kept = connect();
    kept.send("GET /now/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(kept.read_answer(), HasSubstr("Connection: keep-alive\r\n"));
    kept.send("HEAD /now/12345 HTTP/1.0\r\n\r\n");
    const std::string head = kept.read_to_end();
    EXPECT_THAT(head, HasSubstr("Content-Length: 5\r\n"));
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST_F(ServerTest, ClosesWhenAskedTo) {
    Client client = connect();
    client.send(get("/now/1", "Connection: close\r\n") + get("/now/2"));
    const std::string answer = client.read_to_end();
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\n1")) << "nothing is answered after a close";
}

TEST_F(ServerTest, AnIdleConnectionClosesWithoutAWord) {
    start({.idle_timeout = 20ms, .sweep_interval = 5ms});
    EXPECT_EQ(connect().read_to_end(), "");
}

TEST_F(ServerTest, ASlowHeadTimesOut) {
    start({.head_timeout = 20ms, .sweep_interval = 5ms});
    Client client = connect();
    client.send("GET /now/1 HTTP/1.1\r\nHo");
    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerTest, ASlowBodyTimesOut) {
    start({.body_timeout = 20ms, .sweep_interval = 5ms});
    Client client = connect();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nbo");
    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerTest, WhoWaitsForAnAnswerIsNotSlow) {
    start({.head_timeout = 5ms, .body_timeout = 5ms, .sweep_interval = 1ms}, 1);
    Client waiting = connect();
    waiting.send(get("/later") + "GET /now/half-a-request");
    const Later later = pending_.take();
    Client slow = connect();
    slow.send("GET /");
    EXPECT_THAT(slow.read_to_end(), StartsWith("HTTP/1.1 408 ")) << "others time out meanwhile";
    later(says("patience"));
    EXPECT_TRUE(waiting.read_answer().ends_with("patience"));
}

TEST_F(ServerTest, WhoDoesNotReadIsClosed) {
    start({.send_timeout = 20ms, .sweep_interval = 5ms});
    Client client = connect();
    std::string requests;
    for (int i = 0; i < 100; ++i) requests += get("/large");
    client.try_send(requests);
    Client other = connect();
    other.send(get("/later"));
    pending_.take()(says("others do not mind"));
    EXPECT_TRUE(other.read_answer().ends_with("others do not mind"));
    // The server ends it: at some time nothing more comes.
    while (server_->connections() > 1) std::this_thread::yield();
    EXPECT_LT(client.read_to_end().size(), 100'000'000U);
}

TEST_F(ServerTest, TurnsAwayTooManyConnections) {
    start({.connections_max = 2});
    Client first = connect();
    first.send(get("/now/1"));
    static_cast<void>(first.read_answer());
    auto second = std::make_unique<Client>(server_->port());
    second->send(get("/now/2"));
    static_cast<void>(second->read_answer());
    const std::string refused = connect().read_to_end();
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(refused, HasSubstr("Retry-After: 1\r\n"));
    EXPECT_THAT(refused, HasSubstr("Connection: close\r\n"));
    second.reset();
    while (server_->connections() > 1) std::this_thread::yield();
    Client third = connect();
    third.send(get("/now/3"));
    EXPECT_TRUE(third.read_answer().ends_with("3"));
}

TEST_F(ServerTest, LeavingAnswersAndCloses) {
    Client waiting = connect();
    waiting.send(get("/later"));
    const Later later = pending_.take();
    Client idle = connect();
    idle.send(get("/now/1"));
    static_cast<void>(idle.read_answer());

    phase_ = pipeline::Phase::leaving;
    idle.send(get("/now/2"));
    const std::string answer = idle.read_to_end();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));

    phase_ = pipeline::Phase::draining;
    Client late = connect();
    late.send(get("/now/3"));
    const std::string refused = late.read_to_end();
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(refused, HasSubstr("Retry-After: "));
    Client probe = connect();
    probe.send(get("/probe"));
    EXPECT_THAT(probe.read_to_end(), StartsWith("HTTP/1.1 200 "));

    EXPECT_FALSE(server_->drained());
    later(says("in the end"));
    EXPECT_TRUE(waiting.read_to_end().ends_with("in the end"));
    EXPECT_TRUE(server_->drained());
}

TEST_F(ServerTest, StopsAcceptingButServesWhoIsThere) {
    Client client = connect();
    client.send(get("/now/1"));
    static_cast<void>(client.read_answer());
    server_->stop_accepting();
    client.send(get("/now/2"));
    EXPECT_TRUE(client.read_answer().ends_with("2"));
}

TEST_F(ServerTest, StoppingHangsUpOnWhoeverWaits) {
    Client client = connect();
    client.send(get("/later"));
    const Later later = pending_.take();
    server_->stop();
    EXPECT_EQ(pending_.hang_ups(), 1);
    EXPECT_EQ(client.read_to_end(), "");
    server_.reset();
    later(says("the server is gone altogether"));
}

TEST_F(ServerTest, NamesAnAddressItCannotListenOn) {
    const auto taken = Server::listen({.port = server_->port()}, router_, phase_, log_);
    ASSERT_FALSE(taken.has_value());
    EXPECT_THAT(taken.error(), HasSubstr("127.0.0.1:" + std::to_string(server_->port())));
    const auto unknown = Server::listen({.host = "not a host", .port = 0}, router_, phase_, log_);
    ASSERT_FALSE(unknown.has_value());
    EXPECT_THAT(unknown.error(), HasSubstr("not a host"));
}

/// A machine may be without IPv6: then the refusal names the address, as for any other that cannot be had.
TEST_F(ServerTest, ListensOnIpv6OrNamesIt) {
    const auto listening = Server::listen({.host = "::1", .port = 0}, router_, phase_, log_);
    if (listening) {
        EXPECT_GT((*listening)->port(), 0);
    } else {
        EXPECT_THAT(listening.error(), HasSubstr("::1"));
    }
}

TEST_F(ServerTest, LogsEveryRequestWhenAskedTo) {
    std::mutex mutex;
    std::string lines;
    log_ = telemetry::Log(telemetry::Level::debug, telemetry::LogFormat::text, [&](std::string_view line) {
        const std::lock_guard lock(mutex);
        lines += line;
    });
    start({});
    Client client = connect();
    client.send(get("/now/1?x=y", "X-Request-ID: seen\r\n"));
    static_cast<void>(client.read_answer());
    server_->stop();
    EXPECT_THAT(lines, HasSubstr("GET"));
    EXPECT_THAT(lines, HasSubstr("/now/1?x=y"));
    EXPECT_THAT(lines, HasSubstr("200"));
    EXPECT_THAT(lines, HasSubstr("seen"));
}

}  // namespace
}  // namespace orderstream::http
