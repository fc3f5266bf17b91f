#include "order/decimal.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "order/limits.h"

namespace orderstream::order {
namespace {

Decimal decimal(std::string_view text) {
    const auto parsed = Decimal::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(Decimal());
}

std::string money(const Decimal& value) {
    const auto rounded = value.to_money();
    return rounded ? to_string(*rounded) : "too much";
}

std::string money(std::string_view text) { return money(decimal(text)); }

TEST(Decimal, is_read_by_value) {
    const std::pair<std::string_view, std::string_view> equal[] = {
        {"1", "1.000"},      {"100", "1e2"},         {"0.015", "15e-3"}, {"0", "-0.00"},    {"-2.50", "-25e-1"},
        {"1e308", "10e307"}, {"1e-308", "0.1e-307"}, {"0e999999", "0"},  {"1200", "1.2e3"},
    };
    for (const auto& [a, b] : equal) {
        EXPECT_TRUE(decimal(a) == decimal(b)) << a << " and " << b;
    }
    EXPECT_FALSE(decimal("1") == decimal("1.0000000000000000000000000000000000000000000000000001"));
    EXPECT_FALSE(decimal("1") == decimal("-1"));
}

TEST(Decimal, is_not_read_past_the_limits_or_from_anything_else) {
    for (const auto* text : {"", "abc", "1e309", "1e-309", "1e131071", " 1", "1 ", "+1", "1,5", "0x1", "NaN", "1e"}) {
        EXPECT_FALSE(Decimal::parse(text)) << text;
    }
    EXPECT_TRUE(Decimal::parse(std::string(100, '9')));
    EXPECT_FALSE(Decimal::parse(std::string(101, '9')));
}

TEST(Decimal, is_rounded_half_up_to_cents) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"0", "0"},
        {"0.004", "0"},
        {"0.005", "0.01"},
        {"0.0049999999999999999999999", "0"},
        {"1.005", "1.01"},
        {"1.015", "1.02"},
        {"1.025", "1.03"},
        {"2.675", "2.68"},
        {"49.99", "49.99"},
        {"49.994", "49.99"},
        {"49.995", "50"},
        {"1e2", "100"},
        {"-0.005", "-0.01"},
        {"-1.004", "-1"},
        {"1e-308", "0"},
        {"5e-3", "0.01"},
        {"0.00500000000000000000000000000000000000001", "0.01"},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(money(text), expected) << text;
    }
}

TEST(Decimal, becomes_money_below_1e16_only) {
    EXPECT_EQ(money("9999999999999999.99"), "9999999999999999.99");
    EXPECT_EQ(money("9999999999999999.994"), "9999999999999999.99");
    EXPECT_EQ(money("9999999999999999.995"), "too much");
    EXPECT_EQ(money("1e16"), "too much");
    EXPECT_EQ(money("1e308"), "too much");
    EXPECT_EQ(money("-1e16"), "too much");
    EXPECT_EQ(money("-9999999999999999.99"), "-9999999999999999.99");
}

TEST(Decimal, knows_its_sign) {
    EXPECT_TRUE(decimal("-1e-308").is_negative());
    EXPECT_FALSE(decimal("-0").is_negative());
    EXPECT_FALSE(decimal("1e-308").is_negative());
}

TEST(Decimal, multiplies_exactly) {
    EXPECT_EQ(money(decimal("0.1") * decimal("3")), "0.3");
    EXPECT_TRUE(decimal("0.1") * decimal("0.2") == decimal("0.02"));
    EXPECT_TRUE(decimal("1e308") * decimal("1e-308") == decimal("1"));
    EXPECT_TRUE(decimal("12345678901234567890") * decimal("98765432109876543210") ==
                decimal("1219326311370217952237463801111263526900"));
    EXPECT_TRUE(decimal("-1.5") * decimal("2") == decimal("-3"));
}

TEST(DecimalSum, adds_exactly_across_scales) {
    DecimalSum sum;
    EXPECT_TRUE(sum.total() == Decimal());
    for (const auto* text : {"1e20", "0.1", "0.2", "-1e20", "1e-20", "12.70"}) {
        sum.add(decimal(text));
    }
    EXPECT_TRUE(sum.total() == decimal("13.00000000000000000001"));
}

TEST(DecimalSum, of_many_thirds_of_a_cent_is_rounded_once) {
    DecimalSum sum;
    for (int i = 0; i < 3000; ++i) {
        sum.add(decimal("0.003"));
    }
    EXPECT_EQ(money(sum.total()), "9");
}

/// Against whole numbers of 10^-6: what a schoolbook would do, in 128 bits.
TEST(DecimalSum, agrees_with_128_bit_arithmetic) {
    __extension__ using Wide = __int128;
    std::mt19937_64 random(20261121);
    const auto draw = [&](std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    const auto text_of = [](std::int64_t thousandths) {
        const std::string digits = std::to_string(thousandths < 0 ? -thousandths : thousandths);
        return (thousandths < 0 ? "-" : "") + digits + "e-3";
    };
    for (int round = 0; round < 300; ++round) {
        DecimalSum sum;
        Wide millionths = 0;
        for (std::int64_t i = draw(0, 20); i > 0; --i) {
            const std::int64_t price = draw(-1'000'000'000, 10'000'000'000);
            const std::int64_t quantity = draw(0, 10'000);
            sum.add(decimal(text_of(price)) * decimal(text_of(quantity)));
            millionths += Wide{price} * quantity;
        }
        const bool negative = millionths < 0;
        const Wide cents = ((negative ? -millionths : millionths) + 5000) / 10000;
        const auto expected = static_cast<std::int64_t>(negative ? -cents : cents);
        ASSERT_EQ(sum.total().to_money(), Money::of_cents(expected)) << "round " << round;
        ASSERT_EQ(sum.total().is_negative(), negative);
    }
}

/// Against rational numbers, which know no scale.
TEST(DecimalSum, agrees_with_rational_arithmetic_anywhere_within_the_limits) {
    using Rational = boost::multiprecision::cpp_rational;
    using Integer = boost::multiprecision::cpp_int;
    std::mt19937_64 random(42);
    const auto draw = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };

    for (int round = 0; round < 200; ++round) {
        DecimalSum sum;
        Rational expected = 0;
        for (int i = draw(1, 8); i > 0; --i) {
            std::string digits(1, static_cast<char>('0' + draw(1, 9)));
            for (int more = draw(0, 99); more > 0; --more) {
                digits += static_cast<char>('0' + draw(0, 9));
            }
            const int exponent = draw(-308, 308) - static_cast<int>(digits.size()) + 1;
            const bool negative = draw(0, 1) == 1;
            sum.add(decimal((negative ? "-" : "") + digits + "e" + std::to_string(exponent)));

            const Integer power = boost::multiprecision::pow(Integer(10), static_cast<unsigned>(std::abs(exponent)));
            const Rational value = exponent < 0 ? Rational(Integer(digits), power) : Rational(Integer(digits) * power);
            expected += negative ? Rational(-value) : value;
        }
        const Decimal total = sum.total();
        ASSERT_EQ(total.is_negative(), expected < 0) << "round " << round;
        const Rational cents = abs(expected) * 100 + Rational(1, 2);
        const Integer rounded = numerator(cents) / denominator(cents);
        const auto got = total.to_money();
        ASSERT_EQ(got.has_value(), rounded <= limits::amount_cents_max) << "round " << round;
        if (!got) continue;
        ASSERT_EQ(abs(Integer(got->cents())), rounded) << "round " << round;
    }
}

}  // namespace
}  // namespace orderstream::order
