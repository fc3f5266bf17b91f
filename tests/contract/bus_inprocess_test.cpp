#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/bus_contract.h"
#include "contract/bus_samples.h"
#include "inprocess/in_process_bus.h"
#include "ports/weight.h"

namespace orderstream::contract {

namespace {

using namespace std::chrono_literals;
using inprocess::InProcessBus;
using testing::ElementsAre;
using testing::IsEmpty;

class InProcessBusUnderTest final : public BusUnderTest {
  public:
    InProcessBusUnderTest() {
        bus_.subscribe_announcements([this](std::span<const ports::Announcement> news) {
            announcements_.insert(announcements_.end(), news.begin(), news.end());
        });
    }
    [[nodiscard]] ports::EventPublisher& publisher() override { return bus_; }
    [[nodiscard]] ports::EventSource& source() override { return bus_; }
    [[nodiscard]] ports::AckSource& ear() override { return bus_; }
    [[nodiscard]] ports::AckSource& other_ear() override { return bus_; }
    void restart_worker() override { bus_.redeliver(); }
    [[nodiscard]] std::vector<ports::Announcement> announcements() override { return announcements_; }

  private:
    InProcessBus bus_{nullptr};
    std::vector<ports::Announcement> announcements_;
};

INSTANTIATE_TEST_SUITE_P(InProcess, BusContract,
                         testing::Values(BusAdapter{"in_process", std::make_unique<InProcessBusUnderTest>}),
                         [](const auto& adapter) { return adapter.param.name; });

std::vector<ports::Event> sample_events(int count) {
    std::vector<ports::Event> events;
    for (int i = 0; i < count; ++i) events.push_back(sample_event(i));
    return events;
}

TEST(InProcessBus, a_note_settles_only_when_all_its_events_are_done) {
    InProcessBus bus(nullptr);
    ASSERT_TRUE(bus.publish(note_id(1), sample_events(2)));
    ASSERT_TRUE(bus.publish(note_id(2), sample_events(1)));

    ASSERT_EQ(bus.take(1, 0ms).size(), 1u);
    bus.done(1);
    EXPECT_THAT(bus.take_confirmations().settled, IsEmpty());
    ASSERT_EQ(bus.take(2, 0ms).size(), 2u);
    EXPECT_THAT(bus.take_confirmations().settled, IsEmpty());
    bus.done(2);
    EXPECT_THAT(bus.take_confirmations().settled, ElementsAre(note_id(1), note_id(2)));
}

TEST(InProcessBus, events_count_against_the_bound_until_they_are_done) {
    InProcessBus bus(nullptr, {.events_max = 3});
    ASSERT_TRUE(bus.publish(note_id(1), sample_events(2)));

    EXPECT_FALSE(bus.publish(note_id(2), sample_events(2)));
    EXPECT_EQ(bus.events(), 2u);
    EXPECT_TRUE(bus.publish(note_id(3), sample_events(1)));
    ASSERT_EQ(bus.take(10, 0ms).size(), 3u);
    EXPECT_FALSE(bus.publish(note_id(2), sample_events(2)));
    bus.done(3);
    EXPECT_TRUE(bus.publish(note_id(2), sample_events(2)));
}

TEST(InProcessBus, bytes_are_bounded_too) {
    const std::vector event{sample_event(1)};
    const std::size_t bytes = sizeof(ports::Event) + event[0].request_id.size() + event[0].traceparent.size() +
                              ports::bytes_of(*event[0].order);
    InProcessBus bus(nullptr, {.bytes_max = 2 * bytes});
    EXPECT_TRUE(bus.publish(note_id(1), event));
    EXPECT_TRUE(bus.publish(note_id(2), event));
    EXPECT_FALSE(bus.publish(note_id(3), event));
    ASSERT_EQ(bus.take(1, 0ms).size(), 1u);
    bus.done(1);
    EXPECT_TRUE(bus.publish(note_id(3), event));
    EXPECT_FALSE(bus.publish(note_id(4), event));
}

TEST(InProcessBus, a_note_larger_than_the_bounds_goes_in_alone) {
    InProcessBus bus(nullptr, {.events_max = 2, .bytes_max = 10});
    EXPECT_TRUE(bus.publish(note_id(1), sample_events(5)));
    EXPECT_FALSE(bus.publish(note_id(2), sample_events(1)));
    EXPECT_TRUE(bus.publish(note_id(3), {}));
    ASSERT_EQ(bus.take(10, 0ms).size(), 5u);
    bus.done(5);
    EXPECT_TRUE(bus.publish(note_id(2), sample_events(5)));
}

TEST(InProcessBus, whoever_was_refused_is_woken_when_there_is_room) {
    InProcessBus bus(nullptr, {.events_max = 2});
    int woken = 0;
    bus.on_progress([&] { ++woken; });
    ASSERT_TRUE(bus.publish(note_id(1), sample_events(2)));
    ASSERT_FALSE(bus.publish(note_id(2), sample_events(1)));
    EXPECT_EQ(woken, 0);

    ASSERT_EQ(bus.take(1, 0ms).size(), 1u);
    bus.done(1);

    EXPECT_EQ(woken, 1);  // room, though no note has settled
    EXPECT_TRUE(bus.publish(note_id(2), sample_events(1)));
}

TEST(InProcessBus, confirmations_wake_once_until_they_are_taken) {
    InProcessBus bus(nullptr);
    int woken = 0;
    bus.on_progress([&] { ++woken; });
    for (int round = 1; round <= 2; ++round) {
        ASSERT_TRUE(bus.publish(note_id(round), sample_events(1)));
        ASSERT_EQ(bus.take(1, 0ms).size(), 1u);
        bus.done(1);
    }
    EXPECT_EQ(woken, 1);
    EXPECT_THAT(bus.take_confirmations().settled, ElementsAre(note_id(1), note_id(2)));

    ASSERT_TRUE(bus.publish(note_id(3), {}));  // settles within publish(), which never wakes
    EXPECT_EQ(woken, 1);
    ASSERT_TRUE(bus.publish(note_id(4), sample_events(1)));
    ASSERT_EQ(bus.take(1, 0ms).size(), 1u);
    bus.done(1);
    EXPECT_EQ(woken, 2);
    EXPECT_THAT(bus.take_confirmations().settled, ElementsAre(note_id(3), note_id(4)));
}

TEST(InProcessBus, an_interrupted_take_still_hands_out_what_is_there) {
    InProcessBus bus(nullptr);
    bus.interrupt();
    ASSERT_TRUE(bus.publish(note_id(1), sample_events(3)));
    EXPECT_EQ(bus.take(2, 1h).size(), 2u);
    EXPECT_EQ(bus.take(2, 1h).size(), 1u);
    EXPECT_EQ(bus.take(2, 1h).size(), 0u);
}

TEST(InProcessBus, events_handed_out_again_can_be_done_in_parts) {
    InProcessBus bus(nullptr);
    ASSERT_TRUE(bus.publish(note_id(1), sample_events(3)));
    ASSERT_TRUE(bus.publish(note_id(2), sample_events(1)));
    ASSERT_EQ(bus.take(3, 0ms).size(), 3u);
    bus.redeliver();

    ASSERT_EQ(bus.take(2, 0ms).size(), 2u);
    bus.done(2);
    EXPECT_THAT(bus.take_confirmations().settled, IsEmpty());
    const auto third = bus.take(10, 0ms);
    ASSERT_EQ(third.size(), 1u);
    EXPECT_EQ(third[0].event_id, event_uuid(2));
    ASSERT_EQ(bus.take(10, 0ms).size(), 1u);
    bus.done(2);
    EXPECT_THAT(bus.take_confirmations().settled, ElementsAre(note_id(1), note_id(2)));
    EXPECT_EQ(bus.events(), 0u);
}

TEST(InProcessBus, dead_letters_are_made_known_and_counted) {
    std::string known;
    InProcessBus bus([&](const ports::Event& event, const std::string& error) {
        known = order::to_string(event.event_id) + ": " + error;
    });
    EXPECT_TRUE(bus.dead_letter(sample_event(5), "unreadable"));
    EXPECT_EQ(known, order::to_string(event_uuid(5)) + ": unreadable");
    EXPECT_EQ(bus.dead_letters(), 1u);
}

TEST(InProcessBus, acks_come_before_announcements_and_before_send_returns) {
    InProcessBus bus(nullptr);
    std::string heard;
    bus.subscribe_announcements(
        [&](std::span<const ports::Announcement> news) { heard += std::string(news.size(), 'n'); });
    bus.subscribe([&](std::span<const ports::Ack> acks) { heard += std::string(acks.size(), 'a'); });
    bus.subscribe([&](std::span<const ports::Ack> acks) { heard += std::string(acks.size(), 'A'); });
    const std::vector acks{sample_ack(1), sample_ack(2)};
    const std::vector<ports::Announcement> news{
        {.event_id = event_uuid(1), .order = sample_order(1, 1, 1), .request_id = "", .traceparent = ""}};

    EXPECT_TRUE(bus.send(acks, news));

    EXPECT_EQ(heard, "aaAAn");
}

}  // namespace

}  // namespace orderstream::contract
