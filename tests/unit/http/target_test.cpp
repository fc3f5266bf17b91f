#include "http/target.h"

#include <gtest/gtest.h>

namespace orderstream::http {
namespace {

TEST(Target, SplitsEveryForm) {
    const auto expect = [](std::string_view text, std::string_view path, std::string_view query) {
        const auto target = split_target(text);
        ASSERT_TRUE(target.has_value()) << text;
        EXPECT_EQ(target->path, path) << text;
        EXPECT_EQ(target->query, query) << text;
    };
    expect("/", "/", "");
    expect("/a/b?c=d&e", "/a/b", "c=d&e");
    expect("/a?b?c", "/a", "b?c");
    expect("/a?", "/a", "");
    expect("http://example.org/a?b", "/a", "b");
    expect("http://example.org:80", "/", "");
    expect("http://example.org?b", "/", "b");
    expect("*", "*", "");
}

TEST(Target, RefusesWhatIsNone) {
    for (const char* text : {"", "a", "a/b", "http:///a", "://a", "/a#b", "example.org:443", "?a"}) {
        EXPECT_FALSE(split_target(text).has_value()) << text;
    }
}

TEST(PercentDecode, Decodes) {
    EXPECT_EQ(percent_decode("a%2Fb%2fc"), "a/b/c");
    EXPECT_EQ(percent_decode("%C3%A4+"), "\xc3\xa4+");
    EXPECT_EQ(percent_decode("a+b%2B", true), "a b+");
    EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
    EXPECT_EQ(percent_decode("%2525"), "%25") << "once, not twice";
    EXPECT_EQ(percent_decode(""), "");
}

TEST(PercentDecode, RefusesWhatIsIncomplete) {
    for (const char* text : {"%", "%2", "a%", "%zz", "%2g", "%%41", "% 41"}) {
        EXPECT_FALSE(percent_decode(text).has_value()) << text;
    }
}

TEST(PercentEncode, KeepsOnlyUnreservedCharacters) {
    EXPECT_EQ(percent_encode("aZ9-._~ /\xc3%"), "aZ9-._~%20%2F%C3%25");
}

TEST(CleanText, IsUtf8WithoutNul) {
    for (const char* text :
         {"", "plain", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_TRUE(is_clean_text(text)) << text;
    }
    EXPECT_FALSE(is_clean_text(std::string_view("a\0b", 3)));
    for (const char* text : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
                             "\xf4\x90\x80\x80", "\xff", "a\xe2\x82"}) {
        EXPECT_FALSE(is_clean_text(text));
    }
}

TEST(Query, FindsDecodedValues) {
    const auto query = Query::parse("user_id=a%20b+c&&limit=", {"user_id", "limit", "offset"});
    ASSERT_TRUE(query.has_value());
    ASSERT_NE(query->find("user_id"), nullptr);
    EXPECT_EQ(*query->find("user_id"), "a b c");
    ASSERT_NE(query->find("limit"), nullptr);
    EXPECT_EQ(*query->find("limit"), "");
    EXPECT_EQ(query->find("offset"), nullptr);
}

TEST(Query, NamesEverythingThatIsWrong) {
    const auto query =
        Query::parse("user=1&user_id=%zz&limit=1&limit=2&offset=%00&%3Cb", {"user_id", "limit", "offset"});
    ASSERT_FALSE(query.has_value());
    EXPECT_EQ(query.error(),
              "unknown query parameter 'user'; malformed value of query parameter 'user_id'; "
              "repeated query parameter 'limit'; malformed value of query parameter 'offset'; "
              "unknown query parameter '%3Cb'");
}

}  // namespace
}  // namespace orderstream::http
