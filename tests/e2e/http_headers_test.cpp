#include <set>
#include <string>

#include "e2e/http_suite.h"

// What headers ask for and what they answer: media types, methods, request ids, If-Match, Prefer, Idempotency-Key.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;

class HttpHeaders : public HttpSuite {
  protected:
    static HttpRequest typed(const std::string& type) {
        return {.method = "POST",
                .target = "/orders",
                .headers = {{"Content-Type", type}},
                .body = create_body(new_customer(), "{}")};
    }
};

TEST_F(HttpHeaders, a_missing_content_type_is_json) {
    EXPECT_EQ(
        ask({.method = "POST", .target = "/orders", .headers = {}, .body = create_body(new_customer(), "{}")}).status,
        201);
}

TEST_F(HttpHeaders, json_may_come_with_parameters_and_in_any_case) {
    for (const std::string type :
         {"application/json", "application/json; charset=utf-8", "application/json;charset=\"UTF-8\"",
          "Application/JSON", "application/json ; a=b"}) {
        EXPECT_EQ(ask(typed(type)).status, 201) << type;
    }
}

TEST_F(HttpHeaders, a_body_of_another_type_is_415) {
    for (const std::string type :
         {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
          "application/jsonx", "json", "text/json; q", "*/*", "application/json; charset=latin1"}) {
        EXPECT_TRUE(is_problem(ask(typed(type)), 415)) << type;
    }
    EXPECT_TRUE(is_problem(post(create_body(new_customer(), "{}"), {{"Content-Encoding", "gzip"}}), 415));
}

TEST_F(HttpHeaders, a_wrong_method_is_405_with_those_allowed) {
    const auto refused = [](const std::string& method, const std::string& target) {
        const HttpResponse response = ask({.method = method, .target = target, .headers = {}, .body = {}});
        EXPECT_TRUE(is_problem(response, 405)) << method << " " << target;
        return ", " + response.header("Allow").value_or("") + ", ";
    };
    for (const std::string method : {"GET", "PUT", "PATCH", "DELETE", "BREW"}) {
        EXPECT_THAT(refused(method, "/orders"), HasSubstr(", POST, "));
    }
    for (const std::string& path :
         {"/orders/" + new_customer(), std::string("/orders/by-external/x"), std::string("/health"),
          std::string("/health/live"), std::string("/health/ready")}) {
        for (const std::string method : {"POST", "PATCH", "TRACE"}) {
            EXPECT_THAT(refused(method, path), testing::AllOf(HasSubstr(", GET, "), HasSubstr(", HEAD, "))) << path;
        }
    }
}

// ------------------------------------------------------------------------------------------------- X-Request-ID

TEST_F(HttpHeaders, a_request_id_comes_back_in_the_header_and_in_a_problem) {
    for (const std::string id : {"r-1", "01HV3:a/b+c=d@e~f_g.h", "5f0c2c4e-0a5b-4f0e-9b52-6f4f4f1f0d10"}) {
        EXPECT_EQ(post(create_body(new_customer(), "{}"), {{"X-Request-ID", id}}).header("X-Request-ID"), id);
        EXPECT_EQ(ask(get("/health", {{"x-request-id", id}})).header("X-Request-ID"), id);
        const HttpResponse problem = ask(get("/orders/x", {{"X-REQUEST-ID", id}}));
        EXPECT_TRUE(is_problem(problem, 400));
        EXPECT_EQ(text_at(problem.json(), "/request_id"), id);
    }
}

TEST_F(HttpHeaders, without_one_each_request_gets_an_id_of_its_own) {
    std::set<std::string> ids;
    HttpConnection connection = server().connect();
    for (int i = 0; i < 50; ++i) ids.insert(connection.ask(get("/health")).header("X-Request-ID").value_or(""));
    EXPECT_EQ(ids.size(), 50u);
    EXPECT_THAT(ids, testing::Each(MatchesRegex("[0-9a-f]{16,}")));
}

TEST_F(HttpHeaders, an_insane_request_id_is_replaced) {
    for (const std::string& id :
         {std::string(), std::string("two words"), std::string("{\"a\":1}"), std::string("<script>"),
          std::string("ünï"), std::string("a,b"), repeated("x", 8000)}) {
        const HttpResponse response = ask(get("/nope", {{"X-Request-ID", id}}));
        EXPECT_TRUE(is_problem(response, 404));
        EXPECT_THAT(response.header("X-Request-ID").value_or(""), MatchesRegex("[0-9a-f]{16,}")) << id;
    }
}

// ------------------------------------------------------------------------------------------------------ If-Match

class HttpIfMatch : public HttpHeaders {
  protected:
    void SetUp() override { id = create(user); }

