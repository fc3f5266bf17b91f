#include "kafka/in_hand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/bus_samples.h"

namespace orderstream::kafka {
namespace {

using Position = InHand::Position;
using testing::ElementsAre;
using testing::IsEmpty;

InHand::Held held(std::int32_t partition, std::int64_t offset, int event = 0) {
    return {.partition = partition, .offset = offset, .event_id = contract::event_uuid(event), .message = nullptr};
}

TEST(InHand, offsets_move_on_when_their_events_are_done) {
    InHand hand;
    hand.take(held(0, 10));
    hand.take(held(1, 5));
    hand.take(held(0, 11));
    EXPECT_THAT(hand.take_uncommitted(), IsEmpty());
    hand.done(2);
    EXPECT_THAT(hand.take_uncommitted(), ElementsAre(Position{0, 11}, Position{1, 6}));
    EXPECT_THAT(hand.take_uncommitted(), IsEmpty());
    EXPECT_TRUE(hand.has_ours());
    hand.done(1);
    EXPECT_FALSE(hand.has_ours());
    EXPECT_THAT(hand.take_uncommitted(), ElementsAre(Position{0, 12}));
}

TEST(InHand, more_done_than_taken_is_all) {
    InHand hand;
    hand.take(held(0, 10));
    hand.done(7);
    EXPECT_THAT(hand.take_uncommitted(), ElementsAre(Position{0, 11}));
}

TEST(InHand, what_was_skipped_moves_on_with_what_was_before_it) {
    InHand hand;
    hand.take(held(0, 10));
    hand.skip(0, 11);
    hand.take(held(0, 12));
    EXPECT_THAT(hand.take_uncommitted(), IsEmpty());
    hand.done(1);
    EXPECT_THAT(hand.take_uncommitted(), ElementsAre(Position{0, 12}));
    hand.done(1);
    EXPECT_THAT(hand.take_uncommitted(), ElementsAre(Position{0, 13}));
}

TEST(InHand, what_was_skipped_with_empty_hands_moves_on_at_once) {
    InHand hand;
    hand.skip(3, 0);
    EXPECT_THAT(hand.take_uncommitted(), ElementsAre(Position{3, 1}));
}

TEST(InHand, what_is_anothers_moves_no_offset_but_still_counts_as_done) {
    InHand hand;
    hand.take(held(0, 10));
    hand.take(held(0, 11));
    hand.done(1);
    hand.lose_all();
    EXPECT_FALSE(hand.has_ours());
    EXPECT_THAT(hand.take_uncommitted(), IsEmpty());
    hand.take(held(0, 4));
    hand.done(1);
    EXPECT_THAT(hand.take_uncommitted(), IsEmpty());
    hand.done(1);
    EXPECT_THAT(hand.take_uncommitted(), ElementsAre(Position{0, 5}));
}

TEST(InHand, a_commit_that_failed_is_due_again) {
    InHand hand;
    hand.take(held(0, 10));
    hand.done(1);
    EXPECT_THAT(hand.take_uncommitted(), ElementsAre(Position{0, 11}));
    hand.not_committed(0);
    hand.not_committed(9);
    EXPECT_THAT(hand.take_uncommitted(), ElementsAre(Position{0, 11}));
}

TEST(InHand, an_event_is_found_until_it_is_done) {
    InHand hand;
    hand.take(held(0, 10, 1));
    hand.take(held(0, 11, 2));
    ASSERT_NE(hand.find(contract::event_uuid(2)), nullptr);
    EXPECT_EQ(hand.find(contract::event_uuid(2))->offset, 11);
    hand.done(1);
    EXPECT_EQ(hand.find(contract::event_uuid(1)), nullptr);
}

}  // namespace
}  // namespace orderstream::kafka
