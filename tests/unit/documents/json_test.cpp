#include "documents/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace orderstream::documents {
namespace {

using testing::HasSubstr;

/// What a text becomes when it is parsed and rendered again, or why it was refused.
std::string rendered(std::string_view text) {
    const auto value = parse_json(text);
    return value ? render_json(*value) : value.error().detail;
}

Json parsed(std::string_view text) {
    auto value = parse_json(text);
    EXPECT_TRUE(value) << text << ": " << value.error().detail;
    return value.value_or(Json());
}

TEST(ParseJson, takes_every_kind_of_value) {
    const Json value =
        parsed(R"( {"null": null, "yes": true, "no": false, "n": -1.50, "s": "text", "a": [1, []], "o": {}} )");
    ASSERT_NE(value.as_object(), nullptr);
    EXPECT_TRUE(value.find("null")->is_null());
    EXPECT_TRUE(*value.find("yes")->as_bool());
    EXPECT_FALSE(*value.find("no")->as_bool());
    EXPECT_EQ(value.find("n")->as_number()->text, "-1.50");
    EXPECT_EQ(*value.find("s")->as_string(), "text");
    EXPECT_EQ(value.find("a")->as_array()->size(), 2U);
    EXPECT_TRUE(value.find("o")->as_object()->empty());
    EXPECT_EQ(value.find("nothing"), nullptr);
}

TEST(ParseJson, takes_any_value_at_the_top) {
    for (const auto* text : {"null", "true", "false", "0", "\"\"", "[]", "{}", "\"x\"", "[[[]]]"}) {
        EXPECT_EQ(rendered(text), text);
        EXPECT_EQ(rendered(std::string(" \t\r\n") + text + "\n\r\t "), text);
    }
}

TEST(ParseJson, keeps_the_order_of_members) {
    EXPECT_EQ(rendered(R"({"b":1,"a":2,"":3,"c":{"z":[],"y":null}})"), R"({"b":1,"a":2,"":3,"c":{"z":[],"y":null}})");
}

TEST(ParseJson, unescapes_what_needs_no_escape) {
    EXPECT_EQ(*parsed(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00")").as_string(),
              "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    EXPECT_EQ(rendered(R"("\/\u0041\u00e9\u007f")"), "\"/A\xc3\xa9\x7f\"");
}

TEST(ParseJson, puts_a_long_text_with_escapes_together) {
    std::string text = "\"";
    std::string expected;
    for (int i = 0; i < 5000; ++i) {
        text += "abc\\n\\u20ac";
        expected += "abc\n\xe2\x82\xac";
    }
    text += '"';
    EXPECT_EQ(*parsed(text).as_string(), expected);
    EXPECT_EQ(parsed("{" + text + ":1}").as_object()->front().first, expected);
}

TEST(ParseJson, says_where_the_grammar_is_broken) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"", "not JSON: it is empty"},
        {" \r\n\t ", "not JSON: it is empty"},
        {"{", "not JSON: it ends too early at byte 1"},
        {"[1,2", "not JSON: it ends too early at byte 4"},
        {"\"abc", "not JSON: it ends too early at byte 4"},
        {"tru", "not JSON: it ends too early at byte 3"},
        {"1e", "not JSON: it ends too early at byte 2"},
        {"-", "not JSON: it ends too early at byte 1"},
        {"{}x", "not JSON: more text after the value at byte 2"},
        {"1 2", "not JSON: more text after the value at byte 2"},
        {"{} {}", "not JSON: more text after the value at byte 3"},
        {"01", "not JSON: more text after the value at byte 1"},
        {R"({"a":1,})", "not JSON: unexpected '}' at byte 7"},
        {"[1,]", "not JSON: unexpected ']' at byte 3"},
        {"[,1]", "not JSON: unexpected ',' at byte 1"},
        {"[1 2]", "not JSON: unexpected '2' at byte 3"},
        {R"({"a" 1})", "not JSON: unexpected '1' at byte 5"},
        {"{1:2}", "not JSON: unexpected '1' at byte 1"},
        {"{'a':1}", "not JSON: unexpected ''' at byte 1"},
        {"+1", "not JSON: unexpected '+' at byte 0"},
        {".5", "not JSON: unexpected '.' at byte 0"},
        {"[1.]", "not JSON: unexpected ']' at byte 3"},
        {"[-]", "not JSON: unexpected ']' at byte 2"},
        {"[1e+]", "not JSON: unexpected ']' at byte 4"},
        {"NaN", "not JSON: unexpected 'N' at byte 0"},
        {"Infinity", "not JSON: unexpected 'I' at byte 0"},
        {"True", "not JSON: unexpected 'T' at byte 0"},
        {"// comment\n1", "not JSON: unexpected '/' at byte 0"},
        {"user=1&x=2", "not JSON: unexpected 'u' at byte 0"},
        {"<order/>", "not JSON: unexpected '<' at byte 0"},
        {R"("\x41")", "not JSON: unexpected 'x' at byte 2"},
        {R"("\u12g4 and more text")", "not JSON: \\u without four hexadecimal digits at byte 4"},
        {"\xef\xbb\xbf{}", "not JSON: a byte order mark at byte 0"},
        {"\"a\nb\"", "not JSON: unexpected byte 0x0A at byte 2"},
        {std::string_view("\"a\0b\"", 5), "not JSON: unexpected byte 0x00 at byte 2"},
        {std::string_view("\0", 1), "not JSON: unexpected byte 0x00 at byte 0"},
    };
    for (const auto& [text, detail] : cases) {
        const auto value = parse_json(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().detail, detail) << text;
        EXPECT_FALSE(value.error().too_large) << text;
    }
}

