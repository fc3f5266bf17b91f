#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "contract/bus_samples.h"
#include "contract/kafka_server.h"
#include "kafka/ack_source.h"
#include "kafka/codec.h"
#include "kafka/event_source.h"
#include "kafka/producer.h"
#include "kafka/publisher.h"
#include "order/limits.h"

/// What Kafka's adapter keeps beside the contract of all buses: growth, groups, poison, large bodies.
namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using kafka::KafkaEventSource;
using kafka::KafkaOptions;
using kafka::KafkaPublisher;
using testing::ElementsAre;
using testing::IsEmpty;

class KafkaBus : public testing::Test {
  protected:
    KafkaBus() { make_topics(options); }

    [[nodiscard]] std::unique_ptr<KafkaPublisher> publisher() const {
        auto made = std::make_unique<KafkaPublisher>(options, kafka_log());
        EXPECT_TRUE(eventually([&] { return made->state() == ports::BusState::up; }));
        return made;
    }
    [[nodiscard]] std::unique_ptr<KafkaEventSource> worker() const {
        return std::make_unique<KafkaEventSource>(options, kafka_log());
    }

    KafkaOptions options = KafkaServer::get().fresh_options();
};

/// Events of many customers, so of all partitions.
std::vector<ports::Event> events_of_many(int first, int count) {
    std::vector<ports::Event> events;
    for (int i = 0; i < count; ++i) events.push_back(sample_event(first + i));
    return events;
}

void collect(KafkaEventSource& source, std::vector<order::Uuid>& ids) {
    const auto taken = source.take(100, 20ms);
    for (const auto& event : taken) ids.push_back(event.event_id);
    source.done(taken.size());
}

std::set<order::Uuid> distinct(const std::vector<order::Uuid>& ids) { return {ids.begin(), ids.end()}; }

TEST_F(KafkaBus, events_lie_where_javas_partitioner_puts_their_customers) {
    const auto published = events_of_many(0, 40);
    const auto bus = publisher();
    ASSERT_TRUE(bus->publish(note_id(1), published));
    ASSERT_TRUE(bus->flush(30s));

    const auto records = TopicReader(options, options.topics.events).read();

    ASSERT_EQ(records.size(), published.size());
    for (const auto& record : records) {
        EXPECT_EQ(record.partition, kafka::partition_of(record.message.key, options.partitions)) << record.message.key;
    }
}

TEST_F(KafkaBus, a_body_of_a_mebibyte_goes_through_and_comes_out_as_an_announcement) {
    auto event = sample_event(1);
    auto row = *event.order;
    row.payload = std::make_shared<const std::string>(R"({"text":")" +
                                                      std::string(order::limits::body_bytes - 11, 'x') + R"("})");
    ASSERT_EQ(row.payload->size(), order::limits::body_bytes);
    event.order = std::make_shared<const order::Order>(row);
    const auto bus = publisher();
    const auto source = worker();
    ASSERT_TRUE(bus->publish(note_id(1), std::vector{event, event, event}));

    std::vector<ports::Event> taken;
    ASSERT_TRUE(eventually([&] {
        for (auto& one : source->take(10, 100ms)) taken.push_back(std::move(one));
        return taken.size() >= 3;
    }));

    EXPECT_EQ(*taken[2].order->payload, *row.payload);
    EXPECT_TRUE(source->send(
        {}, std::vector<ports::Announcement>{
                {.event_id = event.event_id, .order = taken[0].order, .request_id = "", .traceparent = ""}}));
    const auto announced = TopicReader(options, options.topics.created).read();
    ASSERT_EQ(announced.size(), 1u);
    EXPECT_GT(announced[0].message.value.size(), order::limits::body_bytes);
}

