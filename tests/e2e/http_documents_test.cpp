#include <chrono>
#include <string>
#include <vector>

#include "e2e/http_suite.h"

// What is wrong with a body is said whole, and nothing of it is stored; what is right comes back as it was.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

class HttpDocuments : public HttpSuite {
  protected:
    static HttpResponse post_payload(const std::string& payload) { return post(create_body(new_customer(), payload)); }

    /// The answer to reading an order with this payload.
    static HttpResponse stored(const std::string& payload) { return read(create(new_customer(), payload)); }
    /// The payload as it was written into that answer.
    static std::string stored_payload(const std::string& payload) {
        const std::string body = stored(payload).body;
        const auto start = body.find(R"("payload":)") + 10;
        return body.substr(start, body.find(R"(,"bucket":)") - start);
    }
};

TEST_F(HttpDocuments, refuses_what_is_not_json) {
    for (const std::string body :
         {"nope", "{", R"({"user_id":)", "{}{}", "{'a':1}", R"({"a":1,})", "[1,]", "NaN", R"({"a":01})", R"({"a":+1})",
          R"({"a":1.})", R"({"a":.5})", R"({"a":0x10})", R"({"a":"\x"})", R"({"a":"\u12"})", "{\"a\":\"line\nend\"}",
          "/* no */ {}", "\xef\xbb\xbf{}", "   "}) {
        EXPECT_TRUE(is_problem(post(body), 400)) << body;
    }
}

TEST_F(HttpDocuments, refuses_an_empty_body) {
    EXPECT_TRUE(is_problem(ask({.method = "POST", .target = "/orders", .headers = {}, .body = {}}), 400));
    EXPECT_TRUE(is_problem(post(""), 400));
    EXPECT_TRUE(is_problem(post("", {{"Content-Length", "0"}}), 400));
}

TEST_F(HttpDocuments, refuses_what_is_no_object) {
    for (const std::string body : {"[]", R"([{"user_id":"x"}])", "5", R"("text")", "true", "null"}) {
        EXPECT_TRUE(is_problem(post(body), 400, {""})) << body;
    }
}

TEST_F(HttpDocuments, names_every_missing_field) {
    EXPECT_TRUE(is_problem(post("{}"), 400, {"/user_id", "/payload"}));
    EXPECT_TRUE(is_problem(post(R"({"user_id":null,"payload":null})"), 400, {"/user_id", "/payload"}));
    EXPECT_TRUE(is_problem(post(R"({"payload":{}})"), 400, {"/user_id"}));
    EXPECT_TRUE(is_problem(post(create_body(new_customer(), "null")), 400, {"/payload"}));
    EXPECT_TRUE(is_problem(post(R"({"status":"deleted"})"), 400, {"/user_id", "/order_id"}));
    EXPECT_TRUE(is_problem(post(R"({"status":"cancelled","order_id":"0"})"), 400, {"/user_id", "/order_id"}));
}

TEST_F(HttpDocuments, names_every_field_of_a_wrong_type) {
    EXPECT_TRUE(
        is_problem(post(R"({"order_id":[],"user_id":1,"payload":5})"), 400, {"/order_id", "/user_id", "/payload"}));
    EXPECT_TRUE(is_problem(post_payload("[]"), 400, {"/payload"}));
    EXPECT_TRUE(is_problem(post_payload(R"("{}")"), 400, {"/payload"}));
    EXPECT_TRUE(is_problem(post_payload(R"({"id":[],"amount":{},"currency":5})"), 400,
                           {"/payload/id", "/payload/amount", "/payload/currency"}));
    EXPECT_TRUE(is_problem(post_payload(R"({"items":[{"price":"y","qty":true},{"price":1,"quantity":"z"}]})"), 400,
                           {"/payload/items/0/price", "/payload/items/0/qty", "/payload/items/1/quantity"}));
}

TEST_F(HttpDocuments, says_a_problem_in_full) {
    const HttpResponse response = post(R"({"user_id":"me"})", {{"X-Request-ID", "full-1"}});
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.header("X-Request-ID"), "full-1");
    EXPECT_EQ(response.body, R"({"title":"Bad Request","status":400,"detail":"2 fields are invalid",)"
                             R"("request_id":"full-1","errors":[{"pointer":"/user_id","detail":"must be a UUID"},)"
                             R"({"pointer":"/payload","detail":"is required"}]})");
}