TEST(ParseJson, refuses_every_beginning_of_a_document) {
    const std::string document = R"({"a":[1.5e3,"\u00e9x",true],"b":{"c":null}})";
    ASSERT_TRUE(parse_json(document));
    for (std::size_t size = 0; size < document.size(); ++size) {
        EXPECT_FALSE(parse_json(std::string_view(document).substr(0, size))) << size;
    }
}

TEST(ParseJson, refuses_bad_utf8) {
    for (const std::string_view bytes :
         {"\xff", "\xc3", "\xc3(", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf",
          "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\x80", "\xfe"}) {
        for (const std::string& text :
             {"\"" + std::string(bytes) + "\"", "\"" + std::string(bytes) + " and some more text\"",
              "\"\\n" + std::string(bytes) + "\"", "{\"" + std::string(bytes) + "\":1}"}) {
            const auto value = parse_json(text);
            ASSERT_FALSE(value) << text;
            EXPECT_THAT(value.error().detail, HasSubstr("UTF-8")) << text;
        }
    }
}

TEST(ParseJson, takes_utf8_up_to_its_ends) {
    for (const std::string text :
         {"\"\xc2\x80\"", "\"\xdf\xbf\"", "\"\xe0\xa0\x80\"", "\"\xed\x9f\xbf\"", "\"\xee\x80\x80\"",
          "\"\xef\xbf\xbf\"", "\"\xf0\x90\x80\x80\"", "\"\xf4\x8f\xbf\xbf\""}) {
        EXPECT_EQ(rendered(text), text);
    }
}

TEST(ParseJson, refuses_half_a_surrogate_pair) {
    for (const auto* text :
         {R"("\ud800")", R"("\uD800 and some more text")", R"("\udc00")", R"("\udfff and some more text")",
          R"("\ud800\u0041")", R"("\ud800\u0041 and some more text")", R"("\ud800\ud800 and some more")",
          R"("\udbffx")", R"({"\ud800":1})", R"("\ude00\ud83d")"}) {
        const auto value = parse_json(text);
        ASSERT_FALSE(value) << text;
        EXPECT_THAT(value.error().detail, HasSubstr("surrogate")) << text;
    }
    for (const auto* text : {R"("\ud800\n")", R"("\ud800\n and some more text")"}) {
        EXPECT_FALSE(parse_json(text)) << text;
    }
}

TEST(ParseJson, refuses_u0000) {
    for (const auto* text :
         {R"("\u0000")", R"("a\u0000b and some more text")", R"({"a":{"k\u0000":1}})", R"(["\u0000"])"}) {
        const auto value = parse_json(text);
        ASSERT_FALSE(value) << text;
        EXPECT_THAT(value.error().detail, HasSubstr("U+0000")) << text;
    }
    EXPECT_EQ(rendered(R"("\u0001")"), R"("\u0001")");
}