    HttpResponse update(const std::string& if_match) {
        return post(update_body(id, user, "{}"), {{"If-Match", if_match}});
    }
    long long version() const { return integer_at(read(id).json(), "/version"); }

    const std::string user = new_customer();
    std::string id;
};

TEST_F(HttpIfMatch, lets_a_change_of_that_version_through_once) {
    const HttpResponse first = update("\"1\"");
    EXPECT_TRUE(is_json(first, 200, R"({"order_id":")" + id + R"(","status":"updated"})"));
    EXPECT_EQ(first.header("ETag"), "\"2\"");
    EXPECT_TRUE(is_problem(update("\"1\""), 412));
    EXPECT_EQ(version(), 2);
}

TEST_F(HttpIfMatch, guards_delete_and_cancel_too) {
    for (const std::string status : {"deleted", "cancelled"}) {
        EXPECT_TRUE(is_problem(post(status_body(id, user, status), {{"If-Match", "\"7\""}}), 412)) << status;
    }
    EXPECT_EQ(text_at(read(id).json(), "/status"), "done");
    EXPECT_EQ(post(status_body(id, user, "deleted"), {{"If-Match", "\"1\""}}).status, 200);
}

TEST_F(HttpIfMatch, takes_lists) {
    EXPECT_EQ(update(R"("1", "7")").status, 200);
    EXPECT_EQ(update(R"("9","2" , "5")").status, 200);
    EXPECT_EQ(update(R"("one", W/"3", "3")").status, 200);
    EXPECT_TRUE(is_problem(update(R"("1", "2", "3", "5")"), 412));
    EXPECT_EQ(post(update_body(id, user, "{}"), {{"If-Match", "\"9\""}, {"If-Match", "\"4\""}}).status, 200);
    EXPECT_EQ(version(), 5);
}

TEST_F(HttpIfMatch, takes_a_star_for_any_version) {
    EXPECT_EQ(update("*").status, 200);
    EXPECT_EQ(update("*").status, 200);
}

TEST_F(HttpIfMatch, never_matches_weak_or_foreign_tags) {
    for (const std::string tag : {R"(W/"1")", R"("01")", R"("+1")", R"("1 ")", R"("one")", R"("")", R"("-1")",
                                  R"("4294967297")", R"("99999999999999999999")", R"("0")"}) {
        const HttpResponse response = update(tag);
        EXPECT_NE(response.status, 200) << tag;
        if (tag != R"("1 ")") {
            EXPECT_TRUE(is_problem(response, 412)) << tag;  // a tag has no spaces: malformed
        }
    }
    EXPECT_EQ(version(), 1);
}

TEST_F(HttpIfMatch, is_400_when_malformed) {
    for (const std::string tag :
         {"1", "\"1", "1\"", "\"1\" \"2\"", "\"1\", 2", "w/\"1\"", "*, \"1\"", "**", "'1'", ","}) {
        EXPECT_TRUE(is_problem(update(tag), 400)) << tag;
    }
    EXPECT_EQ(version(), 1);
}

TEST_F(HttpIfMatch, fails_on_a_create) {
    EXPECT_TRUE(is_problem(post(create_body(user, R"({"id":"made"})"), {{"If-Match", "\"1\""}}), 412));
    EXPECT_EQ(ask(get("/orders/by-external/made?user_id=" + user)).status, 404);
}

// -------------------------------------------------------------------------------------------------------- Prefer

class HttpPrefer : public HttpHeaders {
  protected:
    static HttpResponse preferring(const std::string& body, const std::string& preference) {
        return post(body, {{"Prefer", preference}});
    }
    static testing::AssertionResult is_accepted(const HttpResponse& response, const std::string& id) {
        if (response.header("Location") != "/orders/" + id)
            return testing::AssertionFailure() << "where?\n" << response;
        if (!response.header("Retry-After")) return testing::AssertionFailure() << "no Retry-After\n" << response;
        return is_json(response, 202, R"({"order_id":")" + id + R"(","status":"accepted"})");
    }
};

TEST_F(HttpPrefer, respond_async_is_202_at_once) {
    const std::string user = new_customer();
    const HttpResponse response = preferring(create_body(user, R"({"amount":7})"), "respond-async");
    const std::string id = text_at(response.json(), "/order_id");
    EXPECT_TRUE(is_accepted(response, id));
    EXPECT_EQ(response.header("ETag"), "\"1\"");
    EXPECT_EQ(response.header("Cache-Control"), "no-store");

    const auto order = read_when_done(id).json();
    EXPECT_EQ(text_at(order, "/status"), "done");
    EXPECT_EQ(number_at(order, "/amount"), "7");
    EXPECT_TRUE(is_accepted(preferring(update_body(id, user, "{}"), "Respond-Async"), id));
    EXPECT_TRUE(is_accepted(preferring(status_body(id, user, "cancelled"), "respond-async"), id));
    const std::string other = create(user);
    EXPECT_TRUE(is_accepted(preferring(status_body(other, user, "deleted"), "wait=0"), other));
}

