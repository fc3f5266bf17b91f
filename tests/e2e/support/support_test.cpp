#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <thread>

#include "e2e/support/concurrent.h"
#include "e2e/support/http_client.h"
#include "e2e/support/json_access.h"
#include "e2e/support/program.h"

// The harness itself: without a server, against the shell and canned answers.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Fault = NetworkError::Fault;

Program::Options shell(std::string script) {
    return {.arguments = {"-c", std::move(script)}, .environment = {{"GREETING", "hello"}}, .directory = {}};
}

TEST(Program, says_how_it_ended_and_what_it_wrote) {
    const Finished finished = run("/bin/sh", shell("echo $GREETING; echo trouble >&2; printf tail; exit 3"));
    EXPECT_EQ(finished.status, exited(3));
    EXPECT_EQ(finished.output, "hello\ntail");
    EXPECT_EQ(finished.errors, "trouble\n");
}

TEST(Program, gets_no_environment_but_its_own) {
    setenv("ORDERSTREAM_SUPPORT_TEST", "leaked", 1);
    EXPECT_EQ(run("/bin/sh", shell("echo \"$ORDERSTREAM_SUPPORT_TEST$HOME\"")).output, "\n");
    unsetenv("ORDERSTREAM_SUPPORT_TEST");
}

TEST(Program, runs_in_an_empty_directory) {
    EXPECT_EQ(run("/bin/sh", shell("ls -A")).output, "");
    const TemporaryDirectory directory;
    auto options = shell("pwd");
    options.directory = directory.path();
    EXPECT_EQ(run("/bin/sh", options).output, directory.path().string() + "\n");
}

TEST(Program, takes_signals) {
    Program program("/bin/sh", shell("trap 'echo caught; exit 0' TERM; echo ready; while :; do sleep 0.01; done"));
    ASSERT_EQ(program.wait_for_line([](std::string_view line) { return line == "ready"; }, 10s), "ready");
    EXPECT_EQ(program.wait(0ms), std::nullopt);
    program.send_signal(SIGTERM);
    EXPECT_EQ(program.wait(10s), exited(0));
    EXPECT_THAT(program.lines(), ElementsAre("ready", "caught"));
    program.send_signal(SIGTERM);  // to nobody
}

TEST(Program, dies_with_its_owner_even_when_stopped) {
    pid_t pid = 0;
    {
        Program program("/bin/sh", shell("echo ready; exec sleep 1000"));
        ASSERT_TRUE(program.wait_for_line([](std::string_view) { return true; }, 10s));
        program.send_signal(SIGSTOP);
        pid = program.pid();
    }
    EXPECT_EQ(kill(pid, 0), -1);
    Program killed("/bin/sh", shell("exec sleep 1000"));
    killed.send_signal(SIGKILL);
    EXPECT_EQ(killed.wait(10s), killed_by(SIGKILL));
}

TEST(Program, a_line_that_never_comes_is_not_waited_for_past_the_end) {
    Program program("/bin/sh", shell("echo one"));
    EXPECT_EQ(program.wait_for_line([](std::string_view line) { return line == "two"; }, 60s), std::nullopt);
}

TEST(Program, that_does_not_exist_cannot_be_started) {
    EXPECT_THROW(Program("/nonexistent/program", {}), std::runtime_error);
}

