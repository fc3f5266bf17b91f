#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "documents/json.h"
#include "order/limits.h"

namespace orderstream::documents {
namespace {

using testing::HasSubstr;
namespace limits = order::limits;

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

std::string nested_arrays(int depth) { return repeated("[", depth) + repeated("]", depth); }

std::string nested_objects(int depth) { return repeated(R"({"a":)", depth) + "1" + repeated("}", depth); }

/// As many copies of `element` as a body holds, as one array.
std::string full_array_of(std::string_view element) {
    const int times = static_cast<int>((limits::body_bytes - 2) / (element.size() + 1));
    std::string text = "[" + repeated(std::string(element) + ",", times);
    text.back() = ']';
    return text;
}

JsonError error_of(std::string_view text) {
    const auto value = parse_json(text);
    EXPECT_FALSE(value);
    return value ? JsonError{} : value.error();
}

TEST(JsonLimits, nesting_is_64) {
    EXPECT_TRUE(parse_json(nested_arrays(64)));
    EXPECT_TRUE(parse_json(nested_objects(64)));
    for (const int depth : {65, 1000, 500'000}) {
        EXPECT_THAT(error_of(nested_arrays(depth)).detail, HasSubstr("nested deeper than 64 levels"));
    }
    EXPECT_THAT(error_of(nested_objects(65)).detail, HasSubstr("nested deeper than 64 levels at byte"));
    EXPECT_THAT(error_of(repeated("[", 1'000'000)).detail, HasSubstr("nested deeper"));
}

TEST(JsonLimits, a_number_has_a_hundred_digits_within_1e308) {
    EXPECT_TRUE(parse_json(std::string(100, '9')));
    EXPECT_TRUE(parse_json("1e308"));
    EXPECT_TRUE(parse_json("1E-308"));
    for (const std::string& text :
         {std::string(101, '9'), std::string("1e999"), std::string("-1e309"), std::string("1e-309"),
          std::string("1e131071"), std::string("1e99999999999"), std::string("1e-99999999999"),
          "0." + std::string(101, '1'), std::string(131072, '9')}) {
        const JsonError error = error_of("[" + text + "]");
        EXPECT_THAT(error.detail, HasSubstr("1e±308")) << text.substr(0, 20);
        EXPECT_FALSE(error.too_large) << text.substr(0, 20);
    }
}

TEST(JsonLimits, nine_thousand_huge_numbers_are_refused_at_the_first) {
    const JsonError error = error_of("[" + repeated("1e131071,", 9000) + "0]");
    EXPECT_THAT(error.detail, HasSubstr("1e±308"));
    EXPECT_THAT(error.detail, HasSubstr("at byte 9"));
}

TEST(JsonLimits, a_text_is_at_most_a_mebibyte) {
    const std::string full = "\"" + std::string(limits::body_bytes - 2, 'x') + "\"";
    EXPECT_TRUE(parse_json(full));
    EXPECT_TRUE(error_of(full + " ").too_large);
    EXPECT_TRUE(error_of(std::string(2 * limits::body_bytes, ' ')).too_large);
}

TEST(JsonLimits, numbers_written_out_count) {
    // 1e300 takes 301 bytes written out: 296 more than it arrived with.
    const int fits = static_cast<int>((limits::body_bytes - 2) / 302);
    EXPECT_TRUE(parse_json("[" + repeated("1e300,", fits - 1) + "1e300]"));
    for (const int times : {fits + 1, 9000, 170'000}) {
        const JsonError error = error_of("[" + repeated("1e300,", times) + "0]");
        EXPECT_TRUE(error.too_large) << times;
        EXPECT_THAT(error.detail, HasSubstr("larger than 1048576 bytes with its numbers written out"));
    }
}

TEST(JsonLimits, what_was_written_out_is_taken_again) {
    const auto once = parse_json("[1e308,1e-308,-9.99e-300,123e300]");
    ASSERT_TRUE(once);
    const auto twice = parse_json(render_json(*once));
    ASSERT_TRUE(twice) << twice.error().detail;
    EXPECT_EQ(render_json(*twice), render_json(*once));
}

/// The worst documents of a mebibyte take milliseconds; quadratic code would take minutes. The bound is loose enough
/// for a sanitizer on a busy machine.
class JsonCost : public testing::TestWithParam<std::pair<const char*, std::string (*)()>> {};

TEST_P(JsonCost, is_bounded) {
    const std::string text = GetParam().second();
    ASSERT_LE(text.size(), limits::body_bytes);
    const auto start = std::chrono::steady_clock::now();
    const auto value = parse_json(text);
    const auto canonical = value ? canonical_json(*value) : "";
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

std::string object_with_keys(const std::string& prefix, int keys) {
    std::string text = "{";
    for (int i = 0; i < keys; ++i) {
        text += "\"" + prefix + std::to_string(i) + "\":1,";
    }
    text.back() = '}';
    return text;
}

INSTANTIATE_TEST_SUITE_P(
    Of, JsonCost,
    testing::Values(std::pair{"fifty_thousand_keys", +[] { return object_with_keys("key", 50'000); }},
                    std::pair{"keys_with_a_long_common_prefix",
                              +[] { return object_with_keys(std::string(1000, 'k'), 1000); }},
                    std::pair{"zeros", +[] { return full_array_of("0"); }},
                    std::pair{"empty_objects", +[] { return full_array_of("{}"); }},
                    std::pair{"deep_arrays", +[] { return full_array_of(nested_arrays(63)); }},
                    std::pair{"long_numbers", +[] { return full_array_of(std::string(100, '9')); }},
                    std::pair{"tiny_numbers", +[] { return full_array_of("1e-308"); }},
                    std::pair{"escapes", +[] { return "\"" + repeated("\\u0041", 170'000) + "\""; }}),
    [](const auto& param) { return param.param.first; });

TEST(JsonLimits, fifty_thousand_keys_are_taken_and_the_last_may_not_repeat_the_first) {
    EXPECT_TRUE(parse_json(object_with_keys("k", 50'000)));
    std::string twice = object_with_keys("k", 50'000);
    twice.back() = ',';
    EXPECT_THAT(error_of(twice + "\"k0\":1}").detail, HasSubstr(R"(the key "k0" is there twice)"));
}

}  // namespace
}  // namespace orderstream::documents
