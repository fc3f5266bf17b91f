#include "http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "unit/http/fake_exchange.h"

namespace orderstream::http {
namespace {

using testing::HasSubstr;

Handler says(const std::string& name) {
    return [name](Exchange& exchange) {
        return Response{.body = name + "(" + std::string(exchange.path[0]) + "|" + std::string(exchange.path[1]) +
                                ")?" + std::string(exchange.query)};
    };
}

class RouterTest : public testing::Test {
  protected:
    Response serve(Method method, const std::string& target) {
        request_.method = method;
        request_.target = target;
        request_.request_id = "r1";
        FakeExchange exchange(request_);
        return router_.serve(exchange, failure_).value_or(Response{.status = 0});
    }

    std::atomic<pipeline::Phase> phase_ = pipeline::Phase::running;
    Router router_{{
                       {.method = Method::get, .pattern = "/things/{id}", .handler = says("one")},
                       {.method = Method::put, .pattern = "/things/{id}", .handler = says("put")},
                       {.method = Method::get, .pattern = "/things/special", .handler = says("special")},
                       {.method = Method::post, .pattern = "/things", .handler = says("create"), .takes_json = true},
                       {.method = Method::get, .pattern = "/things/{id}/parts/{part}", .handler = says("part")},
                       {.method = Method::get, .pattern = "/", .handler = says("root")},
                       {.method = Method::get, .pattern = "/probe", .handler = says("probe"), .while_draining = true},
                       {.method = Method::get,
                        .pattern = "/broken",
                        .handler = [](Exchange&) -> std::optional<Response> { throw std::runtime_error("secret"); }},
                       {.method = Method::get, .pattern = "/later", .handler = [](Exchange&) { return std::nullopt; }},
                   },
                   phase_};
    Request request_;
    std::string failure_;
};

TEST_F(RouterTest, FindsTheRoute) {
    EXPECT_EQ(serve(Method::get, "/").body, "root(|)?");
    EXPECT_EQ(serve(Method::get, "/things/7?a=b").body, "one(7|)?a=b");
    EXPECT_EQ(serve(Method::put, "/things/7").body, "put(7|)?");
    EXPECT_EQ(serve(Method::get, "/things/7/parts/x").body, "part(7|x)?");
    EXPECT_EQ(serve(Method::post, "/things").body, "create(|)?");
    EXPECT_EQ(serve(Method::get, "http://host/things/7").body, "one(7|)?");
    EXPECT_EQ(serve(Method::get, "/later").status, 0);
}

TEST_F(RouterTest, PrefersALiteralSegment) {
    EXPECT_EQ(serve(Method::get, "/things/special").body, "special(|)?");
    EXPECT_EQ(serve(Method::put, "/things/special").status, 405) << "what a literal route hides, it hides altogether";
}

TEST_F(RouterTest, DecodesParametersAndOnlyThem) {
    EXPECT_EQ(serve(Method::get, "/things/a%2Fb%20c/parts/%C3%A4").body, "part(a/b c|\xc3\xa4)?");
    EXPECT_EQ(serve(Method::get, "/things/%zz").status, 400);
    EXPECT_EQ(serve(Method::get, "/things%2F7").status, 404);
}

TEST_F(RouterTest, HeadIsGet) { EXPECT_EQ(serve(Method::head, "/things/7").body, "one(7|)?"); }

TEST_F(RouterTest, SaysWhatIsNotThere) {
    for (const char* path : {"/thing", "/things/", "/things/7/", "/things/7/parts", "//", "/a/b/c/d/e/f/g/h/i/j/k"}) {
        EXPECT_EQ(serve(Method::get, path).status, 404) << path;
    }
    EXPECT_EQ(serve(Method::get, "nonsense").status, 400);
    EXPECT_EQ(serve(Method::get, "*").status, 404);
}

TEST_F(RouterTest, SaysWhichMethodsAreAllowed) {
    const Response refused = serve(Method::delete_, "/things/7");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.content_type, problem_type);
    EXPECT_THAT(refused.headers, HasSubstr("Allow: GET, HEAD, PUT, OPTIONS\r\n"));
    EXPECT_THAT(serve(Method::get, "/things").headers, HasSubstr("Allow: POST, OPTIONS\r\n"));
    EXPECT_EQ(serve(Method::other, "/things").status, 405);

    const Response options = serve(Method::options, "/things/7");
    EXPECT_EQ(options.status, 204);
    EXPECT_THAT(options.headers, HasSubstr("Allow: GET, HEAD, PUT, OPTIONS\r\n"));
    EXPECT_EQ(serve(Method::options, "*").status, 204);
    EXPECT_EQ(serve(Method::options, "/nothing").status, 404);
}

TEST_F(RouterTest, TakesOnlyJsonWhereItSaysSo) {
    request_.set(Header::content_type, "text/plain");
    EXPECT_EQ(serve(Method::post, "/things").status, 415);
    EXPECT_EQ(serve(Method::put, "/things/7").status, 200);
    request_.set(Header::content_type, "application/json");
    EXPECT_EQ(serve(Method::post, "/things").status, 200);
    request_.set(Header::content_encoding, "gzip");
    EXPECT_EQ(serve(Method::post, "/things").status, 415);
}

TEST_F(RouterTest, RefusesOtherExpectations) {
    request_.expectation = Expectation::other;
    EXPECT_EQ(serve(Method::get, "/things/7").status, 417);
    request_.expectation = Expectation::hundred_continue;
    EXPECT_EQ(serve(Method::get, "/things/7").status, 200);
}

TEST_F(RouterTest, ServesOnlyProbesWhileDraining) {
    phase_ = pipeline::Phase::leaving;
    EXPECT_EQ(serve(Method::get, "/things/7").status, 200);
    phase_ = pipeline::Phase::draining;
    const Response refused = serve(Method::get, "/things/7");
    EXPECT_EQ(refused.status, 503);
    EXPECT_THAT(refused.headers, HasSubstr("Retry-After: 1\r\n"));
    EXPECT_EQ(serve(Method::get, "/probe").status, 200);
}

TEST_F(RouterTest, AnExceptionIsA500AndItsTextStaysHere) {
    const Response response = serve(Method::get, "/broken");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(failure_, "secret");
    EXPECT_THAT(response.body, Not(HasSubstr("secret")));
    EXPECT_THAT(response.body, HasSubstr("\"request_id\":\"r1\""));
}

TEST_F(RouterTest, JudgesARequestByItsHead) {
    request_.method = Method::post;
    request_.target = "/things";
    request_.expectation = Expectation::hundred_continue;
    EXPECT_FALSE(router_.refuse(request_).has_value());
    request_.set(Header::content_type, "text/plain");
    EXPECT_EQ(router_.refuse(request_)->status, 415);
    request_.target = "/nothing";
    EXPECT_EQ(router_.refuse(request_)->status, 404);
    request_.target = "/things/7";
    EXPECT_EQ(router_.refuse(request_)->status, 405);
}

}  // namespace
}  // namespace orderstream::http
