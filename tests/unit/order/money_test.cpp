#include "order/money.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <utility>

#include "order/limits.h"

namespace orderstream::order {
namespace {

TEST(Money, is_written_in_its_shortest_exact_form) {
    const std::pair<std::int64_t, std::string_view> cases[] = {
        {0, "0"},
        {181700, "1817"},
        {4999, "49.99"},
        {50, "0.5"},
        {5, "0.05"},
        {1, "0.01"},
        {10, "0.1"},
        {100, "1"},
        {-1, "-0.01"},
        {-150, "-1.5"},
        {-10000, "-100"},
        {1010, "10.1"},
        {100000005, "1000000.05"},
        {limits::amount_cents_max, "9999999999999999.99"},
        {-limits::amount_cents_max, "-9999999999999999.99"},
    };
    for (const auto& [cents, text] : cases) {
        EXPECT_EQ(to_string(Money::of_cents(cents)), text);
        EXPECT_EQ(parse_money(text), Money::of_cents(cents)) << text;
    }
}

TEST(Money, is_appended_to_what_is_there) {
    std::string out = "amount: ";
    append_money(out, Money::of_cents(1250));
    EXPECT_EQ(out, "amount: 12.5");
}

TEST(Money, is_added_up_and_multiplied_exactly_or_not_at_all) {
    const Money most = Money::of_cents(limits::amount_cents_max);
    const Money least = Money::of_cents(-limits::amount_cents_max);
    const Money cent = Money::of_cents(1);
    EXPECT_EQ(plus(Money::of_cents(10), Money::of_cents(20)), Money::of_cents(30));
    EXPECT_EQ(plus(most, Money()), most);
    EXPECT_EQ(plus(most, cent), std::nullopt);
    EXPECT_EQ(plus(most, most), std::nullopt);
    EXPECT_EQ(plus(most, least), Money());
    EXPECT_EQ(plus(least, Money::of_cents(-1)), std::nullopt);

    EXPECT_EQ(times(Money::of_cents(4999), 3), Money::of_cents(14997));
    EXPECT_EQ(times(Money::of_cents(-4999), 3), Money::of_cents(-14997));
    EXPECT_EQ(times(most, 1), most);
    EXPECT_EQ(times(most, -1), least);
    EXPECT_EQ(times(most, 0), Money());
    EXPECT_EQ(times(most, 2), std::nullopt);
    EXPECT_EQ(times(most, std::numeric_limits<std::int32_t>::max()), std::nullopt);
    EXPECT_EQ(times(least, std::numeric_limits<std::int32_t>::max()), std::nullopt);
    EXPECT_EQ(times(Money::of_cents(1'000'000'000), 1'000'000'000), std::nullopt);
    EXPECT_EQ(times(cent, std::numeric_limits<std::int32_t>::max()), Money::of_cents(2'147'483'647));
}

TEST(Money, is_read_as_a_database_prints_it) {
    EXPECT_EQ(parse_money("49.90"), Money::of_cents(4990));
    EXPECT_EQ(parse_money("0.00"), Money());
    EXPECT_EQ(parse_money("-0.50"), Money::of_cents(-50));
    EXPECT_EQ(parse_money("1817.00"), Money::of_cents(181700));
}

TEST(Money, is_not_guessed) {
    for (const auto* text : {"",
                             "-",
                             ".",
                             "1.",
                             ".5",
                             "-.5",
                             "01",
                             "00",
                             "+1",
                             " 1",
                             "1 ",
                             "1.234",
                             "1e2",
                             "1,5",
                             "0x1",
                             "--1",
                             "1-",
                             "1.-1",
                             "1.5.",
                             "NaN",
                             "10000000000000000",
                             "99999999999999999.00"}) {
        EXPECT_EQ(parse_money(text), std::nullopt) << text;
    }
}

TEST(Money, compares_by_value) {
    EXPECT_LT(Money::of_cents(-1), Money());
    EXPECT_LT(Money::of_cents(99), Money::of_cents(100));
    EXPECT_EQ(Money::of_cents(100), *parse_money("1"));
}

TEST(Currency, is_three_capitals) {
    for (const auto* text : {"USD", "EUR", "RUB", "XXX"}) {
        EXPECT_TRUE(is_currency(text)) << text;
    }
    for (const auto* text : {"", "US", "USDT", "usd", "U D", "US1", "ÄÖ", "€"}) {
        EXPECT_FALSE(is_currency(text)) << text;
    }
}

}  // namespace
}  // namespace orderstream::order
