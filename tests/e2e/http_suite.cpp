#include "e2e/http_suite.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <thread>

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;

/// RFC 9110, 15: what `title` says when there is nothing more to say (RFC 9457, 4.2.1).
const std::map<int, std::string> titles{{400, "Bad Request"},
                                        {404, "Not Found"},
                                        {405, "Method Not Allowed"},
                                        {408, "Request Timeout"},
                                        {409, "Conflict"},
                                        {412, "Precondition Failed"},
                                        {413, "Content Too Large"},
                                        {415, "Unsupported Media Type"},
                                        {417, "Expectation Failed"},
                                        {422, "Unprocessable Content"},
                                        {431, "Request Header Fields Too Large"},
                                        {503, "Service Unavailable"}};

std::vector<std::string> names_of(const documents::Json& object) {
    std::vector<std::string> names;
    for (const auto& [name, value] : *object.as_object()) names.push_back(name);
    return names;
}

/// What is wrong with the problem's body; empty: nothing.
std::string fault_in(const HttpResponse& response, std::vector<std::string> pointers) {
    const documents::Json body = response.json();
    std::vector<std::string> names{"title", "status", "detail", "request_id"};
    if (!pointers.empty()) names.emplace_back("errors");
    if (names_of(body) != names) return "its members are not " + testing::PrintToString(names);
    if (text_at(body, "/title") != titles.at(response.status)) return "its title is not that of its status";
    if (integer_at(body, "/status") != response.status) return "its status is another";
    if (text_at(body, "/detail").empty()) return "it has no detail";
    if (text_at(body, "/request_id") != response.header("X-Request-ID")) return "its request_id is not X-Request-ID";
    if (pointers.empty()) return {};

    std::vector<std::string> named;
    for (std::size_t i = 0; i < size_at(body, "/errors"); ++i) {
        const std::string error = "/errors/" + std::to_string(i);
        if (size_at(body, error) != 2 || text_at(body, error + "/detail").empty()) return error + " is not whole";
        named.push_back(text_at(body, error + "/pointer"));
    }
    std::ranges::sort(named);
    std::ranges::sort(pointers);
    return named == pointers ? std::string() : "it does not name " + testing::PrintToString(pointers);
}

}  // namespace

void HttpSuite::TearDownTestSuite() {
    server().program().send_signal(SIGINT);  // a second signal is from somebody in a hurry
    EXPECT_EQ(server().stop(), exited(0)) << server().log();
    server_.reset();
}

std::string HttpSuite::create(const std::string& user, const std::string& payload, Headers headers) {
    const HttpResponse response = post(create_body(user, payload), std::move(headers));
    if (response.status != 201) throw std::runtime_error(testing::PrintToString(response));
    return text_at(response.json(), "/order_id");
}

HttpResponse HttpSuite::read_when_done(const std::string& order_id) {
    for (const auto until = std::chrono::steady_clock::now() + 30s;;) {
        HttpResponse response = read(order_id);
        const bool done = response.status == 200 && text_at(response.json(), "/status") == "done";
        if (done || std::chrono::steady_clock::now() > until) return response;
        std::this_thread::sleep_for(5ms);
    }
}

std::string create_body(const std::string& user, const std::string& payload) {
    return R"({"user_id":")" + user + R"(","payload":)" + payload + "}";
}

std::string update_body(const std::string& order_id, const std::string& user, const std::string& payload) {
    return R"({"order_id":")" + order_id + R"(","user_id":")" + user + R"(","payload":)" + payload + "}";
}

std::string status_body(const std::string& order_id, const std::string& user, const std::string& status) {
    return R"({"status":")" + status + R"(","order_id":")" + order_id + R"(","user_id":")" + user + R"("})";
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

testing::AssertionResult is_problem(const HttpResponse& response, int status, std::vector<std::string> pointers) {
    std::string fault;
    if (response.status != status) {
        fault = "it is not a " + std::to_string(status);
    } else if (response.header("Content-Type") != "application/problem+json") {
        fault = "it is no application/problem+json";
    } else {
        fault = fault_in(response, std::move(pointers));
    }
    if (fault.empty()) return testing::AssertionSuccess();
    return testing::AssertionFailure() << fault << ":\n" << response;
}

testing::AssertionResult is_json(const HttpResponse& response, int status, std::string_view body) {
    if (response.status == status && response.header("Content-Type") == "application/json" && response.body == body) {
        return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << "it is not " << status << " " << body << ":\n" << response;
}

}  // namespace orderstream::e2e
