#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "contract/bus_samples.h"
#include "contract/kafka_server.h"
#include "kafka/ack_source.h"
#include "kafka/event_source.h"
#include "kafka/publisher.h"
#include "kafka/topics.h"

/// The broker dies, is away, comes back.
namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using kafka::KafkaAckSource;
using kafka::KafkaEventSource;
using kafka::KafkaOptions;
using kafka::KafkaPublisher;
using ports::BusState;
using testing::IsEmpty;

/// The broker is there again for the next test, whatever becomes of this one.
class KafkaOutage : public testing::Test {
  protected:
    KafkaOutage() { make_topics(options); }
    void TearDown() override { KafkaServer::get().control("start"); }

    [[nodiscard]] static bool becomes(const KafkaPublisher& publisher, BusState state) {
        return eventually([&] { return publisher.state() == state; });
    }

    /// By a worker, until they are so many different ones.
    [[nodiscard]] std::set<order::Uuid> events_met(std::size_t count) const {
        KafkaEventSource source(options, kafka_log());
        std::set<order::Uuid> met;
        EXPECT_TRUE(eventually([&] {
            for (const auto& event : source.take(100, 20ms)) met.insert(event.event_id);
            return met.size() >= count;
        }));
        return met;
    }

    KafkaOptions options = KafkaServer::get().fresh_options();
};

/// An API that publishes again what has failed, as the pipeline does.
class Owner {
  public:
    explicit Owner(KafkaPublisher& publisher) : publisher_(publisher) {}

    void publish_next() {
        const int note = static_cast<int>(events_.size());
        events_.push_back({sample_event(2 * note), sample_event(2 * note + 1)});
        publish(note);
    }
    /// Hears what became of the notes; true when all have settled.
    bool hear() {
        const auto heard = publisher_.take_confirmations();
        for (const auto& note : heard.settled) EXPECT_TRUE(open_.erase(note) == 1);
        std::vector<int> again = std::exchange(refused_, {});
        for (const auto& note : heard.failed) {
            EXPECT_TRUE(open_.erase(note) == 1);
            ++failures_;
            for (std::size_t i = 0; i < events_.size(); ++i) {
                if (note_id(static_cast<int>(i)) == note) again.push_back(static_cast<int>(i));
            }
        }
        for (const int note : again) publish(note);
        return open_.empty() && refused_.empty();
    }
    [[nodiscard]] int failures() const { return failures_; }

    [[nodiscard]] std::set<order::Uuid> all_events() const {
        std::set<order::Uuid> ids;
        for (const auto& of_note : events_) {
            for (const auto& event : of_note) ids.insert(event.event_id);
        }
        return ids;
    }

  private:
    void publish(int note) {
        open_.insert(note_id(note));
        if (publisher_.publish(note_id(note), events_[static_cast<std::size_t>(note)])) return;
        open_.erase(note_id(note));
        refused_.push_back(note);
    }

    KafkaPublisher& publisher_;
    std::vector<std::vector<ports::Event>> events_;
    std::set<ports::NoteId> open_;
    std::vector<int> refused_;
    int failures_ = 0;
};

TEST_F(KafkaOutage, a_broker_that_is_killed_and_comes_back_loses_no_event) {
    KafkaPublisher publisher(options, kafka_log());
    std::atomic<int> woken = 0;
    publisher.on_progress([&] { ++woken; });
    ASSERT_TRUE(becomes(publisher, BusState::up));
    std::set<order::Uuid> met;
    std::mutex mutex;
    std::jthread worker([&](const std::stop_token& stop) {
        KafkaEventSource source(options, kafka_log());
        while (!stop.stop_requested()) {
            const auto taken = source.take(50, 20ms);
            {
                const std::lock_guard lock(mutex);
                for (const auto& event : taken) met.insert(event.event_id);
            }
            source.done(taken.size());
        }
    });
    Owner owner(publisher);
    for (int i = 0; i < 50; ++i) owner.publish_next();
    ASSERT_TRUE(eventually([&] { return owner.hear(); }));

    for (int i = 0; i < 50; ++i) owner.publish_next();
    std::jthread killer([] { KafkaServer::get().control("kill"); });
    while (publisher.state() == BusState::up) {
        owner.publish_next();
        std::this_thread::sleep_for(2ms);
    }
    killer.join();
    EXPECT_FALSE(publisher.publish(note_id(1'000'000), std::vector{sample_event(1'000'000)}));
    const int before = woken;
    KafkaServer::get().control("start");
    ASSERT_TRUE(becomes(publisher, BusState::up));
    EXPECT_TRUE(eventually([&] { return woken > before; }));
    for (int i = 0; i < 10; ++i) owner.publish_next();

    EXPECT_TRUE(eventually([&] { return owner.hear(); }));
    const auto expected = owner.all_events();
    EXPECT_TRUE(eventually([&] {
        const std::lock_guard lock(mutex);
        return met.size() >= expected.size();
    }));
    const std::lock_guard lock(mutex);
    EXPECT_EQ(met, expected);
}

