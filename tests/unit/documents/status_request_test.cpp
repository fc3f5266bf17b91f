#include "documents/status_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "order/limits.h"

namespace orderstream::documents {
namespace {

using testing::HasSubstr;

tl::expected<StatusRequest, Invalid> parse(const std::string& body) { return parse_status_request(*parse_json(body)); }

Problems problems_of(const std::string& body) {
    const auto request = parse(body);
    EXPECT_FALSE(request) << body;
    return request ? Problems() : request.error().problems;
}

TEST(StatusRequest, names_a_status_and_perhaps_why) {
    for (const order::Status status : order::all_statuses) {
        const auto request = parse(R"({"new_status":")" + std::string(to_string(status)) + R"("})");
        ASSERT_TRUE(request);
        EXPECT_EQ(request->new_status, status);
        EXPECT_EQ(request->reason, "");
    }
    EXPECT_EQ(parse(R"({"new_status":"shipped","reason":"gone","other":1})")->reason, "gone");
    EXPECT_EQ(parse(R"({"new_status":"shipped","reason":null})")->reason, "");
}

TEST(StatusRequest, a_reason_has_so_many_characters_in_any_script) {
    const auto with_reason = [](std::size_t characters) {
        std::string reason;
        for (std::size_t i = 0; i < characters; ++i) reason += "\xd1\x8f";
        return R"({"new_status":"shipped","reason":")" + reason + R"("})";
    };
    EXPECT_TRUE(parse(with_reason(order::limits::reason_characters_max)));
    EXPECT_EQ(problems_of(with_reason(order::limits::reason_characters_max + 1)).at(0).pointer, "/reason");
}

TEST(StatusRequest, everything_wrong_is_named) {
    const Problems problems = problems_of(R"({"new_status":"gone","reason":["x"]})");
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].pointer, "/new_status");
    EXPECT_THAT(problems[0].detail, HasSubstr("new, pending, processing, done, confirmed, shipped"));
    EXPECT_EQ(problems[1].pointer, "/reason");
    for (const char* body : {"{}", R"({"new_status":null})", R"({"new_status":5})", R"({"new_status":""})"}) {
        ASSERT_EQ(problems_of(body).size(), 1U) << body;
        EXPECT_EQ(problems_of(body)[0].pointer, "/new_status");
    }
    EXPECT_EQ(problems_of("[]").at(0).pointer, "");
}

}  // namespace
}  // namespace orderstream::documents