TEST_F(HttpDocuments, takes_only_the_36_characters_of_a_uuid) {
    for (const std::string id :
         {"no-uuid", "5f0c2c4e0a5b4f0e9b526f4f4f1f0d10", "{5f0c2c4e-0a5b-4f0e-9b52-6f4f4f1f0d10}",
          "5f0c2c4e-0a5b-4f0e-9b52-6f4f4f1f0d1", "5f0c2c4e-0a5b-4f0e-9b52-6f4f4f1f0d10 ",
          "5f0c2c4e-0a5b-4f0e-9b52-6f4f4f1f0dxx", "urn:uuid:5f0c2c4e-0a5b-4f0e-9b52-6f4f4f1f0d10"}) {
        EXPECT_TRUE(is_problem(post(create_body(id, "{}")), 400, {"/user_id"})) << id;
        EXPECT_TRUE(is_problem(post(update_body(id, new_customer(), "{}")), 400, {"/order_id"})) << id;
        EXPECT_TRUE(is_problem(post(status_body(id, new_customer(), "deleted")), 400, {"/order_id"})) << id;
    }
    EXPECT_TRUE(is_problem(post(create_body("", "{}")), 400, {"/user_id"}));
}

TEST_F(HttpDocuments, takes_a_uuid_in_capitals_for_the_same) {
    const std::string capitals = "ABCDEF01-0A5B-4F0E-9B52-6F4F4F1F0D10";
    const std::string id = create(capitals);
    EXPECT_EQ(text_at(read(id).json(), "/user_id"), "abcdef01-0a5b-4f0e-9b52-6f4f4f1f0d10");
    EXPECT_EQ(ask(get("/orders/" + id + "?user_id=" + capitals)).status, 200);
}

TEST_F(HttpDocuments, refuses_the_null_character) {
    EXPECT_TRUE(is_problem(post_payload(R"({"a":"x\u0000y"})"), 400));
    EXPECT_TRUE(is_problem(post_payload(R"({"a\u0000":1})"), 400));
    EXPECT_TRUE(is_problem(post_payload(R"([{"id":"\u0000"}])"), 400));
    EXPECT_TRUE(is_problem(post_payload("{\"a\":\"\0\"}"s), 400));
}

TEST_F(HttpDocuments, refuses_lone_surrogates) {
    for (const std::string half : {R"(\ud800)", R"(\udc00)", R"(\ud83dx)", R"(\ud83d\u0041)", R"(\ud83d\ud83d)",
                                   R"(\uDBFF\n)", "\xed\xa0\x80"}) {
        EXPECT_TRUE(is_problem(post_payload(R"({"a":")" + half + R"("})"), 400)) << half;
        EXPECT_TRUE(is_problem(post_payload(R"({")" + half + R"(":1})"), 400)) << half;
    }
}

