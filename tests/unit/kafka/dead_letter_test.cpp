#include "kafka/dead_letter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "order/limits.h"

namespace orderstream::kafka {
namespace {

using testing::ElementsAre;

const order::Time noon{std::chrono::seconds(1'700'000'000)};

TEST(DeadLetter, keeps_the_message_and_says_what_happened) {
    const Message letter = make_dead_letter({.key = "k", .value = "{", .headers = {{"x-request-id", "r"}}},
                                            Origin{"orders.events", 2, 41}, "not JSON", 1, noon);
    EXPECT_EQ(letter.key, "k");
    EXPECT_EQ(letter.value, "{");
    EXPECT_THAT(letter.headers,
                ElementsAre(Header{"x-request-id", "r"}, Header{"error", "not JSON"}, Header{"attempts", "1"},
                            Header{"replays", "0"}, Header{"original-topic", "orders.events"},
                            Header{"original-partition", "2"}, Header{"original-offset", "41"},
                            Header{"failed-at", "2023-11-14T22:13:20.000000Z"}));
}

TEST(DeadLetter, a_replayed_message_keeps_its_count_and_nothing_else_of_its_last_death) {
    const Message letter = make_dead_letter(
        {.key = {}, .value = "v", .headers = {{"error", "old"}, {"replays", "2"}, {"attempts", "9"}, {"a", "b"}}},
        std::nullopt, "new", 3, noon);
    EXPECT_THAT(letter.headers,
                ElementsAre(Header{"a", "b"}, Header{"error", "new"}, Header{"attempts", "3"}, Header{"replays", "2"},
                            Header{"failed-at", "2023-11-14T22:13:20.000000Z"}));
}

TEST(DeadLetter, its_error_is_bounded_and_valid) {
    const Message letter = make_dead_letter({}, std::nullopt, std::string(10'000, 'e') + "\xff", 1, noon);
    EXPECT_EQ(letter.headers[0].value, std::string(order::limits::dead_letter_error_bytes, 'e'));
}

TEST(ValidUtf8, good_text_stays) { EXPECT_EQ(valid_utf8("aä€𐍈", 100), "aä€𐍈"); }

TEST(ValidUtf8, a_character_is_not_cut) {
    EXPECT_EQ(valid_utf8("aä€𐍈", 9), "aä€");
    EXPECT_EQ(valid_utf8("aä€𐍈", 5), "aä");
    EXPECT_EQ(valid_utf8("aä", 2), "a");
    EXPECT_EQ(valid_utf8("a", 0), "");
}

TEST(ValidUtf8, other_bytes_are_replaced) {
    EXPECT_EQ(valid_utf8("a\xff"
                         "b",
                         100),
              "a\xef\xbf\xbd"
              "b");
    EXPECT_EQ(valid_utf8("\xc0\xaf", 100), "\xef\xbf\xbd\xef\xbf\xbd");                  // overlong
    EXPECT_EQ(valid_utf8("\xed\xa0\x80", 100), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // a surrogate
    EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80", 4), "\xef\xbf\xbd");                        // past U+10FFFF
    EXPECT_EQ(valid_utf8("\xe2\x82", 100), "\xef\xbf\xbd\xef\xbf\xbd");                  // cut off
}

}  // namespace
}  // namespace orderstream::kafka