TEST_F(KafkaOutage, events_that_time_out_fail_and_are_published_again) {
    options.properties = {{"message.timeout.ms", "500"}};
    KafkaPublisher publisher(options, kafka_log());
    ASSERT_TRUE(becomes(publisher, BusState::up));
    Owner owner(publisher);
    owner.publish_next();
    ASSERT_TRUE(eventually([&] { return owner.hear(); }));

    KafkaServer::get().control("kill");
    while (publisher.state() == BusState::up) {
        owner.publish_next();
        std::this_thread::sleep_for(2ms);
    }
    ASSERT_TRUE(eventually([&] { return !owner.hear() && owner.failures() > 0; }));
    KafkaServer::get().control("start");

    EXPECT_TRUE(eventually([&] { return owner.hear(); }));
    EXPECT_EQ(events_met(owner.all_events().size()), owner.all_events());
}

TEST_F(KafkaOutage, a_broker_that_says_nothing_is_away_until_it_speaks_again) {
    KafkaPublisher publisher(options, kafka_log());
    ASSERT_TRUE(becomes(publisher, BusState::up));
    Owner owner(publisher);
    owner.publish_next();
    ASSERT_TRUE(eventually([&] { return owner.hear(); }));

    KafkaServer::get().freeze();
    for (int i = 0; i < 10; ++i) owner.publish_next();
    EXPECT_TRUE(becomes(publisher, BusState::away));
    KafkaServer::get().thaw();

    EXPECT_TRUE(becomes(publisher, BusState::up));
    EXPECT_TRUE(eventually([&] { return owner.hear(); }));
    EXPECT_EQ(owner.failures(), 0);
    EXPECT_EQ(events_met(owner.all_events().size()), owner.all_events());
}

TEST_F(KafkaOutage, a_broker_that_is_slow_once_is_not_away) {
    KafkaPublisher publisher(options, kafka_log());
    ASSERT_TRUE(becomes(publisher, BusState::up));
    Owner owner(publisher);
    bool seen = false;
    // The question comes after a second of silence and waits for one; a machine that is slower than that shows nothing.
    for (int round = 0; round < 20 && !seen; ++round) {
        const auto heard_after = std::chrono::steady_clock::now();
        owner.publish_next();
        ASSERT_TRUE(eventually([&] { return owner.hear(); }));
        KafkaServer::get().freeze();
        std::this_thread::sleep_until(heard_after + 2500ms);
        const BusState state = publisher.state();
        if (std::chrono::steady_clock::now() < heard_after + 3s) {
            seen = true;
            EXPECT_EQ(state, BusState::up);
        }
        KafkaServer::get().thaw();
        EXPECT_TRUE(becomes(publisher, BusState::up));
    }
    EXPECT_TRUE(seen);
}

TEST_F(KafkaOutage, an_ear_begins_at_the_end_and_misses_nothing_while_the_broker_restarts) {
    KafkaEventSource source(options, kafka_log());
    int said = 0;
    const auto say = [&] {
        const std::vector acks{sample_ack(said)};
        if (!source.send(acks, {})) return false;
        ++said;
        return true;
    };
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(eventually(say));
    std::vector<int> heard;
    std::mutex mutex;
    KafkaAckSource ear(options, kafka_log());
    ear.subscribe([&](std::span<const ports::Ack> acks) {
        const std::lock_guard lock(mutex);
        for (const auto& ack : acks) heard.push_back(ack.version - 1);
    });
    ASSERT_TRUE(eventually([&] { return ear.positioned(); }));

    for (int i = 0; i < 3; ++i) ASSERT_TRUE(eventually(say));
    KafkaServer::get().control("kill");
    EXPECT_FALSE(say());
    KafkaServer::get().control("start");
    // The one that was not acknowledged is sent again, and is heard once: it was still on its way.
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(eventually(say));

    EXPECT_TRUE(eventually([&] {
        const std::lock_guard lock(mutex);
        return !heard.empty() && heard.back() == said - 1;
    }));
    const std::lock_guard lock(mutex);
    EXPECT_THAT(heard, testing::ElementsAre(3, 4, 5, 6, 7, 8));
}

