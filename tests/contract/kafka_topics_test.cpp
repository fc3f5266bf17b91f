#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "contract/bus_samples.h"
#include "contract/kafka_server.h"
#include "kafka/event_source.h"
#include "kafka/publisher.h"
#include "kafka/topics.h"

/// The topics: made, checked, grown.
namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using kafka::ensure_topics;
using kafka::KafkaOptions;
using kafka::TopicsFault;
using testing::HasSubstr;

class KafkaTopics : public testing::Test {
  protected:
    [[nodiscard]] std::string refusal() const {
        const auto made = ensure_topics(options, kafka_log(), 30s);
        if (made) return "it is not refused";
        EXPECT_EQ(made.error().kind, TopicsFault::Kind::refused);
        return made.error().detail;
    }

    KafkaOptions options = KafkaServer::get().fresh_options();
};

TEST_F(KafkaTopics, missing_ones_are_made) {
    ASSERT_TRUE(ensure_topics(options, kafka_log(), 30s));
    EXPECT_EQ(partitions_of(options, options.topics.events), 4);
    EXPECT_EQ(partitions_of(options, options.topics.acks), 1);
    EXPECT_EQ(partitions_of(options, options.topics.created), 1);
    EXPECT_EQ(partitions_of(options, options.topics.dead_letters), 1);
    EXPECT_TRUE(ensure_topics(options, kafka_log(), 30s));
}

TEST_F(KafkaTopics, instances_that_start_at_once_make_them_together) {
    std::vector<std::jthread> instances;
    for (int i = 0; i < 4; ++i) {
        instances.emplace_back([this] {
            const auto made = ensure_topics(options, kafka_log(), 30s);
            EXPECT_TRUE(made) << made.error().detail;
        });
    }
    instances.clear();
    EXPECT_EQ(partitions_of(options, options.topics.events), 4);
}

TEST_F(KafkaTopics, the_events_topic_grows_and_never_shrinks) {
    make_topics(options);
    options.partitions = 6;
    make_topics(options);
    EXPECT_EQ(partitions_of(options, options.topics.events), 6);
    options.partitions = 2;
    make_topics(options);
    EXPECT_EQ(partitions_of(options, options.topics.events), 6);
}

TEST_F(KafkaTopics, acks_in_two_partitions_are_refused) {
    make_topic(options, options.topics.acks, 2, {{"max.message.bytes", "4194304"}});
    EXPECT_EQ(refusal(), "the topic " + options.topics.acks +
                             " has 2 partitions; it must have one, for every API reads it as a whole");
}

TEST_F(KafkaTopics, a_topic_that_takes_no_large_messages_is_refused) {
    make_topic(options, options.topics.events, 4);
    EXPECT_EQ(refusal(), "the topic " + options.topics.events +
                             " takes messages of 1048588 bytes at most; its max.message.bytes must be 4194304 or more");
}

TEST_F(KafkaTopics, no_broker_is_told_from_a_refusal) {
    options.brokers = "127.0.0.1:1";
    const auto made = ensure_topics(options, kafka_log(), 200ms);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, TopicsFault::Kind::away);
    EXPECT_THAT(made.error().detail, HasSubstr("no Kafka broker answers"));
}

TEST_F(KafkaTopics, growth_under_load_loses_nothing) {
    make_topics(options);
    kafka::KafkaPublisher publisher(options, kafka_log());
    kafka::KafkaEventSource source(options, kafka_log());
    ASSERT_TRUE(eventually([&] { return publisher.state() == ports::BusState::up; }));
    std::map<order::Uuid, int> met;
    int published = 0;
    const auto work = [&] {
        const auto taken = source.take(100, 20ms);
        for (const auto& event : taken) ++met[event.event_id];
        source.done(taken.size());
    };
    const auto publish_some = [&] {
        std::vector<ports::Event> events;
        for (int i = 0; i < 16; ++i) events.push_back(sample_event(published + i));
        if (publisher.publish(note_id(published), events)) published += 16;
    };
    for (int round = 0; round < 20; ++round) {
        publish_some();
        work();
    }
    grow_topic(options, options.topics.events, 8);

    // Until events lie in the new partitions, too, and are read from there.
    ASSERT_TRUE(eventually([&] {
        publish_some();
        work();
        const auto committed = committed_by(options, options.topics.events, 8);
        return std::count(committed.begin(), committed.end(), -1) == 0;
    }));
    ASSERT_TRUE(eventually([&] {
        work();
        return static_cast<int>(met.size()) == published;
    }));
    EXPECT_TRUE(publisher.flush(30s));
    EXPECT_EQ(publisher.take_confirmations().failed.size(), 0u);
}

}  // namespace
}  // namespace orderstream::contract