TEST(TemporaryDirectory, is_gone_with_its_owner) {
    std::filesystem::path path;
    {
        const TemporaryDirectory directory;
        path = directory.path();
        EXPECT_TRUE(std::filesystem::is_directory(path));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

/// Answers the first bytes of every connection with the same bytes, then closes it (or keeps it open and silent).
class CannedServer {
  public:
    explicit CannedServer(std::string answer, bool keep_open = false) : answer_(std::move(answer)) {
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
        EXPECT_EQ(listen(listener_, 64), 0);
        EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
        serving_ = std::thread([this, keep_open] { serve(keep_open); });
    }
    ~CannedServer() {
        shutdown(listener_, SHUT_RDWR);
        serving_.join();
        close(listener_);
        for (const int connection : open_) close(connection);
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string heard() const { return heard_; }

  private:
    void serve(bool keep_open) {
        for (int connection = accept(listener_, nullptr, nullptr); connection >= 0;
             connection = accept(listener_, nullptr, nullptr)) {
            std::array<char, 4096> buffer;
            const ssize_t count = recv(connection, buffer.data(), buffer.size(), 0);
            if (count > 0) heard_.assign(buffer.data(), static_cast<std::size_t>(count));
            send(connection, answer_.data(), answer_.size(), MSG_NOSIGNAL);
            if (keep_open) {
                open_.push_back(connection);
            } else {
                close(connection);
            }
        }
    }

    const std::string answer_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::string heard_;
    std::vector<int> open_;
    std::thread serving_;
};

Fault fault_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const NetworkError& error) {
        return error.fault();
    }
    ADD_FAILURE() << "no network error";
    return Fault::malformed;
}

TEST(HttpClient, reads_a_body_by_its_length) {
    const CannedServer server("HTTP/1.1 201 Created\r\nlocation: /x\r\nContent-Length: 9\r\n\r\n{\"a\":[7]}more");
    const HttpResponse response = ask(server.port(), with_json("POST", "/orders", "{}"));
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.reason, "Created");
    EXPECT_EQ(response.header("Location"), "/x");
    EXPECT_EQ(response.header("Allow"), std::nullopt);
    EXPECT_EQ(integer_at(response.json(), "/a/0"), 7);
    EXPECT_EQ(
        server.heard(),
        "POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(HttpClient, reads_chunks_interim_answers_and_the_rest) {
    const CannedServer server(
        "HTTP/1.1 100 Continue\r\n\r\n"
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
        "HTTP/1.1 204 No Content\r\n\r\n"
        "HTTP/1.1 200 OK\r\n\r\nuntil the end");
    HttpConnection connection(server.port());
    EXPECT_EQ(connection.ask(get("/")).body, "abcde");
    EXPECT_EQ(connection.receive(true).body, "");
    EXPECT_EQ(connection.receive().status, 204);
    EXPECT_EQ(connection.receive().body, "until the end");
    EXPECT_TRUE(connection.closes());
}

TEST(HttpClient, sends_anything_and_reads_raw_bytes) {
    const CannedServer server("id: 1\n\nid: 2\n\n");
    HttpConnection connection(server.port());
    connection.send_raw("garbage\0\xff"sv);
    connection.half_close();
    EXPECT_EQ(connection.receive_until("\n\n"), "id: 1\n\n");
    EXPECT_EQ(connection.receive_all(), "id: 2\n\n");
    EXPECT_EQ(server.heard(), "garbage\0\xff"sv);
}

TEST(HttpClient, writes_chunks) {
    const std::array<std::string, 2> pieces{"abc", std::string(16, 'x')};
    EXPECT_EQ(to_wire_chunked({.method = "PUT", .target = "/x", .headers = {{"Host", "h"}}, .body = {}}, pieces),
              "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
              "chunked\r\n\r\n3\r\nabc\r\n10\r\nxxxxxxxxxxxxxxxx\r\n0\r\n\r\n");
}

TEST(HttpClient, tells_what_went_wrong) {
    const CannedServer cut("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
    EXPECT_EQ(fault_of([&] { ask(cut.port(), get("/")); }), Fault::closed);
    const CannedServer silent("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", true);
    EXPECT_EQ(fault_of([&] { ask(silent.port(), get("/"), 20ms); }), Fault::timed_out);
    const CannedServer foreign("SSH-2.0-x\r\n\r\n");
    EXPECT_EQ(fault_of([&] { ask(foreign.port(), get("/")); }), Fault::malformed);
    std::uint16_t gone = 0;
    {
        const CannedServer server("");
        gone = server.port();
    }
    EXPECT_EQ(fault_of([&] { ask(gone, get("/")); }), Fault::refused);
}

TEST(HttpClient, knows_a_connection_that_stays) {
    const CannedServer server("HTTP/1.1 204 No Content\r\n\r\n", true);
    HttpConnection connection(server.port(), 10s);
    EXPECT_EQ(connection.ask(get("/")).status, 204);
    connection.set_timeout(20ms);
    EXPECT_FALSE(connection.closes());
    connection.reset();
}

TEST(Concurrent, everyone_works_once_and_the_first_error_comes_out) {
    std::array<std::atomic<int>, 8> worked{};
    concurrently(8, [&](int i) { ++worked[static_cast<std::size_t>(i)]; });
    for (const auto& count : worked) EXPECT_EQ(count, 1);
    EXPECT_THROW(concurrently(4,
                              [](int i) {
                                  if (i == 2) throw std::runtime_error("two");
                              }),
                 std::runtime_error);
}

TEST(Concurrent, each_client_has_its_connection) {
    const CannedServer server("HTTP/1.1 204 No Content\r\n\r\n");
    std::atomic<int> answers = 0;
    concurrent_clients(server.port(), 6, [&](HttpConnection& connection, int i) {
        if (connection.ask(get("/" + std::to_string(i))).status == 204) ++answers;
    });
    EXPECT_EQ(answers, 6);
}

TEST(JsonAccess, follows_pointers_and_says_what_is_missing) {
    const auto json = documents::parse_json(R"({"a":{"b/c":[1.50,"x",true,{}]},"m~n":null})").value();
    EXPECT_EQ(number_at(json, "/a/b~1c/0"), "1.50");
    EXPECT_EQ(text_at(json, "/a/b~1c/1"), "x");
    EXPECT_TRUE(bool_at(json, "/a/b~1c/2"));
    EXPECT_EQ(size_at(json, "/a/b~1c"), 4u);
    EXPECT_TRUE(at(json, "/m~0n").is_null());
    EXPECT_TRUE(has(json, ""));
    EXPECT_FALSE(has(json, "/a/b~1c/4"));
    EXPECT_FALSE(has(json, "/a/x/y"));
    try {
        (void)text_at(json, "/a/x");
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("/a/x"));
    }
    EXPECT_THROW((void)integer_at(json, "/a/b~1c/0"), std::runtime_error);
}

}  // namespace

}  // namespace orderstream::e2e
