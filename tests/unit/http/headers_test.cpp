#include "http/headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace orderstream::http {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Prefer, KnowsTwoPreferences) {
    EXPECT_TRUE(parse_prefer("respond-async").respond_async);
    EXPECT_FALSE(parse_prefer("respond-async").wait.has_value());
    EXPECT_EQ(parse_prefer("wait=5").wait, seconds(5));
    EXPECT_EQ(parse_prefer("wait=0").wait, seconds(0));
    const Preferences both = parse_prefer("respond-async, wait=100, handling=lenient");
    EXPECT_TRUE(both.respond_async);
    EXPECT_EQ(both.wait, seconds(100));
}

TEST(Prefer, ReadsTheWholeSyntax) {
    EXPECT_EQ(parse_prefer("  Wait = \"7\" ; strict=yes ,").wait, seconds(7));
    EXPECT_EQ(parse_prefer("foo=\"a, wait=3\", WAIT=4").wait, seconds(4));
    EXPECT_TRUE(parse_prefer("foo; bar=\"x;y\", RESPOND-ASYNC; a").respond_async);
    EXPECT_TRUE(parse_prefer("respond-async=\"\"").respond_async);
}

TEST(Prefer, TheFirstOfAKindCounts) { EXPECT_EQ(parse_prefer("wait=1, wait=2").wait, seconds(1)); }

TEST(Prefer, IgnoresWhatItDoesNotUnderstand) {
    for (const char* value : {"", ",,,", "wait", "wait=", "wait=abc", "wait=-1", "wait=1.5", "wait 5", "wait=\"5", "=5",
                              "respond-asynchronously", "wait=5 6", "respond-async=no", "(wait=3)"}) {
        const Preferences preferences = parse_prefer(value);
        EXPECT_FALSE(preferences.respond_async) << value;
        EXPECT_FALSE(preferences.wait.has_value()) << value;
    }
    EXPECT_EQ(parse_prefer("wait=99999999999999999999").wait, seconds(1'000'000)) << "bounded, not overflown";
}

TEST(Waiting, PreferencesOnlyShortenIt) {
    const auto expect = [](std::string_view prefer, int ack_timeout_s, int wait_s, std::string_view applied) {
        const Waiting waiting = waiting_for(parse_prefer(prefer), seconds(ack_timeout_s));
        EXPECT_EQ(waiting.wait, seconds(wait_s)) << prefer;
        EXPECT_EQ(waiting.preference_applied, applied) << prefer;
    };
    expect("", 30, 30, "");
    expect("wait=5", 30, 5, "wait=5");
    expect("wait=0", 30, 0, "wait=0");
    expect("wait=31", 30, 30, "");
    expect("respond-async", 30, 0, "respond-async");
    expect("respond-async, wait=5", 30, 5, "wait=5");
    expect("wait=5", 0, 0, "");
    expect("respond-async", 0, 0, "respond-async");
}

TEST(Waiting, WhereAnswersComeOnceStoredItIsAskedFor) {
    const auto expect = [](std::string_view prefer, int ack_timeout_s, int wait_s, std::string_view applied) {
        const Waiting waiting = waiting_if_asked(parse_prefer(prefer), seconds(ack_timeout_s));
        EXPECT_EQ(waiting.wait, seconds(wait_s)) << prefer;
        EXPECT_EQ(waiting.preference_applied, applied) << prefer;
    };
    expect("", 30, 0, "");
    expect("respond-async", 30, 0, "");
    expect("wait=5", 30, 5, "wait=5");
    expect("wait=0", 30, 0, "wait=0");
    expect("wait=31", 30, 30, "");
    expect("wait=5", 0, 0, "");
}

TEST(IfMatch, ReadsTagsThatAreVersions) {
    EXPECT_THAT(parse_if_match("\"3\"")->versions, ElementsAre(3));
    EXPECT_THAT(parse_if_match(" \"1\" ,, \"22\",\"1\" ")->versions, ElementsAre(1, 22));
    EXPECT_TRUE(parse_if_match("*")->any);
    EXPECT_TRUE(parse_if_match(" * ")->any);
}

TEST(IfMatch, WeakAndForeignTagsMatchNothing) {
    for (const char* value : {"W/\"3\"", "\"\"", "\"abc\"", "\"03\"", "\"+3\"", "\"-3\"", "\"3.0\"", "\"99999999999\"",
                              "\"0\"", "\"\xc3\xa4\""}) {
        const auto parsed = parse_if_match(value);
        ASSERT_TRUE(parsed.has_value()) << value;
        EXPECT_FALSE(parsed->any) << value;
        EXPECT_THAT(parsed->versions, IsEmpty()) << value;
    }
    EXPECT_THAT(parse_if_match("W/\"1\", \"2\"")->versions, ElementsAre(2));
}

TEST(IfMatch, RefusesWhatIsNoListOfTags) {
    for (const char* value : {"", " ", ",", "3", "\"3", "3\"", "\"1\" \"2\"", "*, \"1\"", "\"1\", *", "w/\"1\"",
                              "W/ \"1\"", "\"a b\"", "\"1\";x"}) {
        EXPECT_FALSE(parse_if_match(value).has_value()) << value;
    }
}

TEST(ContentType, TakesJson) {
    for (const char* value : {"", "application/json", "Application/JSON", "application/json; charset=utf-8",
                              "application/json;charset=\"UTF-8\"", "application/json ; charset=Utf-8 ; x=y",
                              "application/vnd.shop.order+json", "application/merge-patch+JSON", "application/json;"}) {
        EXPECT_TRUE(is_json(value)) << value;
    }
}

TEST(ContentType, TakesNothingElse) {
    for (const char* value :
         {"text/plain", "text/json", "application/xml", "application/jsonp", "application/+json", "application",
          "application/", "json", "application/json; charset=latin1", "application/json, text/plain",
          "application/x-www-form-urlencoded", "application/json; =x", "application/json x"}) {
        EXPECT_FALSE(is_json(value)) << value;
    }
}

TEST(Traceparent, IsOfVersionZeroWithIdsThatAreNotZero) {
    const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    EXPECT_TRUE(is_traceparent(good));
    EXPECT_TRUE(is_traceparent("00-00000000000000000000000000000001-8000000000000000-00"));
    EXPECT_TRUE(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff"));
    for (const std::string& bad : {
             std::string(),
             std::string("00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
             std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"),
             std::string("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
             std::string("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
             std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
             std::string("00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"),
             std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x"),
             std::string("00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01"),
             good.substr(1),
             good.substr(0, good.size() - 1),
             good + "0",
             good + "-00",
             " " + good,
             good + ", " + good,
         }) {
        EXPECT_FALSE(is_traceparent(bad)) << bad;
    }
}

TEST(RequestId, MustBeHarmless) {
    EXPECT_TRUE(is_sane_request_id("0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071"));
    EXPECT_TRUE(is_sane_request_id("a.b_c:d~e/f+g=h@i"));
    EXPECT_TRUE(is_sane_request_id(std::string(128, 'a')));
    EXPECT_FALSE(is_sane_request_id(""));
    EXPECT_FALSE(is_sane_request_id(std::string(129, 'a')));
    for (const char* value : {"a b", "a\"b", "a\tb", "a\r\nX: y", "<a>", "\xc3\xa4", "a,b", "{}", "a%20"}) {
        EXPECT_FALSE(is_sane_request_id(value)) << value;
    }
}

}  // namespace
}  // namespace orderstream::http
