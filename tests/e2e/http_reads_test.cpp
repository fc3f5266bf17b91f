#include <string>

#include "e2e/http_suite.h"
#include "order/ids.h"

// Reading: one order, one by its external id, the probes; ids and parameters as they come over the wire.

namespace orderstream::e2e {

namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class HttpReads : public HttpSuite {
  protected:
    static HttpResponse by_external(const std::string& encoded, const std::string& user) {
        return ask(get("/orders/by-external/" + encoded + "?user_id=" + user));
    }
    /// The id of the order found; the status when none is.
    static std::string found(const std::string& encoded, const std::string& user) {
        const HttpResponse response = by_external(encoded, user);
        return response.status == 200 ? text_at(response.json(), "/order_id") : std::to_string(response.status);
    }
    static void remove(const std::string& id, const std::string& user) {
        ASSERT_EQ(post(status_body(id, user, "deleted")).status, 200);
    }
};

TEST_F(HttpReads, show_an_order_field_by_field) {
    const std::string user = new_customer();
    const std::string payload = R"({"id":"cart-7","items":[{"price":29.99,"qty":2}],"currency":"EUR"})";
    const std::string id = create(user, payload);
    const HttpResponse response = read(id);

    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("Content-Type"), "application/json");
    EXPECT_EQ(response.header("ETag"), "\"1\"");
    EXPECT_EQ(response.header("Cache-Control"), "no-store");
    const auto order = response.json();
    const std::string created_at = text_at(order, "/created_at");
    const std::string updated_at = text_at(order, "/updated_at");
    const int bucket = order::bucket_of(order::parse_order_id(id).value());
    EXPECT_EQ(response.body, R"({"order_id":")" + id + R"(","user_id":")" + user +
                                 R"(","status":"done","amount":59.98,"currency":"EUR","payload":)" + payload +
                                 R"(,"bucket":)" + std::to_string(bucket) +
                                 R"(,"version":1,"failure_reason":null,"created_at":")" + created_at +
                                 R"(","updated_at":")" + updated_at + R"("})");
    const auto rfc3339_utc =
        MatchesRegex("20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]+)?Z");
    EXPECT_THAT(created_at, rfc3339_utc);
    EXPECT_THAT(updated_at, rfc3339_utc);
    EXPECT_LE(created_at, updated_at);
}

TEST_F(HttpReads, put_each_order_into_the_bucket_of_its_last_byte) {
    const std::string user = new_customer();
    for (int i = 0; i < 8; ++i) {
        const std::string id = create(user);
        EXPECT_EQ(integer_at(read(id).json(), "/bucket"), std::stoi(id.substr(34), nullptr, 16) % 4) << id;
    }
}

TEST_F(HttpReads, check_the_owner_when_they_are_told_one) {
    const std::string user = new_customer();
    const std::string id = create(user);
    EXPECT_EQ(ask(get("/orders/" + id + "?user_id=" + user)).body, read(id).body);
    const HttpResponse refused = ask(get("/orders/" + id + "?user_id=" + new_customer()));
    EXPECT_TRUE(is_problem(refused, 404));
    EXPECT_EQ(refused.header("ETag"), std::nullopt);
    for (const std::string& bad : {std::string("?user_id="), std::string("?user_id=me"), "?user_id=" + user.substr(1),
                                   std::string("?user_id=%00"), std::string("?user_id")}) {
        EXPECT_TRUE(is_problem(ask(get("/orders/" + id + bad)), 400)) << bad;
    }
}

TEST_F(HttpReads, find_nothing_under_an_unknown_id) {
    EXPECT_TRUE(is_problem(read("01a1fca6-1136-71cb-93a4-6487ab0a32f7"), 404));
    EXPECT_TRUE(is_problem(read("00000000-0000-0000-0000-000000000000"), 404));
}

TEST_F(HttpReads, refuse_an_id_that_is_no_uuid) {
    for (const std::string id :
         {"x", "0", "5f0c2c4e0a5b4f0e9b526f4f4f1f0d10", "%7B5f0c2c4e-0a5b-4f0e-9b52-6f4f4f1f0d10%7D",
          "5f0c2c4e-0a5b-4f0e-9b52-6f4f4f1f0d10%00", "%00", "%ff", "..", "by-external"}) {
        EXPECT_TRUE(is_problem(read(id), 400)) << id;
    }
    EXPECT_TRUE(is_problem(read(repeated("x", 8000)), 400));
}

