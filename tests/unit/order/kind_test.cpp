#include "order/kind.h"

#include <gtest/gtest.h>

#include <utility>

namespace orderstream::order {
namespace {

TEST(Kind, has_the_names_of_the_reference_both_ways) {
    const std::pair<Kind, std::string_view> names[] = {
        {Kind::generic, "generic"}, {Kind::marketplace, "marketplace"}, {Kind::checkout, "checkout"}};
    for (const auto& [kind, name] : names) {
        EXPECT_EQ(to_string(kind), name);
        EXPECT_EQ(parse_kind(name), kind);
    }
}

TEST(Kind, is_not_guessed) {
    for (const auto* text : {"", "Generic", "generic ", "gener", "order"}) {
        EXPECT_EQ(parse_kind(text), std::nullopt) << text;
    }
}

TEST(Status, has_the_names_of_the_reference_both_ways) {
    const std::pair<Status, std::string_view> names[] = {{Status::new_, "new"},
                                                         {Status::pending, "pending"},
                                                         {Status::processing, "processing"},
                                                         {Status::done, "done"},
                                                         {Status::confirmed, "confirmed"},
                                                         {Status::shipped, "shipped"},
                                                         {Status::delivered, "delivered"},
                                                         {Status::refunded, "refunded"},
                                                         {Status::cancelled, "cancelled"},
                                                         {Status::deleted, "deleted"},
                                                         {Status::failed, "failed"}};
    for (const auto& [status, name] : names) {
        EXPECT_EQ(to_string(status), name);
        EXPECT_EQ(parse_status(name), status);
    }
}

TEST(Status, is_not_guessed) {
    for (const auto* text : {"", "new_", "NEW", "canceled", "Done"}) {
        EXPECT_EQ(parse_status(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace orderstream::order
