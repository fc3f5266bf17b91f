#include "contract/bus_contract.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "contract/bus_samples.h"

namespace orderstream::contract {

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

/// How long anything may take that is to happen; only a failing test waits for it.
constexpr auto patience = 30s;

template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

/// A bus may hand out events in as many pieces as it likes.
std::vector<ports::Event> take_exactly(ports::EventSource& source, std::size_t count) {
    std::vector<ports::Event> events;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (events.size() < count && std::chrono::steady_clock::now() < deadline) {
        const auto some = source.take(count - events.size(), 100ms);
        events.insert(events.end(), some.begin(), some.end());
    }
    return events;
}

std::vector<ports::NoteId> settled_until(ports::EventPublisher& publisher, std::size_t count) {
    std::vector<ports::NoteId> settled;
    EXPECT_TRUE(eventually([&] {
        const auto news = publisher.take_confirmations();
        EXPECT_THAT(news.failed, IsEmpty());
        settled.insert(settled.end(), news.settled.begin(), news.settled.end());
        return settled.size() >= count;
    })) << settled.size()
        << " of " << count << " notes settled";
    return settled;
}

std::vector<order::Uuid> ids_of(const std::vector<ports::Event>& events) {
    std::vector<order::Uuid> ids;
    for (const auto& event : events) ids.push_back(event.event_id);
    return ids;
}

/// An API's ear: collects what it hears.
class Listener {
  public:
    explicit Listener(ports::AckSource& source) {
        source.subscribe([this](std::span<const ports::Ack> acks) {
            const std::lock_guard lock(mutex_);
            heard_.insert(heard_.end(), acks.begin(), acks.end());
        });
        EXPECT_TRUE(eventually([&] { return source.positioned(); }));
    }
    [[nodiscard]] std::vector<ports::Ack> heard_until(std::size_t count) {
        EXPECT_TRUE(eventually([&] {
            const std::lock_guard lock(mutex_);
            return heard_.size() >= count;
        }));
        const std::lock_guard lock(mutex_);
        return heard_;
    }

