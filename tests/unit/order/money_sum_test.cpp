#include "order/money_sum.h"

#include <gtest/gtest.h>

#include "order/limits.h"

namespace orderstream::order {
namespace {

MoneySum of_cents(std::int64_t cents) { return MoneySum(Money::of_cents(cents)); }

TEST(MoneySum, IsWrittenAsAnAmountIs) {
    EXPECT_EQ(to_string(MoneySum()), "0");
    EXPECT_EQ(to_string(of_cents(181'700)), "1817");
    EXPECT_EQ(to_string(of_cents(4999)), "49.99");
    EXPECT_EQ(to_string(of_cents(50)), "0.5");
    EXPECT_EQ(to_string(of_cents(5)), "0.05");
    EXPECT_EQ(to_string(of_cents(-150)), "-1.5");
}

TEST(MoneySum, GoesPastWhatOneAmountCanBe) {
    const MoneySum::Cents many = MoneySum::Cents(limits::amount_cents_max) * 1'000'000'000;
    EXPECT_EQ(to_string(MoneySum(many)), "9999999999999999990000000");
    EXPECT_EQ(MoneySum::parse("9999999999999999990000000"), MoneySum(many));
}

TEST(MoneySum, ReadsWhatItAndADatabaseWrite) {
    EXPECT_EQ(MoneySum::parse("0"), MoneySum());
    EXPECT_EQ(MoneySum::parse("49.90"), of_cents(4990));
    EXPECT_EQ(MoneySum::parse("-0.5"), of_cents(-50));
    for (const char* text : {"", "-", ".5", "1.", "1.234", "1e3", "+1", "1 ", "nan"}) {
        EXPECT_FALSE(MoneySum::parse(text)) << text;
    }
    EXPECT_FALSE(MoneySum::parse(std::string(37, '9')));
    EXPECT_TRUE(MoneySum::parse(std::string(36, '9')));
}

TEST(MoneySum, AverageIsRoundedHalfUp) {
    EXPECT_EQ(of_cents(10).average(4), of_cents(3));    // 2.5
    EXPECT_EQ(of_cents(9).average(4), of_cents(2));     // 2.25
    EXPECT_EQ(of_cents(11).average(4), of_cents(3));    // 2.75
    EXPECT_EQ(of_cents(-10).average(4), of_cents(-3));  // -2.5
    EXPECT_EQ(of_cents(-9).average(4), of_cents(-2));
    EXPECT_EQ(of_cents(0).average(3), MoneySum());
    EXPECT_EQ(of_cents(14'997).average(1), of_cents(14'997));
}

}  // namespace
}  // namespace orderstream::order