TEST_F(HttpReads, take_an_id_percent_encoded_and_in_capitals) {
    const std::string user = new_customer();
    const std::string id = create(user);
    std::string encoded;
    for (const char c : id) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        encoded += {'%', digits[static_cast<std::size_t>(c) / 16], digits[static_cast<std::size_t>(c) % 16]};
    }
    std::string capitals = id;
    for (char& c : capitals) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    for (const std::string& written : {encoded, capitals, id + "?", "%" + encoded.substr(1, 2) + id.substr(1)}) {
        EXPECT_EQ(read(written).body, read(id).body) << written;
    }
    for (const std::string bad : {"%", "%3", "%zz", "%3g"})
        EXPECT_TRUE(is_problem(read(id.substr(1) + bad), 400)) << bad;
}

TEST_F(HttpReads, refuse_unknown_repeated_and_malformed_parameters) {
    const std::string user = new_customer();
    const std::string id = create(user, R"({"id":"e"})");
    const std::string known = "user_id=" + user;
    for (const std::string& path : {"/orders/" + id, std::string("/orders/by-external/e")}) {
        for (const std::string query : {"verbose=1", "User_ID=x", "=", "%zz=1", "user_id=%zz"}) {
            EXPECT_TRUE(is_problem(ask(get(path + "?" + known + "&" + query)), 400)) << path << query;
        }
        EXPECT_TRUE(is_problem(ask(get(path + "?" + known + "&" + known)), 400));
        EXPECT_EQ(ask(get(path + "?" + known + "&")).status, 200);
        EXPECT_EQ(ask(get(path + "?user%5Fid=" + user)).status, 200);
    }
    EXPECT_TRUE(is_problem(ask(with_json("POST", "/orders?user_id=" + user, create_body(user, "{}"))), 400));
    EXPECT_THAT(ask(get("/orders/" + id + "?colour=red&size=9")).body,
                testing::AllOf(HasSubstr("colour"), HasSubstr("size")));
}

TEST_F(HttpReads, do_not_honour_if_none_match) {
    const std::string id = create(new_customer());
    const HttpResponse response = ask(get("/orders/" + id, {{"If-None-Match", "\"1\""}}));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, read(id).body);
}

// --------------------------------------------------------------------------------------------------- by external id

TEST_F(HttpReads, by_external_id_show_the_same_as_by_id) {
    const std::string user = new_customer();
    const std::string id = create(user, R"({"id":"cart-1"})");
    const HttpResponse response = by_external("cart-1", user);
    EXPECT_TRUE(is_json(response, 200, read(id).body));
    EXPECT_EQ(response.header("ETag"), "\"1\"");
    EXPECT_EQ(response.header("Cache-Control"), "no-store");
}

TEST_F(HttpReads, by_external_id_need_a_customer) {
    const std::string user = new_customer();
    create(user, R"({"id":"cart-1"})");
    EXPECT_TRUE(is_problem(ask(get("/orders/by-external/cart-1")), 400));
    EXPECT_TRUE(is_problem(ask(get("/orders/by-external/cart-1?user_id=")), 400));
    EXPECT_TRUE(is_problem(by_external("cart-1", "me"), 400));
    EXPECT_TRUE(is_problem(by_external("cart-1", new_customer()), 404));
    EXPECT_TRUE(is_problem(by_external("cart-2", user), 404));
    EXPECT_TRUE(is_problem(by_external("CART-1", user), 404));
}

TEST_F(HttpReads, by_external_id_find_the_newest_that_is_not_deleted) {
    const std::string user = new_customer();
    const std::string oldest = create(user, R"({"id":"same"})");
    const std::string middle = create(user, R"({"id":"same"})");
    const std::string newest = create(user, R"({"id":"same"})");
    create(new_customer(), R"({"id":"same"})");
    EXPECT_EQ(found("same", user), newest);
    ASSERT_EQ(post(update_body(oldest, user, R"({"id":"same","touched":1})")).status, 200);
    EXPECT_EQ(found("same", user), newest) << "an update makes nothing newer";
    remove(newest, user);
    EXPECT_EQ(found("same", user), middle);
    ASSERT_EQ(post(status_body(middle, user, "cancelled")).status, 200);
    EXPECT_EQ(found("same", user), middle) << "cancelled is not deleted";
    remove(oldest, user);
    EXPECT_EQ(found("same", user), middle);
}