TEST_F(HttpPrefer, respond_async_hears_what_is_wrong_all_the_same) {
    EXPECT_TRUE(is_problem(preferring("{}", "respond-async"), 400, {"/user_id", "/payload"}));
    EXPECT_TRUE(is_problem(preferring(update_body(new_customer(), new_customer(), "{}"), "respond-async"), 404));
}

TEST_F(HttpPrefer, wait_is_answered_as_soon_as_it_is_done) {
    for (const std::string wait : {"wait=5", "wait=1", "wait = 60", "wait=\"5\"", "WAIT=5", "wait=99999999999999999999",
                                   "handling=lenient, wait=5", "return=minimal; a=b , wait=5"}) {
        EXPECT_EQ(preferring(create_body(new_customer(), "{}"), wait).status, 201) << wait;
    }
}

TEST_F(HttpPrefer, wait_0_is_202) {
    const HttpResponse response = preferring(create_body(new_customer(), "{}"), "wait=0");
    EXPECT_TRUE(is_accepted(response, text_at(response.json(), "/order_id")));
}

TEST_F(HttpPrefer, what_it_does_not_know_is_ignored) {
    for (const std::string preference :
         {"", "wait", "wait=", "wait=soon", "wait=-1", "wait=1.5", "%%%", ",,;=", "respond", "\"respond-async",
          "respond-async=no", "x=\"respond-async\"", "return=minimal"}) {
        EXPECT_EQ(preferring(create_body(new_customer(), "{}"), preference).status, 201) << preference;
    }
}

// ----------------------------------------------------------------------------------------------- Idempotency-Key

class HttpIdempotency : public HttpHeaders {
  protected:
    HttpResponse keyed(const std::string& payload, const std::string& key = "key-1") const {
        return post(create_body(user, payload), {{"Idempotency-Key", key}});
    }
    static std::string id_in(const HttpResponse& response) { return text_at(response.json(), "/order_id"); }
    static std::optional<std::string> replayed(const HttpResponse& response) {
        return response.header("Idempotent-Replayed");
    }

    const std::string user = new_customer();
};