TEST_F(KafkaBus, a_producer_that_dies_is_replaced_and_its_notes_fail) {
    options = KafkaServer::get().fresh_options();
    make_topic(options, options.topics.events, 1, {{"max.message.bytes", "2000"}});
    // With this, librdkafka gives up for good when a broker refuses an event.
    options.properties = {{"enable.gapless.guarantee", "true"}};
    std::atomic<bool> replaced = false;
    const telemetry::Log log(telemetry::Level::error, telemetry::LogFormat::text, [&](std::string_view line) {
        if (line.find("producer is replaced") != std::string_view::npos) replaced = true;
    });
    KafkaPublisher bus(options, log);
    ASSERT_TRUE(eventually([&] { return bus.state() == ports::BusState::up; }));
    auto large = sample_event(1);
    auto row = *large.order;
    row.payload = std::make_shared<const std::string>(R"({"text":")" + std::string(4000, 'x') + R"("})");
    large.order = std::make_shared<const order::Order>(row);
    ASSERT_TRUE(bus.publish(note_id(1), std::vector{large}));

    std::vector<ports::NoteId> failed;
    EXPECT_TRUE(eventually([&] {
        const auto heard = bus.take_confirmations();
        failed.insert(failed.end(), heard.failed.begin(), heard.failed.end());
        return !failed.empty() && replaced;
    }));
    EXPECT_THAT(failed, ElementsAre(note_id(1)));
    EXPECT_TRUE(eventually([&] { return bus.publish(note_id(2), std::vector{sample_event(2)}); }));
    std::vector<ports::NoteId> settled;
    EXPECT_TRUE(eventually([&] { return !(settled = bus.take_confirmations().settled).empty(); }));
    EXPECT_THAT(settled, ElementsAre(note_id(2)));
}

// librdkafka by itself sends the first message alone, and what comes meanwhile waits for its answer.
TEST_F(KafkaBus, what_is_sent_together_leaves_together) {
    constexpr int turns = 20;
    constexpr int pieces_max = turns + turns / 2;  // a thread may lose its core in the middle
    constexpr int messages = 10;
    const auto bus = publisher();
    const auto source = worker();
    for (int turn = 0; turn < turns; ++turn) {
        std::vector<ports::Event> of_one;
        std::vector<ports::Ack> acks;
        for (int i = 0; i < messages; ++i) {
            of_one.push_back(sample_event(1, turn * messages + i + 1));
            acks.push_back(sample_ack(i));
        }
        ASSERT_TRUE(bus->publish(note_id(turn), of_one));
        ASSERT_TRUE(bus->flush(30s));
        ASSERT_TRUE(source->send(acks, {}));
    }

    const auto partition = kafka::partition_of(sample_order(1, 1, 0)->customer_id, options.partitions);
    EXPECT_LE(KafkaServer::get().record_batches(options.topics.events, partition), pieces_max);
    EXPECT_LE(KafkaServer::get().record_batches(options.topics.acks, 0), pieces_max);
    EXPECT_EQ(TopicReader(options, options.topics.acks).read().size(), std::size_t{turns * messages});
}

TEST_F(KafkaBus, what_was_done_is_committed_though_the_worker_has_more_in_hand) {
    const auto bus = publisher();
    auto source = worker();
    std::vector<ports::Event> of_one;
    for (int version = 1; version <= 9; ++version) of_one.push_back(sample_event(1, version));
    ASSERT_TRUE(bus->publish(note_id(1), of_one));
    std::size_t taken = 0;
    ASSERT_TRUE(eventually([&] { return (taken += source->take(9 - taken, 100ms).size()) == 9; }));
    source->done(5);
    source.reset();
    const auto committed = committed_by(options, options.topics.events, 4);
    EXPECT_EQ(std::ranges::max(committed), 5);
}

