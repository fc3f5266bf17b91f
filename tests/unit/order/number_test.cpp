#include "order/number.h"

#include <gtest/gtest.h>

#include <utility>

namespace orderstream::order {
namespace {

std::string written_out(std::string_view text) {
    const auto number = scan_number(text);
    if (!number) return "no number";
    if (!is_within_limits(*number)) return "past the limits";
    std::string out;
    append_written_out(out, *number);
    return out;
}

TEST(Number, is_taken_apart_by_the_grammar_of_json) {
    const auto number = scan_number("-120.0350e-07");
    ASSERT_TRUE(number);
    EXPECT_TRUE(number->negative);
    EXPECT_EQ(number->whole, "120");
    EXPECT_EQ(number->fraction, "0350");
    EXPECT_TRUE(number->has_exponent);
    EXPECT_EQ(number->exponent, -7);
}

TEST(Number, of_an_endless_exponent_is_a_billion) {
    EXPECT_EQ(scan_number("1e" + std::string(1000, '9'))->exponent, 1'000'000'000);
    EXPECT_EQ(scan_number("1e-" + std::string(1000, '9'))->exponent, -1'000'000'000);
    EXPECT_EQ(scan_number("1e" + std::string(1000, '0') + "5")->exponent, 5);
}

TEST(Number, is_not_guessed) {
    for (const auto* text :
         {"",   "-",  "+1", "01",   "-01",   "00",  ".5",  "1.",       "1.e2", "1e",    "1e+", "e5",
          "1 ", " 1", "1a", "0x10", "1_000", "1,5", "NaN", "Infinity", "--1",  "1e5.5", "1-",  "\xd9\xa1"}) {
        EXPECT_EQ(scan_number(text), std::nullopt) << text;
    }
}

TEST(Number, is_written_out_exactly) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"-0.0", "0.0"},
        {"-0.00e5", "0"},
        {"0e-999999999999", "0"},
        {"0e999999999999", "0"},
        {"1", "1"},
        {"-1", "-1"},
        {"1.50", "1.50"},
        {"1e2", "100"},
        {"1E+2", "100"},
        {"-1e2", "-100"},
        {"1.5e1", "15"},
        {"1.50e1", "15.0"},
        {"1.50e2", "150"},
        {"1.5e2", "150"},
        {"150e-1", "15.0"},
        {"100e-2", "1.00"},
        {"1E-2", "0.01"},
        {"12e-2", "0.12"},
        {"12e-3", "0.012"},
        {"123.456e1", "1234.56"},
        {"123.456e-1", "12.3456"},
        {"123.456e-3", "0.123456"},
        {"123.456e-5", "0.00123456"},
        {"0.001e2", "0.1"},
        {"0.001e3", "1"},
        {"0.0010e3", "1.0"},
        {"0.001e5", "100"},
        {"1e0", "1"},
        {"12345678901234567890.12", "12345678901234567890.12"},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(written_out(text), expected) << text;
    }
}

TEST(Number, has_at_most_a_hundred_digits_from_the_first_nonzero_to_the_last) {
    const std::string hundred(100, '7');
    EXPECT_EQ(written_out(hundred), hundred);
    EXPECT_EQ(written_out("-" + hundred), "-" + hundred);
    EXPECT_EQ(written_out("0." + hundred), "0." + hundred);
    EXPECT_EQ(written_out("0.000" + hundred), "0.000" + hundred);
    EXPECT_EQ(written_out(hundred + ".000"), hundred + ".000");
    EXPECT_EQ(written_out(hundred + "7"), "past the limits");
    EXPECT_EQ(written_out(hundred + ".7"), "past the limits");
    EXPECT_EQ(written_out("7." + hundred), "past the limits");
    EXPECT_EQ(written_out("1" + std::string(99, '0') + "1"), "past the limits");
    EXPECT_EQ(written_out(std::string(131072, '9')), "past the limits");
}

TEST(Number, lies_within_1e308_either_way) {
    const std::string zeros(307, '0');
    EXPECT_EQ(written_out("1e308"), "1" + zeros + "0");
    EXPECT_EQ(written_out("0.01e310"), "1" + zeros + "0");
    EXPECT_EQ(written_out("1000e305"), "1" + zeros + "0");
    EXPECT_EQ(written_out("1e-308"), "0." + zeros + "1");
    EXPECT_EQ(written_out("0.001e-305"), "0." + zeros + "1");
    EXPECT_EQ(written_out("-1000e-311"), "-0." + zeros + "1000");
    for (const auto* text : {"1e309", "-1e309", "10e308", "0.1e310", "1e999", "1e131071", "1e999999999999", "1e-309",
                             "0.1e-308", "1e-999999999999"}) {
        EXPECT_EQ(written_out(text), "past the limits") << text;
    }
}

TEST(Number, that_was_written_out_can_be_written_out_again) {
    for (const auto* text : {"1e308", "9e308", "1e-308", "1.23e-300", "123e300", "-5.50e-3", "1e100", "1e101"}) {
        const std::string once = written_out(text);
        EXPECT_EQ(written_out(once), once) << text;
    }
}

TEST(Number, of_a_million_zeros_is_still_one) {
    const std::string zeros(1'000'000, '0');
    EXPECT_EQ(written_out("0." + zeros + "1e1000001"), "1");
    EXPECT_EQ(written_out("1" + zeros + "e-1000000"), "1." + zeros);
    EXPECT_EQ(written_out("0." + zeros + "e-7"), "0");
}

}  // namespace
}  // namespace orderstream::order
