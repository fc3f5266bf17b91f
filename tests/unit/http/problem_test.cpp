#include "http/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "documents/json.h"

namespace orderstream::http {
namespace {

using pipeline::Outcome;
using pipeline::Result;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view id_text = "0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071";
const order::OrderId order_id = *order::parse_order_id(id_text);

Outcome outcome(Result result) {
    Outcome outcome;
    outcome.result = result;
    outcome.order_id = order_id;
    outcome.version = 3;
    return outcome;
}

Outcome outcome_with(Result result, const std::string& reason) {
    Outcome with_reason = outcome(result);
    with_reason.reason = reason;
    return with_reason;
}

struct Expected {
    Result result;
    int status;
};
constexpr std::array expectations{
    Expected{Result::processed, 200},   Expected{Result::stored, 202},      Expected{Result::unchanged, 200},
    Expected{Result::failed, 422},      Expected{Result::not_found, 404},   Expected{Result::kind_differs, 409},
    Expected{Result::deleted, 409},     Expected{Result::cancelled, 409},   Expected{Result::version_mismatch, 412},
    Expected{Result::not_allowed, 409}, Expected{Result::key_reused, 422},  Expected{Result::refused, 422},
    Expected{Result::overloaded, 503},  Expected{Result::unavailable, 503}, Expected{Result::fate_unknown, 504},
};
static_assert(expectations.size() == static_cast<std::size_t>(Result::fate_unknown) + 1, "one for every result");

TEST(ResultMap, EveryResultHasItsStatusAndItsWords) {
    for (std::size_t i = 0; i < expectations.size(); ++i) {
        const auto [result, status] = expectations[i];
        ASSERT_EQ(static_cast<std::size_t>(result), i);
        EXPECT_EQ(status_of(result), status) << i;
        if (status < 400) continue;
        const Problem problem = problem_of(outcome(result));
        EXPECT_EQ(problem.status, status) << i;
        EXPECT_FALSE(problem.detail.empty()) << i;
        EXPECT_STRNE(std::string(reason_phrase(status)).c_str(), "Unknown") << i;
    }
}

TEST(ResultMap, ARefusalGivesTheWorkersReason) {
    EXPECT_EQ(problem_of(outcome_with(Result::failed, "out of stock")).detail, "out of stock");
    EXPECT_EQ(problem_of(outcome_with(Result::refused, "numeric field overflow")).detail, "numeric field overflow");
}

TEST(ResultMap, WhoCannotKnowItIsToldTheOrder) {
    EXPECT_EQ(problem_of(outcome(Result::fate_unknown)).order_id, order_id);
    EXPECT_EQ(problem_of(outcome(Result::failed)).order_id, order_id);
    EXPECT_EQ(problem_of(outcome(Result::unavailable)).order_id, std::nullopt);
}

TEST(ResultMap, AConflictSaysWhatIsAllowed) {
    Outcome refused = outcome(Result::not_allowed);
    refused.status = order::Status::shipped;
    refused.allowed = {order::Status::delivered, order::Status::deleted};
    const Problem problem = problem_of(refused);
    EXPECT_THAT(problem.detail, HasSubstr("shipped"));
    EXPECT_THAT(to_response(problem, "r").body, HasSubstr(R"("allowed":["delivered","deleted"])"));
}

TEST(ResultMap, AnothersOrderTellsNothingOfItself) {
    const Response response = to_response(problem_of(outcome(Result::not_found)), "r");
    EXPECT_THAT(response.headers, Not(HasSubstr("ETag")));
    EXPECT_THAT(response.body, Not(HasSubstr(std::string(id_text))));
}

TEST(Problem, IsRfc9457) {
    const Response response = to_response({.status = 400,
                                           .detail = "2 \"fields\"\nare invalid",
                                           .errors = {{"/a", "is \"bad\""}, {"/b/0", "is worse"}},
                                           .order_id = order_id,
                                           .version = 4},
                                          "req-1");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(response.body,
              R"({"title":"Bad Request","status":400,"detail":"2 \"fields\"\nare invalid","request_id":"req-1",)"
              R"("order_id":"0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071",)"
              R"("errors":[{"pointer":"/a","detail":"is \"bad\""},{"pointer":"/b/0","detail":"is worse"}]})");
    EXPECT_TRUE(documents::parse_json(response.body).has_value());
    EXPECT_THAT(response.headers, HasSubstr("ETag: \"4\"\r\n"));
    EXPECT_THAT(response.headers, HasSubstr("Cache-Control: no-store\r\n"));
    EXPECT_THAT(response.headers, Not(HasSubstr("Retry-After")));
}

TEST(Problem, A503SaysWhenToComeAgain) {
    EXPECT_THAT(to_response({.status = 503, .detail = "busy"}, "r").headers, HasSubstr("Retry-After: 1\r\n"));
}

TEST(Response, IsFramed) {
    Response response{.status = 201, .body = "{}"};
    response.add_header("Location", "/x");
    response.add_etag(2);
    std::string out = "before ";
    append_response(out, response, {.date = "D", .request_id = "r"});
    EXPECT_EQ(out,
              "before HTTP/1.1 201 Created\r\nDate: D\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
              "X-Request-ID: r\r\nLocation: /x\r\nETag: \"2\"\r\n\r\n{}");
}

TEST(Response, HeadHasTheLengthAndNoBody) {
    std::string out;
    append_response(out, {.body = "12345"}, {.date = "D", .request_id = "r", .close = true, .head_only = true});
    EXPECT_THAT(out, HasSubstr("Content-Length: 5\r\n"));
    EXPECT_TRUE(out.ends_with("Connection: close\r\n\r\n"));
}

TEST(Response, A204HasNoContent) {
    std::string out;
    append_response(out, {.status = 204}, {.date = "D", .request_id = "r", .announce_keep_alive = true});
    EXPECT_EQ(out, "HTTP/1.1 204 No Content\r\nDate: D\r\nX-Request-ID: r\r\nConnection: keep-alive\r\n\r\n");
}

}  // namespace
}  // namespace orderstream::http