TEST(ParseJson, refuses_a_key_that_is_there_twice) {
    for (const auto* text : {R"({"a":1,"a":1})", R"({"x":{"a":1,"b":2,"a":3}})", R"([{"a":1,"\u0061":2}])",
                             R"({"a":{},"b":[],"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"a":1})"}) {
        const auto value = parse_json(text);
        ASSERT_FALSE(value) << text;
        EXPECT_THAT(value.error().detail, HasSubstr(R"(the key "a" is there twice)")) << text;
    }
    EXPECT_THAT(rendered(R"({"":1,"":2})"), HasSubstr(R"(the key "" is there twice)"));
    EXPECT_EQ(rendered(R"({"a":1,"b":1,"c":{"a":{"a":1}}})"), R"({"a":1,"b":1,"c":{"a":{"a":1}}})");
    EXPECT_EQ(rendered(R"({"a":1,"A":2})"), R"({"a":1,"A":2})");

    const std::string long_key = "\"" + std::string(5000, 'k') + "\":1";
    EXPECT_EQ(rendered("{" + long_key + "," + long_key + "}"),
              "the key of 5000 bytes is there twice in the object that ends at byte 10010");
}

TEST(ParseJson, writes_numbers_out_exactly) {
    EXPECT_EQ(rendered("[-0,-0.0,1e2,1.50,1E-2,1.5e1,150e-1,12345678901234567890.12]"),
              "[0,0.0,100,1.50,0.01,15,15.0,12345678901234567890.12]");
    EXPECT_EQ(rendered("[9223372036854775807,9223372036854775808,-9223372036854775808,-9223372036854775809]"),
              "[9223372036854775807,9223372036854775808,-9223372036854775808,-9223372036854775809]");
    EXPECT_EQ(rendered("[18446744073709551616,0.1,0.30000000000000004]"),
              "[18446744073709551616,0.1,0.30000000000000004]");
}

TEST(RenderJson, escapes_only_what_it_must) {
    std::string out = ">";
    append_json_string(out, std::string_view("\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9", 13));
    EXPECT_EQ(out, ">\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\"");
}

TEST(RenderJson, renders_values_made_by_hand) {
    Json::Object object;
    object.emplace_back("list", Json(Json::Array{Json(), Json(true), Json(Json::Number{"1.50"})}));
    object.emplace_back("text", Json(std::string("a\"b")));
    EXPECT_EQ(render_json(Json(std::move(object))), R"({"list":[null,true,1.50],"text":"a\"b"})");
    EXPECT_EQ(render_json(Json()), "null");
}

TEST(CanonicalJson, is_the_same_for_equal_documents) {
    const std::string canonical = R"({"a":[1,0,100,1.5],"b":{"c":null,"d":"é"}})";
    for (const auto* text : {R"({"a":[1,0,100,1.5],"b":{"c":null,"d":"é"}})",
                             R"({ "b" : {"d":"\u00e9","c":null},"a":[1.0,-0.00,1e2,1.50] })",
                             R"({"b":{"d":"é","c":null},"a":[1,0e7,100.00,15e-1]})"}) {
        EXPECT_EQ(canonical_json(parsed(text)), canonical) << text;
    }
}

TEST(CanonicalJson, differs_for_different_documents) {
    for (const auto& [a, b] :
         {std::pair{"[1,2]", "[2,1]"}, std::pair{"1", "\"1\""}, std::pair{"null", "{}"}, std::pair{"[]", "{}"},
          std::pair{R"({"a":null})", "{}"}, std::pair{"1.5", "1.50000000000000000000001"}, std::pair{"100", "10"},
          std::pair{"-1", "1"}, std::pair{R"(["a","b"])", R"(["a\",\"b"])"}}) {
        EXPECT_NE(canonical_json(parsed(a)), canonical_json(parsed(b))) << a << " " << b;
    }
}

TEST(Json, finds_what_is_given) {
    Json value = parsed(R"({"nothing":null,"something":1})");
    EXPECT_NE(value.find("nothing"), nullptr);
    EXPECT_EQ(value.find_given("nothing"), nullptr);
    EXPECT_NE(value.find_given("something"), nullptr);
    EXPECT_EQ(value.find_given("other"), nullptr);
    EXPECT_EQ(parsed("[1]").find("0"), nullptr);

    *value.find("nothing") = Json(true);
    EXPECT_EQ(render_json(value), R"({"nothing":true,"something":1})");
}

}  // namespace
}  // namespace orderstream::documents