TEST_F(KafkaBus, a_message_nobody_can_read_goes_to_the_dead_letters_and_blocks_nobody) {
    const auto good = kafka::encode(sample_event(1), kafka::EventsKey::customer);
    write(options, options.topics.events, 2, good);
    write(options, options.topics.events, 2,
          {.key = "k",
           .value = "{\"broken\":",
           .headers = {{"x-request-id", "r-7"}, {"traceparent", "t-7"}, {"replays", "2"}}});
    write(options, options.topics.events, 2, good);
    auto source = worker();

    std::vector<order::Uuid> ids;
    ASSERT_TRUE(eventually([&] {
        collect(*source, ids);
        return ids.size() >= 2;
    }));
    source.reset();

    EXPECT_THAT(ids, ElementsAre(event_uuid(1), event_uuid(1)));
    EXPECT_EQ(committed_by(options, options.topics.events, 4)[2], 3);
    const auto letters = TopicReader(options, options.topics.dead_letters).read();
    ASSERT_EQ(letters.size(), 1u);
    const kafka::Message& letter = letters[0].message;
    EXPECT_EQ(letter.value, "{\"broken\":");
    EXPECT_EQ(letter.key, "k");
    std::map<std::string, std::string> headers;
    for (const auto& header : letter.headers) headers[header.name] = header.value;
    EXPECT_THAT(headers["error"], testing::HasSubstr("not JSON"));
    EXPECT_EQ(headers["attempts"], "1");
    EXPECT_EQ(headers["replays"], "2");
    EXPECT_EQ(headers["original-topic"], options.topics.events);
    EXPECT_EQ(headers["original-partition"], "2");
    EXPECT_EQ(headers["original-offset"], "1");
    EXPECT_EQ(headers["x-request-id"], "r-7");
    EXPECT_EQ(headers["traceparent"], "t-7");
    EXPECT_TRUE(order::parse_rfc3339(headers["failed-at"]));
}

TEST_F(KafkaBus, while_dead_letters_cannot_be_written_only_their_partition_waits) {
    delete_topic(options, options.topics.dead_letters);
    ASSERT_TRUE(eventually([&] { return partitions_of(options, options.topics.dead_letters) == 0; }));
    write(options, options.topics.events, 0, {.key = {}, .value = "poison", .headers = {}});
    write(options, options.topics.events, 0, kafka::encode(sample_event(1), kafka::EventsKey::customer));
    auto source = worker();
    for (int i = 0; i < 3; ++i) {
        write(options, options.topics.events, 1, kafka::encode(sample_event(2, i + 1), kafka::EventsKey::customer));
    }

    std::vector<order::Uuid> ids;
    ASSERT_TRUE(eventually([&] {
        collect(*source, ids);
        return ids.size() >= 3;
    }));
    for (int i = 0; i < 5; ++i) collect(*source, ids);
    EXPECT_THAT(ids, ElementsAre(event_uuid(2, 1), event_uuid(2, 2), event_uuid(2, 3)));

    make_topics(options);
    ASSERT_TRUE(eventually([&] {
        collect(*source, ids);
        return ids.size() >= 4;
    }));
    EXPECT_EQ(ids.back(), event_uuid(1));
    source.reset();
    EXPECT_THAT(committed_by(options, options.topics.events, 2), ElementsAre(2, 3));
    EXPECT_EQ(TopicReader(options, options.topics.dead_letters).read().size(), 1u);
}

TEST_F(KafkaBus, a_dead_letter_on_its_way_is_waited_for_when_its_partition_goes) {
    const KafkaOptions others = options;
    options.properties = {{"linger.ms", "2000"}, {"heartbeat.interval.ms", "500"}};
    const auto write_everywhere = [&](const kafka::Message& message) {
        for (int i = 0; i < others.partitions; ++i) write(others, others.topics.events, i, message);
    };
    const auto all_are_at = [&](std::int64_t offset) {
        const auto committed = committed_by(others, others.topics.events, others.partitions);
        return std::ranges::all_of(committed, [=](std::int64_t one) { return one == offset; });
    };
    write_everywhere(kafka::encode(sample_event(1), kafka::EventsKey::customer));
    auto first = worker();
    std::vector<order::Uuid> ids;
    ASSERT_TRUE(eventually([&] {
        collect(*first, ids);
        return all_are_at(1);
    }));

    write_everywhere({.key = {}, .value = "poison", .headers = {}});
    auto second = worker();  // it asks for a share while the letters linger
    ASSERT_TRUE(eventually([&] {
        collect(*first, ids);
        collect(*second, ids);
        return all_are_at(2);
    }));
    first.reset();
    second.reset();
    EXPECT_EQ(TopicReader(others, others.topics.dead_letters).read().size(), 4u);
}