TEST_F(HttpIdempotency, a_retry_hears_what_the_first_one_heard) {
    const HttpResponse first = keyed(R"({"a":1})");
    EXPECT_THAT(id_in(first), MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(replayed(first), std::nullopt);

    const HttpResponse second = keyed(R"({"a":1})");
    EXPECT_TRUE(is_json(second, 201, first.body));
    EXPECT_EQ(replayed(second), "true");
    EXPECT_EQ(second.header("Location"), "/orders/" + id_in(first));
    EXPECT_EQ(second.header("ETag"), "\"1\"");
    EXPECT_EQ(integer_at(read(id_in(first)).json(), "/version"), 1);
}

TEST_F(HttpIdempotency, the_same_document_may_be_written_in_another_way) {
    const std::string first = id_in(keyed(R"({"a":1,"b":[100,"é"]})"));
    for (const std::string& same :
         {std::string(R"({"b":[1e2,"\u00e9"],"a":1.0})"), std::string(R"( { "a" : 1, "b":[100,"é"] } )")}) {
        const HttpResponse again = keyed(same);
        EXPECT_EQ(again.status, 201) << again;
        EXPECT_EQ(replayed(again), "true");
        EXPECT_EQ(id_in(again), first);
    }
}

TEST_F(HttpIdempotency, another_document_is_422) {
    const std::string id = id_in(keyed(R"({"a":1})"));
    EXPECT_TRUE(is_problem(keyed(R"({"a":2})"), 422));
    EXPECT_TRUE(is_problem(keyed(R"({"a":"1"})"), 422));
    EXPECT_EQ(render_json(at(read(id).json(), "/payload")), R"({"a":1})");
}

TEST_F(HttpIdempotency, another_customer_or_key_makes_another_order) {
    const std::string id = id_in(keyed("{}"));
    const HttpResponse others = post(create_body(new_customer(), "{}"), {{"Idempotency-Key", "key-1"}});
    EXPECT_EQ(others.status, 201);
    EXPECT_EQ(replayed(others), std::nullopt);
    EXPECT_NE(id_in(others), id);
    EXPECT_NE(id_in(keyed("{}", "Key-1")), id);
}

TEST_F(HttpIdempotency, keys_have_1_to_200_bytes) {
    EXPECT_EQ(keyed("{}", repeated("k", 200)).status, 201);
    EXPECT_TRUE(is_problem(keyed("{}", repeated("k", 201)), 400));
    EXPECT_TRUE(is_problem(keyed("{}", repeated("é", 101)), 400));
    EXPECT_TRUE(is_problem(keyed("{}", ""), 400));
    EXPECT_TRUE(is_problem(post(create_body(user, "{}"), {{"Idempotency-Key", "a"}, {"Idempotency-Key", "b"}}), 400));
}

TEST_F(HttpIdempotency, after_an_update_a_retry_is_still_a_replay) {
    const HttpResponse first = keyed(R"({"a":1})");
    const std::string id = id_in(first);
    ASSERT_EQ(post(update_body(id, user, R"({"a":2})")).status, 200);

    const HttpResponse again = keyed(R"({"a":1})");
    EXPECT_TRUE(is_json(again, 201, first.body));
    EXPECT_EQ(replayed(again), "true");
    EXPECT_EQ(again.header("ETag"), "\"2\"");
    EXPECT_TRUE(is_problem(keyed(R"({"a":2})"), 422)) << "the create's document counts, not the update's";
    EXPECT_EQ(render_json(at(read(id).json(), "/payload")), R"({"a":2})");
}

TEST_F(HttpIdempotency, after_a_delete_or_cancel_a_retry_is_409) {
    for (const std::string status : {"deleted", "cancelled"}) {
        const std::string id = id_in(keyed("{}", status));
        ASSERT_EQ(post(status_body(id, user, status)).status, 200);
        const HttpResponse again = keyed("{}", status);
        EXPECT_TRUE(is_json(again, 409, R"({"status":")" + status + R"("})"));
        EXPECT_EQ(replayed(again), "true");
        EXPECT_EQ(text_at(read(id).json(), "/status"), status);
    }
}

TEST_F(HttpIdempotency, is_ignored_on_other_changes) {
    const std::string id = id_in(keyed("{}"));
    for (const std::string& key : {std::string("key-1"), repeated("k", 300)}) {
        const HttpResponse response = post(update_body(id, user, R"({"a":2})"), {{"Idempotency-Key", key}});
        EXPECT_TRUE(is_json(response, 200, R"({"order_id":")" + id + R"(","status":"updated"})"));
        EXPECT_EQ(replayed(response), std::nullopt);
    }
    EXPECT_EQ(integer_at(read(id).json(), "/version"), 3);
}

TEST_F(HttpIdempotency, a_retry_that_does_not_wait_hears_201_once_it_is_done) {
    const std::string id = id_in(keyed("{}"));
    const HttpResponse again =
        post(create_body(user, "{}"), {{"Idempotency-Key", "key-1"}, {"Prefer", "respond-async"}});
    EXPECT_TRUE(is_json(again, 201, R"({"order_id":")" + id + R"(","status":"created"})"));
    EXPECT_EQ(replayed(again), "true");
}

// --------------------------------------------------------------------------------------------------- ACK_TIMEOUT

class HttpNeverWaiting : public HttpPrefer {
  protected:
    static void SetUpTestSuite() { start({.environment = {{"ACK_TIMEOUT", "0"}, {"LOG_LEVEL", "debug"}}, .data = {}}); }
};

TEST_F(HttpNeverWaiting, every_change_is_202_and_done_soon) {
    const std::string user = new_customer();
    const HttpResponse created = post(create_body(user, R"({"amount":"12.50"})"), {{"Idempotency-Key", "k"}});
    const std::string id = text_at(created.json(), "/order_id");
    EXPECT_TRUE(is_accepted(created, id));
    EXPECT_EQ(number_at(read_when_done(id).json(), "/amount"), "12.5");

    const HttpResponse again = post(create_body(user, R"({"amount":"12.50"})"), {{"Idempotency-Key", "k"}});
    EXPECT_TRUE(is_json(again, 201, R"({"order_id":")" + id + R"(","status":"created"})")) << "never 202 when done";
    EXPECT_EQ(again.header("Idempotent-Replayed"), "true");

    EXPECT_TRUE(is_accepted(preferring(update_body(id, user, R"({"amount":3})"), "wait=5"), id));
    EXPECT_TRUE(is_accepted(post(status_body(id, user, "deleted")), id));
    EXPECT_TRUE(is_json(post(status_body(id, user, "deleted")), 409, R"({"status":"deleted"})"));
    EXPECT_TRUE(is_problem(post("{}"), 400, {"/user_id", "/payload"}));
}

TEST_F(HttpNeverWaiting, the_log_names_the_request) {
    post("{}", {{"X-Request-ID", "find-me-in-the-log"}});
    EXPECT_TRUE(server().logs(R"("request_id":"find-me-in-the-log")")) << server().log();
}

}  // namespace

}  // namespace orderstream::e2e