TEST_F(HttpDocuments, refuses_bad_utf8) {
    for (const std::string bytes :
         {"\xff", "\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xc3", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80"}) {
        EXPECT_TRUE(is_problem(post_payload("{\"a\":\"" + bytes + "\"}"), 400));
    }
}

TEST_F(HttpDocuments, refuses_a_key_that_comes_twice) {
    EXPECT_TRUE(is_problem(post_payload(R"({"a":1,"a":2})"), 400));
    EXPECT_TRUE(is_problem(post_payload(R"({"a":1,"\u0061":1})"), 400));
    EXPECT_TRUE(is_problem(post_payload(R"({"deep":[{"a":{},"b":1,"a":{}}]})"), 400));
    EXPECT_TRUE(is_problem(post(R"({"user_id":"x","payload":{},"payload":{}})"), 400));
    std::string many = R"({"k9":1)";
    for (int i = 0; i < 20; ++i) many += R"(,"k)" + std::to_string(i) + R"(":1)";
    EXPECT_TRUE(is_problem(post_payload(many + "}"), 400));
}

TEST_F(HttpDocuments, takes_64_levels_and_no_more) {
    const auto nested = [](std::size_t levels) {  // the body and the payload are two of them
        return R"({"a":)" + repeated("[", levels - 2) + repeated("]", levels - 2) + "}";
    };
    EXPECT_EQ(stored_payload(nested(64)), nested(64));
    EXPECT_TRUE(is_problem(post_payload(nested(65)), 400));
    EXPECT_TRUE(is_problem(post_payload(nested(1000)), 400));
    EXPECT_TRUE(is_problem(post_payload(repeated(R"({"a":)", 1000) + "1" + repeated("}", 1000)), 400));
    EXPECT_TRUE(is_problem(post(repeated("[", 500'000)), 400));
}

TEST_F(HttpDocuments, keeps_numbers_exactly) {
    for (const std::string number : {"12345678901234567890.12", "0.1", "1.10", "-0.000001", "9007199254740993", "0",
                                     "3.141592653589793238462643383279502884197169399375105820974944592307816406286"}) {
        EXPECT_EQ(stored_payload(R"({"n":)" + number + "}"), R"({"n":)" + number + "}");
    }
    EXPECT_EQ(stored_payload(R"({"n":1e2})"), R"({"n":100})");
    EXPECT_EQ(stored_payload(R"({"n":25E-3})"), R"({"n":0.025})");
    const std::string digits_100 = repeated("1234567890", 10);
    EXPECT_EQ(stored_payload(R"({"n":)" + digits_100 + "}"), R"({"n":)" + digits_100 + "}");
    EXPECT_EQ(stored_payload(R"({"n":1e308})"), R"({"n":1)" + repeated("0", 308) + "}");
    EXPECT_EQ(stored_payload(R"({"n":1e-308})"), R"({"n":0.)" + repeated("0", 307) + "1}");
}

TEST_F(HttpDocuments, refuses_numbers_out_of_bounds) {
    for (const std::string& number :
         {"1e999"s, "-1e999"s, "1e309"s, "1e-309"s, "1e131071"s, "1e-131071"s, "1e99999999999999999999"s, "0.1e310"s,
          repeated("1", 101), "0." + repeated("3", 101)}) {
        EXPECT_TRUE(is_problem(post_payload(R"({"n":)" + number + "}"), 400)) << number;
    }
}

TEST_F(HttpDocuments, refuses_thousands_of_monstrous_numbers_at_once) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(is_problem(post_payload(R"({"n":[)" + repeated("1e131071,", 9000) + "1]}"), 400));
    const auto items = repeated(R"({"price":1e308,"quantity":1e308},)", 1000);
    EXPECT_TRUE(is_problem(post_payload(R"({"items":[)" + items + R"({"price":1}]})"), 400, {"/payload/items"}));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST_F(HttpDocuments, holds_numbers_written_out_to_one_mebibyte) {
    EXPECT_TRUE(is_problem(post_payload(R"({"n":[)" + repeated("1e308,", 4000) + "1]}"), 413));
    EXPECT_EQ(stored_payload(R"({"n":[)" + repeated("1e308,", 3000) + "1]}"),
              R"({"n":[)" + repeated("1" + repeated("0", 308) + ",", 3000) + "1]}");
}

TEST_F(HttpDocuments, takes_an_external_id_of_200_bytes_and_no_more) {
    const auto with_id = [](const std::string& id) { return R"({"id":")" + id + R"("})"; };
    EXPECT_EQ(stored_payload(with_id(repeated("x", 200))), with_id(repeated("x", 200)));
    EXPECT_TRUE(is_problem(post_payload(with_id(repeated("x", 201))), 400, {"/payload/id"}));
    EXPECT_TRUE(is_problem(post_payload(with_id(repeated("é", 101))), 400, {"/payload/id"}));
    EXPECT_TRUE(is_problem(post_payload(with_id(repeated("x", 9 * 1024))), 400, {"/payload/id"}));
    EXPECT_TRUE(is_problem(
        post(R"({"user_id":")" + new_customer() + R"(","payload":{},"external_id":")" + repeated("x", 201) + R"("})"),
        400, {"/external_id"}));
}

TEST_F(HttpDocuments, refuses_a_currency_that_is_not_three_capitals) {
    for (const std::string currency : {R"("usd")", R"("US")", R"("USDT")", R"("U$D")", R"("ÉUR")", R"("")", "840"}) {
        EXPECT_TRUE(is_problem(post_payload(R"({"currency":)" + currency + "}"), 400, {"/payload/currency"}))
            << currency;
    }
}

TEST_F(HttpDocuments, gives_back_any_script_as_it_was) {
    const std::string payload =
        R"({"Имя":"Ёлка","名前":"お茶 二つ","اسم":"قهوة","ชื่อ":"กาแฟ","emoji":"👩‍👩‍👧‍👦🇺🇦","combining":"é ≠ é",)"
        R"("marks":")"
        "\xe2\x80\xae"
        R"(rtl)"
        "\xe2\x80\xac"
        R"(","edge":")"
        "\xc2\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf"
        R"(",)"
        R"("empty":"","":"no name","quotes":"\"\\/","list":[null,true,false,{},[]]})";
    EXPECT_EQ(stored_payload(payload), payload);
}

TEST_F(HttpDocuments, gives_back_what_was_escaped) {
    const HttpResponse response =
        stored(R"({"e":"\u00e9\ud83d\ude00\u2028\/\"\\","c":"\b\f\n\r\t\u0001\u001f\u007f"})");
    EXPECT_EQ(text_at(response.json(), "/payload/e"), "é😀\xe2\x80\xa8/\"\\");
    EXPECT_EQ(text_at(response.json(), "/payload/c"), "\b\f\n\r\t\x01\x1f\x7f");
}

TEST_F(HttpDocuments, keeps_the_order_of_members_and_drops_only_spaces) {
    EXPECT_EQ(stored_payload("{ \"z\" : 1 ,\r\n\t\"a\" : [ 1 , 2 ] }"), R"({"z":1,"a":[1,2]})");
}

}  // namespace

}  // namespace orderstream::e2e