  private:
    std::mutex mutex_;
    std::vector<ports::Ack> heard_;
};

TEST_P(BusContract, an_event_arrives_as_it_was_published) {
    const auto bus = GetParam().make();
    const std::vector published{sample_event(1)};
    ASSERT_TRUE(bus->publisher().publish(note_id(1), published));

    const auto taken = take_exactly(bus->source(), 1);

    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(describe(taken[0]), describe(published[0]));
}

TEST_P(BusContract, every_event_type_arrives) {
    const auto bus = GetParam().make();
    std::vector<ports::Event> published;
    for (const auto type : {order::EventType::created, order::EventType::updated, order::EventType::deleted,
                            order::EventType::cancelled, order::EventType::status_changed}) {
        published.push_back(sample_event(1, static_cast<int>(published.size()) + 1));  // of one order, so in order
        published.back().type = type;
    }
    ASSERT_TRUE(bus->publisher().publish(note_id(1), published));

    const auto taken = take_exactly(bus->source(), published.size());

    ASSERT_EQ(taken.size(), published.size());
    for (std::size_t i = 0; i < taken.size(); ++i) EXPECT_EQ(taken[i].type, published[i].type);
}

TEST_P(BusContract, the_changes_of_one_order_keep_their_order_across_notes_and_batches) {
    const auto bus = GetParam().make();
    std::vector<ports::Event> published;
    for (int version = 1; version <= 30; ++version) published.push_back(sample_event(7, version));
    for (std::size_t i = 0; i < published.size(); i += 3) {
        ASSERT_TRUE(bus->publisher().publish(note_id(static_cast<int>(i)), std::span(published).subspan(i, 3)));
    }

    std::vector<ports::Event> taken;
    ASSERT_TRUE(eventually([&] {
        const auto some = bus->source().take(4, 100ms);
        EXPECT_LE(some.size(), 4u);
        taken.insert(taken.end(), some.begin(), some.end());
        bus->source().done(some.size());
        return taken.size() >= published.size();
    }));

    EXPECT_EQ(ids_of(taken), ids_of(published));
}

TEST_P(BusContract, take_gives_up_after_its_timeout) {
    const auto bus = GetParam().make();
    const auto started = std::chrono::steady_clock::now();
    EXPECT_THAT(bus->source().take(10, 20ms), IsEmpty());
    EXPECT_GE(std::chrono::steady_clock::now() - started, 19ms);
}

TEST_P(BusContract, a_waiting_take_gets_what_comes) {
    const auto bus = GetParam().make();
    std::vector<ports::Event> taken;
    std::thread worker([&] { taken = take_exactly(bus->source(), 1); });
    ASSERT_TRUE(bus->publisher().publish(note_id(1), std::vector{sample_event(1)}));
    worker.join();
    EXPECT_EQ(taken.size(), 1u);
}

TEST_P(BusContract, interrupt_ends_a_waiting_take_and_every_later_one) {
    const auto bus = GetParam().make();
    const auto started = std::chrono::steady_clock::now();
    std::thread worker([&] { EXPECT_THAT(bus->source().take(10, patience * 2), IsEmpty()); });
    bus->source().interrupt();
    worker.join();
    EXPECT_THAT(bus->source().take(10, patience * 2), IsEmpty());
    EXPECT_LT(std::chrono::steady_clock::now() - started, patience);
}

TEST_P(BusContract, every_note_settles_once_when_its_events_are_done) {
    const auto bus = GetParam().make();
    std::vector<ports::NoteId> notes;
    int events = 0;
    for (int i = 0; i < 20; ++i) {
        std::vector<ports::Event> published;
        for (int k = 0; k <= i % 4; ++k) published.push_back(sample_event(events++));
        notes.push_back(note_id(i));
        ASSERT_TRUE(bus->publisher().publish(notes.back(), published));
    }

    int done = 0;
    ASSERT_TRUE(eventually([&] {
        const std::size_t taken = bus->source().take(3, 100ms).size();
        bus->source().done(taken);
        done += static_cast<int>(taken);
        return done >= events;
    }));

    EXPECT_THAT(settled_until(bus->publisher(), notes.size()), UnorderedElementsAreArray(notes));
    const auto more = bus->publisher().take_confirmations();
    EXPECT_THAT(more.settled, IsEmpty());
    EXPECT_THAT(more.failed, IsEmpty());
}

TEST_P(BusContract, a_note_without_events_settles) {
    const auto bus = GetParam().make();
    ASSERT_TRUE(bus->publisher().publish(note_id(1), {}));
    EXPECT_THAT(settled_until(bus->publisher(), 1), ElementsAre(note_id(1)));
}

TEST_P(BusContract, the_publisher_is_woken_when_there_are_confirmations) {
    const auto bus = GetParam().make();
    std::atomic<int> woken = 0;
    bus->publisher().on_progress([&] { ++woken; });
    for (int round = 1; round <= 3; ++round) {
        const int before = woken;
        ASSERT_TRUE(bus->publisher().publish(note_id(round), std::vector{sample_event(round)}));
        ASSERT_EQ(take_exactly(bus->source(), 1).size(), 1u);
        bus->source().done(1);
        EXPECT_TRUE(eventually([&] { return woken > before; }));
        EXPECT_THAT(settled_until(bus->publisher(), 1), ElementsAre(note_id(round)));
    }
}

TEST_P(BusContract, what_was_not_done_is_delivered_again_and_what_was_done_is_not) {
    const auto bus = GetParam().make();
    std::vector<ports::Event> published;
    for (int version = 1; version <= 6; ++version) published.push_back(sample_event(1, version));
    ASSERT_TRUE(bus->publisher().publish(note_id(1), published));

    ASSERT_EQ(take_exactly(bus->source(), 2).size(), 2u);
    bus->source().done(2);
    ASSERT_EQ(take_exactly(bus->source(), 3).size(), 3u);
    bus->restart_worker();

    const auto again = take_exactly(bus->source(), 4);
    EXPECT_EQ(ids_of(again), ids_of({published.begin() + 2, published.end()}));
    bus->source().done(4);
    EXPECT_THAT(settled_until(bus->publisher(), 1), ElementsAre(note_id(1)));
    EXPECT_THAT(bus->source().take(10, 20ms), IsEmpty());
}

TEST_P(BusContract, a_batch_is_done_while_the_next_one_is_in_hand) {
    const auto bus = GetParam().make();
    std::vector<ports::Event> published;
    for (int version = 1; version <= 5; ++version) published.push_back(sample_event(1, version));
    ASSERT_TRUE(bus->publisher().publish(note_id(1), published));

    ASSERT_EQ(take_exactly(bus->source(), 2).size(), 2u);
    ASSERT_EQ(take_exactly(bus->source(), 2).size(), 2u);
    bus->source().done(2);
    bus->restart_worker();

    const auto again = take_exactly(bus->source(), 3);
    EXPECT_EQ(ids_of(again), ids_of({published.begin() + 2, published.end()}));
    bus->source().done(3);
    EXPECT_THAT(settled_until(bus->publisher(), 1), ElementsAre(note_id(1)));
}

TEST_P(BusContract, a_worker_that_ends_between_its_batches_loses_and_repeats_nothing) {
    const auto bus = GetParam().make();
    ASSERT_TRUE(bus->publisher().publish(note_id(1), std::vector{sample_event(1, 1)}));
    ASSERT_EQ(take_exactly(bus->source(), 1).size(), 1u);
    bus->source().done(1);
    bus->restart_worker();
    ASSERT_TRUE(bus->publisher().publish(note_id(2), std::vector{sample_event(1, 2)}));

    const auto taken = take_exactly(bus->source(), 1);

    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(taken[0].order->version, 2);
}

TEST_P(BusContract, every_api_hears_every_ack_in_order) {
    const auto bus = GetParam().make();
    Listener one(bus->ear());
    Listener other(bus->other_ear());
    std::vector<std::string> said;
    std::vector<ports::Ack> acks;
    for (int i = 0; i < 20; ++i) {
        acks.push_back(sample_ack(i));
        said.push_back(describe(acks.back()));
    }

    ASSERT_TRUE(bus->source().send(std::span(acks).first(7), {}));
    ASSERT_TRUE(bus->source().send(std::span(acks).subspan(7), {}));

    for (Listener* listener : {&one, &other}) {
        std::vector<std::string> heard;
        for (const auto& ack : listener->heard_until(acks.size())) heard.push_back(describe(ack));
        EXPECT_THAT(heard, ElementsAreArray(said));
    }
}

TEST_P(BusContract, announcements_go_out_with_their_ids) {
    const auto bus = GetParam().make();
    Listener ear(bus->ear());
    const std::vector acks{sample_ack(1)};
    const std::vector<ports::Announcement> announced{
        {.event_id = event_uuid(1), .order = sample_order(1, 1, 1), .request_id = "r-1", .traceparent = "t-1"},
        {.event_id = event_uuid(2), .order = sample_order(2, 3, 3), .request_id = "r-2", .traceparent = ""}};

    ASSERT_TRUE(bus->source().send(acks, announced));

    EXPECT_EQ(ear.heard_until(1).size(), 1u);
    ASSERT_TRUE(eventually([&] { return bus->announcements().size() >= announced.size(); }));
    // Orders of different customers may be heard in any order.
    std::map<order::Uuid, int> versions;
    for (const auto& heard : bus->announcements()) versions[heard.event_id] = heard.order->version;
    EXPECT_EQ(versions, (std::map<order::Uuid, int>{{event_uuid(1), 1}, {event_uuid(2), 3}}));
}

TEST_P(BusContract, nothing_to_send_is_sent) {
    const auto bus = GetParam().make();
    EXPECT_TRUE(bus->source().send({}, {}));
}

TEST_P(BusContract, a_dead_letter_is_taken) {
    const auto bus = GetParam().make();
    EXPECT_TRUE(bus->source().dead_letter(sample_event(1), "no worker can read it"));
}

TEST_P(BusContract, an_idle_bus_is_up) {
    const auto bus = GetParam().make();
    EXPECT_TRUE(eventually([&] { return bus->publisher().state() == ports::BusState::up; }));
    const auto nothing = bus->publisher().take_confirmations();
    EXPECT_THAT(nothing.settled, IsEmpty());
    EXPECT_THAT(nothing.failed, IsEmpty());
}

TEST_P(BusContract, publishers_at_once_lose_nothing_and_mix_no_order) {
    const auto bus = GetParam().make();
    constexpr int publishers = 3;
    constexpr int notes_each = 60;
    constexpr int events_each = 4;
    std::vector<std::thread> threads;
    for (int who = 0; who < publishers; ++who) {
        threads.emplace_back([&, who] {
            for (int i = 0; i < notes_each; ++i) {
                std::vector<ports::Event> events;
                for (int k = 0; k < events_each; ++k) events.push_back(sample_event(who, i * events_each + k + 1));
                while (!bus->publisher().publish(note_id(who * notes_each + i), events)) std::this_thread::yield();
            }
        });
    }

    std::map<order::OrderId, std::vector<int>> versions;
    std::size_t count = 0;
    EXPECT_TRUE(eventually([&] {
        const auto taken = bus->source().take(50, 100ms);
        for (const auto& event : taken) versions[event.order->id].push_back(event.order->version);
        count += taken.size();
        bus->source().done(taken.size());
        return count >= publishers * notes_each * events_each;
    }));
    for (auto& thread : threads) thread.join();

    EXPECT_EQ(versions.size(), std::size_t{publishers});
    for (const auto& [id, of_order] : versions) {
        EXPECT_EQ(of_order.size(), std::size_t{notes_each * events_each});
        EXPECT_TRUE(std::ranges::is_sorted(of_order));
    }
    const auto settled = settled_until(bus->publisher(), publishers * notes_each);
    EXPECT_EQ(settled.size(), std::size_t{publishers * notes_each});
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BusContract);

}  // namespace orderstream::contract