TEST_F(KafkaBus, an_event_no_worker_can_handle_is_dead_lettered_with_its_own_bytes) {
    const auto bus = publisher();
    auto source = worker();
    ASSERT_TRUE(bus->publish(note_id(1), std::vector{sample_event(1)}));
    std::vector<ports::Event> taken;
    ASSERT_TRUE(eventually([&] { return !(taken = source->take(1, 100ms)).empty(); }));

    ASSERT_TRUE(source->dead_letter(taken[0], "unknown order"));
    ASSERT_TRUE(source->dead_letter(sample_event(2), "a retry without a message"));

    const auto letters = TopicReader(options, options.topics.dead_letters).read();
    ASSERT_EQ(letters.size(), 2u);
    EXPECT_EQ(letters[0].message.value, kafka::encode(sample_event(1), kafka::EventsKey::customer).value);
    EXPECT_EQ(letters[1].message.value, kafka::encode(sample_event(2), kafka::EventsKey::customer).value);
}

TEST_F(KafkaBus, workers_of_one_group_share_the_events_and_what_is_done_is_not_delivered_again) {
    const auto bus = publisher();
    constexpr int rounds = 30;
    constexpr int events_each = 20;
    std::vector<order::Uuid> ids;
    std::vector<order::Uuid> ids_of_other;
    auto source = worker();
    int published = 0;
    const auto publish_some = [&] {
        ASSERT_TRUE(bus->publish(note_id(published), events_of_many(published, events_each)));
        published += events_each;
    };
    publish_some();
    ASSERT_TRUE(eventually([&] {
        collect(*source, ids);
        return !ids.empty();
    }));
    std::unique_ptr<KafkaEventSource> other = worker();
    for (int round = 0; round < rounds; ++round) {
        publish_some();
        collect(*source, ids);
        collect(*other, ids_of_other);
    }
    ASSERT_TRUE(eventually([&] {
        collect(*source, ids);
        collect(*other, ids_of_other);
        if (ids_of_other.empty()) publish_some();  // until both have a share
        return !ids_of_other.empty() && static_cast<int>(ids.size() + ids_of_other.size()) >= published;
    }));
    // One leaves, the other has it all again.
    other.reset();
    publish_some();
    ASSERT_TRUE(eventually([&] {
        collect(*source, ids);
        return static_cast<int>(ids.size() + ids_of_other.size()) >= published;
    }));

    std::vector<order::Uuid> all = ids;
    all.insert(all.end(), ids_of_other.begin(), ids_of_other.end());
    EXPECT_EQ(distinct(all).size(), static_cast<std::size_t>(published));
    EXPECT_EQ(all.size(), static_cast<std::size_t>(published));
}

TEST_F(KafkaBus, a_worker_that_is_to_give_up_a_share_finishes_what_it_has_in_hand_first) {
    const auto bus = publisher();
    auto source = worker();
    const int count = 40;
    ASSERT_TRUE(bus->publish(note_id(1), events_of_many(0, count)));
    std::vector<order::Uuid> ids;
    ASSERT_TRUE(eventually([&] {
        for (const auto& event : source->take(100, 100ms)) ids.push_back(event.event_id);
        return ids.size() >= count;
    }));
    // Another comes and asks for its share, while nothing is done yet.
    std::vector<order::Uuid> ids_of_other;
    std::atomic<std::size_t> heard_by_other = 0;
    std::jthread other([&](const std::stop_token& stop) {
        const auto source_of_other = worker();
        while (!stop.stop_requested()) {
            collect(*source_of_other, ids_of_other);
            heard_by_other = ids_of_other.size();
        }
    });
    for (int i = 0; i < 20; ++i) EXPECT_THAT(source->take(100, 50ms), IsEmpty());
    source->done(ids.size());
    int published = count;
    ASSERT_TRUE(eventually([&] {
        if (heard_by_other == 0) {
            EXPECT_TRUE(bus->publish(note_id(published), events_of_many(published, 4)));
            published += 4;
        }
        collect(*source, ids);
        return heard_by_other > 0 && static_cast<int>(ids.size() + heard_by_other) >= published;
    }));
    other.request_stop();
    other.join();

    ids.insert(ids.end(), ids_of_other.begin(), ids_of_other.end());
    EXPECT_EQ(distinct(ids).size(), static_cast<std::size_t>(published));
    EXPECT_EQ(ids.size(), static_cast<std::size_t>(published));
}

}  // namespace
}  // namespace orderstream::contract
