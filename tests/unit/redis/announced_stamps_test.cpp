#include "redis/announced_stamps.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>

namespace orderstream::redis {

namespace {

using namespace std::chrono_literals;

order::OrderId id_of(int number) {
    order::OrderId id;
    id.uuid.data[15] = static_cast<std::uint8_t>(number);
    id.uuid.data[14] = static_cast<std::uint8_t>(number >> 8);
    return id;
}

class AnnouncedStampsTest : public testing::Test {
  protected:
    void learn(int number, int version, int processed_version) {
        stamps_.learn(std::array{ports::OrderStamp{id_of(number), version, processed_version}}, now_);
    }
    bool shows(int number, int version, int processed_version) {
        const auto order = std::make_shared<order::Order>();
        order->id = id_of(number);
        order->version = version;
        order->processed_version = processed_version;
        std::array<order::OrderPtr, 2> orders{nullptr, order};
        stamps_.hide_older(orders, now_);
        return orders[1] != nullptr;
    }

    AnnouncedStamps::Time now_{100h};
    AnnouncedStamps stamps_{2s, 10};
};

TEST_F(AnnouncedStampsTest, what_is_older_is_hidden) {
    learn(1, 3, 2);
    EXPECT_FALSE(shows(1, 2, 2));
    EXPECT_FALSE(shows(1, 3, 1));
    EXPECT_TRUE(shows(1, 3, 2));
    EXPECT_TRUE(shows(1, 3, 3));
    EXPECT_TRUE(shows(1, 4, 0));
    EXPECT_TRUE(shows(2, 1, 0));
}

TEST_F(AnnouncedStampsTest, the_newest_stamp_counts_whatever_their_order) {
    learn(1, 3, 0);
    learn(1, 2, 2);
    EXPECT_FALSE(shows(1, 2, 2));
    now_ += 2s;
    learn(1, 1, 1);
    EXPECT_FALSE(shows(1, 2, 2));
}

TEST_F(AnnouncedStampsTest, a_stamp_is_remembered_for_its_time_and_not_for_ever) {
    for (const auto offset : {0ms, 1ms, 999ms, 1999ms}) {
        now_ += 100s;
        learn(1, 1, 0);  // begins a turn
        now_ += offset;
        learn(2, 3, 2);
        now_ += 2s - 1ms;
        EXPECT_FALSE(shows(2, 3, 1));
        now_ += 2s + 1ms;
        EXPECT_TRUE(shows(2, 3, 1));
    }
}

TEST_F(AnnouncedStampsTest, more_than_can_be_remembered_hides_everything_for_that_time) {
    for (int i = 0; i < 10; ++i) learn(i, 2, 0);
    EXPECT_TRUE(shows(1, 2, 0));
    learn(3, 3, 0);
    EXPECT_TRUE(shows(1, 2, 0));
    learn(10, 2, 0);
    EXPECT_FALSE(shows(1, 2, 0));
    EXPECT_FALSE(shows(77, 1, 0));
    now_ += 2s;
    EXPECT_TRUE(shows(1, 2, 0));
    EXPECT_TRUE(shows(77, 1, 0));
    learn(10, 2, 0);
    EXPECT_TRUE(shows(77, 1, 0));
}

}  // namespace

}  // namespace orderstream::redis
