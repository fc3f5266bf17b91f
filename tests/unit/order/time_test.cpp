#include "order/time.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>

namespace orderstream::order {
namespace {

using namespace std::chrono;

Time at(sys_days day, microseconds within = {}) { return Time(day) + within; }

TEST(Rfc3339, has_six_decimals_and_a_z) {
    EXPECT_EQ(to_rfc3339(Time{}), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(to_rfc3339(at(2026y / 1 / 31, 24h - 1s + 1us)), "2026-01-31T23:59:59.000001Z");
    EXPECT_EQ(to_rfc3339(at(2024y / 2 / 29, 12h + 34min + 56s + 789012us)), "2024-02-29T12:34:56.789012Z");
    EXPECT_EQ(to_rfc3339(at(1969y / 12 / 31, 24h - 1us)), "1969-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, is_appended_to_what_is_there) {
    std::string out = "at ";
    append_rfc3339(out, Time{});
    EXPECT_EQ(out, "at 1970-01-01T00:00:00.000000Z");
}

TEST(Rfc3339, keeps_to_years_of_four_digits) {
    EXPECT_EQ(to_rfc3339(Time::max()), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_rfc3339(Time::min()), "0000-01-01T00:00:00.000000Z");
}

TEST(Rfc3339, is_read_in_all_its_forms) {
    const Time noon = at(2026y / 1 / 31, 12h);
    const std::pair<std::string_view, Time> cases[] = {
        {"2026-01-31T12:00:00Z", noon},
        {"2026-01-31t12:00:00z", noon},
        {"2026-01-31 12:00:00Z", noon},
        {"2026-01-31T12:00:00.0Z", noon},
        {"2026-01-31T15:00:00+03:00", noon},
        {"2026-01-31T12:00:00-00:00", noon},
        {"2026-01-31T06:30:00-05:30", noon},
        {"2026-02-01T11:59:00+23:59", noon},
        {"2026-01-31T12:00:00.5Z", noon + 500ms},
        {"2026-01-31T12:00:00.123456Z", noon + 123456us},
        {"2026-01-31T12:00:00.123456999999999999999999Z", noon + 123456us},
        {"2026-01-31T12:00:00.000001+00:00", noon + 1us},
        {"0000-01-01T00:00:00Z", at(0y / 1 / 1)},
        {"9999-12-31T23:59:59Z", at(9999y / 12 / 31, 24h - 1s)},
        {"2024-02-29T00:00:00Z", at(2024y / 2 / 29)},
        {"1990-12-31T23:59:60Z", at(1991y / 1 / 1)},
        {"1990-12-31T15:59:60-08:00", at(1991y / 1 / 1)},
    };
    for (const auto& [text, time] : cases) {
        EXPECT_EQ(parse_rfc3339(text), time) << text;
    }
}

TEST(Rfc3339, is_not_guessed) {
    for (const auto* text : {"",
                             "2026",
                             "2026-01-31",
                             "2026-01-31T12:00Z",
                             "2026-01-31T12:00:00",
                             "2026-01-31T12:00:00.Z",
                             "2026-01-31T12:00:00,5Z",
                             "2026-01-31T12:00:00+3",
                             "2026-01-31T12:00:00+0300",
                             "2026-01-31T12:00:00+03:0",
                             "2026-01-31T12:00:00+24:00",
                             "2026-01-31T12:00:00+00:60",
                             "2026-01-31T12:00:00 Z",
                             "2026-01-31T12:00:00ZZ",
                             " 2026-01-31T12:00:00Z",
                             "2026-1-31T12:00:00Z",
                             "2026-13-01T12:00:00Z",
                             "2026-00-01T12:00:00Z",
                             "2026-01-00T12:00:00Z",
                             "2026-01-32T12:00:00Z",
                             "2026-02-29T12:00:00Z",
                             "2100-02-29T12:00:00Z",
                             "2026-01-31T24:00:00Z",
                             "2026-01-31T12:60:00Z",
                             "2026-01-31T12:00:61Z",
                             "2026-01-31T12:00:60Z",
                             "-2026-01-31T12:00:00Z",
                             "20260131T120000Z",
                             "2026-01-31T12:00:00\xc3\xa9",
                             "yesterday"}) {
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
    }
}

TEST(Rfc3339, reads_back_what_it_wrote) {
    std::mt19937_64 random(7);
    std::uniform_int_distribution<std::int64_t> any(at(0y / 1 / 1).time_since_epoch().count(),
                                                    at(9999y / 12 / 31).time_since_epoch().count());
    for (int i = 0; i < 10'000; ++i) {
        const Time time{microseconds{any(random)}};
        ASSERT_EQ(parse_rfc3339(to_rfc3339(time)), time) << to_rfc3339(time);
    }
}

}  // namespace
}  // namespace orderstream::order