TEST_F(HttpReads, by_external_id_follow_an_update) {
    const std::string user = new_customer();
    const std::string id = create(user, R"({"id":"before"})");
    ASSERT_EQ(post(update_body(id, user, R"({"id":"after"})")).status, 200);
    EXPECT_EQ(found("before", user), "404");
    EXPECT_EQ(found("after", user), id);
    ASSERT_EQ(post(update_body(id, user, "{}")).status, 200);
    EXPECT_EQ(found("after", user), "404");
}

TEST_F(HttpReads, by_external_id_take_any_text) {
    const std::string user = new_customer();
    const std::vector<std::pair<std::string, std::string>> encoded_by_id{
        {"a/b", "a%2Fb"},
        {"заказ 1", "%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7%201"},
        {"茶", "%e8%8c%b6"},
        {"1+1", "1+1"},
        {"50%", "50%25"},
        {"a?b#c", "a%3Fb%23c"},
        {"a.b", "a%2Eb"},
        {"..", "%2E%2E"},
        {"%2F", "%252F"},
        {"é", "%C3%A9"},
        {"it's \\o/", "it's%20%5Co%2F"}};
    for (const auto& [id, encoded] : encoded_by_id) {
        const std::string order = create(user, R"({"id":)" + render_json(documents::Json(id)) + "}");
        EXPECT_EQ(found(encoded, user), order) << id;
    }
    EXPECT_EQ(found("e%CC%81", user), "404") << "texts are compared as they are, not normalised";
    EXPECT_EQ(found("a/b", user), "404") << "that is another path";
}

TEST_F(HttpReads, by_external_id_take_numbers_by_their_digits) {
    const std::string user = new_customer();
    const std::string id = create(user, R"({"id":42})");
    EXPECT_EQ(found("42", user), id);
}

TEST_F(HttpReads, by_external_id_refuse_what_no_order_can_have) {
    const std::string user = new_customer();
    EXPECT_EQ(found(repeated("x", 200), user), "404");
    for (const std::string& bad : {repeated("x", 201), repeated("%C3%A9", 101), std::string("%00"), std::string("a%ff"),
                                   std::string("%ed%a0%80"), std::string("%"), std::string("%g1")}) {
        EXPECT_TRUE(is_problem(by_external(bad, user), 400)) << bad;
    }
}

// ---------------------------------------------------------------------------------------------------------- probes

TEST_F(HttpReads, health_is_two_letters) {
    const HttpResponse response = ask(get("/health"));
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.header("Content-Type").value_or(""), testing::StartsWith("text/plain"));
    EXPECT_EQ(response.body, "ok");
}

TEST_F(HttpReads, the_probes_say_status_version_and_checks) {
    const std::string version =
        run(orderstream_binary(), {.arguments = {"--version"}, .environment = {}, .directory = {}}).output;
    for (const std::string path : {"/health/live", "/health/ready"}) {
        const HttpResponse response = ask(get(path));
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.header("Content-Type"), "application/json");
        const auto body = response.json();
        EXPECT_EQ(text_at(body, "/status"), "healthy");
        EXPECT_EQ("orderstream " + text_at(body, "/version") + "\n", version);
        EXPECT_EQ(size_at(body, ""), 3u);
        for (const std::string dependency : {"store", "bus", "cache"}) {
            EXPECT_EQ(text_at(body, "/checks/" + dependency + "/status"), "healthy") << path;
        }
    }
}

TEST_F(HttpReads, say_in_a_problem_that_there_is_no_such_path) {
    for (const std::string path : {"/nope", "/Orders", "/orders/", "//orders", "/orders/x/y/z", "/health/", "/health/x",
                                   "/orders/by-external/", "/a/b/c/d/e/f/g/h/i/j/k", "/%6Frders%2F"}) {
        EXPECT_TRUE(is_problem(ask(get(path)), 404)) << path;
        EXPECT_TRUE(is_problem(ask(with_json("POST", path, "{}")), 404)) << path;
    }
}

}  // namespace

}  // namespace orderstream::e2e