TEST_F(KafkaOutage, an_ear_hears_a_topic_that_is_made_anew) {
    KafkaEventSource source(options, kafka_log());
    KafkaAckSource ear(options, kafka_log());
    std::atomic<int> newest = 0;
    ear.subscribe([&](std::span<const ports::Ack> acks) {
        for (const auto& ack : acks) newest = ack.version;
    });
    ASSERT_TRUE(eventually([&] { return ear.positioned(); }));
    int said = 0;
    const auto say_next = [&] {
        const std::vector acks{sample_ack(++said)};
        return source.send(acks, {});
    };
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(eventually(say_next));
    ASSERT_TRUE(eventually([&] { return newest > 5; }));
    delete_topic(options, options.topics.acks);
    ASSERT_TRUE(eventually([&] { return partitions_of(options, options.topics.acks) == 0; }));
    make_topics(options);

    const int before = said;
    EXPECT_TRUE(eventually([&] { return say_next() && newest > before + 1; }));
}

TEST_F(KafkaOutage, all_parts_start_without_a_broker_and_work_when_it_comes) {
    options = KafkaServer::get().fresh_options();
    KafkaServer::get().control("stop");
    kafka::TopicKeeper keeper(options, kafka_log());
    KafkaPublisher publisher(options, kafka_log());
    KafkaAckSource ear(options, kafka_log());
    KafkaEventSource source(options, kafka_log());
    std::atomic<int> heard = 0;
    ear.subscribe([&](std::span<const ports::Ack> acks) { heard += static_cast<int>(acks.size()); });
    EXPECT_TRUE(eventually([&] { return !keeper.trouble().empty(); }));
    EXPECT_EQ(publisher.state(), BusState::away);
    EXPECT_FALSE(publisher.publish(note_id(1), std::vector{sample_event(1)}));
    EXPECT_FALSE(ear.positioned());
    EXPECT_THAT(source.take(10, 50ms), IsEmpty());

    KafkaServer::get().control("start");

    EXPECT_TRUE(eventually([&] { return keeper.trouble().empty() && ear.positioned(); }));
    EXPECT_TRUE(becomes(publisher, BusState::up));
    EXPECT_TRUE(eventually([&] { return publisher.publish(note_id(1), std::vector{sample_event(1)}); }));
    std::vector<ports::Event> taken;
    EXPECT_TRUE(eventually([&] { return !(taken = source.take(10, 50ms)).empty(); }));
    const std::vector acks{sample_ack(1)};
    EXPECT_TRUE(eventually([&] { return source.send(acks, {}); }));
    EXPECT_TRUE(eventually([&] { return heard >= 1; }));
    source.done(1);
}

TEST_F(KafkaOutage, all_parts_end_in_time_while_the_broker_is_away) {
    auto publisher = std::make_unique<KafkaPublisher>(options, kafka_log());
    auto ear = std::make_unique<KafkaAckSource>(options, kafka_log());
    auto source = std::make_unique<KafkaEventSource>(options, kafka_log());
    ear->subscribe([](std::span<const ports::Ack>) {});
    ASSERT_TRUE(becomes(*publisher, BusState::up));
    ASSERT_TRUE(publisher->publish(note_id(1), std::vector{sample_event(1)}));
    ASSERT_TRUE(eventually([&] { return source->take(10, 50ms).size() == 1; }));
    KafkaServer::get().control("kill");
    source->done(1);

    const auto started = std::chrono::steady_clock::now();
    source.reset();
    publisher.reset();
    ear.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - started, 15s);
}

// Their ends meet a rebalance that is not answered yet, and a coordinator that is not there.
TEST_F(KafkaOutage, workers_end_in_time_whose_partitions_had_come_unseen_before_the_broker_died) {
    std::vector<std::unique_ptr<KafkaEventSource>> sources;
    for (int i = 0; i < 8; ++i) {
        KafkaOptions own = options;
        own.group += "-" + std::to_string(i);
        sources.push_back(std::make_unique<KafkaEventSource>(own, kafka_log()));
        ASSERT_TRUE(eventually([&] { return group_is_stable(own); }));
    }
    KafkaServer::get().control("kill");

    for (auto& source : sources) {
        const auto started = std::chrono::steady_clock::now();
        source.reset();
        EXPECT_LT(std::chrono::steady_clock::now() - started, 15s);
    }
}

}  // namespace
}  // namespace orderstream::contract
