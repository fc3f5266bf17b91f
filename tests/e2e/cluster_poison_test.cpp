#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "contract/kafka_server.h"
#include "e2e/cluster_load.h"
#include "e2e/life_orders.h"
#include "e2e/support/cluster.h"
#include "order/limits.h"
#include "order/time.h"

// What no worker can handle goes to the dead letters and blocks nobody; what only has to wait does not go there.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using Records = std::vector<contract::TopicReader::Record>;

Records dead_letters(const Cluster& cluster) {
    const kafka::KafkaOptions options = cluster.kafka_options();
    return contract::TopicReader(options, options.topics.dead_letters).read();
}

std::map<std::string, std::string> headers_of(const kafka::Message& message) {
    std::map<std::string, std::string> headers;
    for (const kafka::Header& header : message.headers) headers[header.name] = header.value;
    return headers;
}

std::string place_of(std::int32_t partition, std::int64_t offset) {
    return std::to_string(partition) + "/" + std::to_string(offset);
}

/// An event with another value, as JSON, in one of its fields.
std::string with(std::string event, const std::string& field, const std::string& value) {
    const std::size_t begin = event.find("\"" + field + "\":") + field.size() + 3;
    const std::size_t end = event[begin] == '"' ? event.find('"', begin + 1) + 1 : event.find(',', begin);
    return event.replace(begin, end - begin, value);
}

TEST(ClusterPoison, goes_to_the_dead_letters_with_its_story_and_blocks_nobody) {
    const Cluster cluster(patient);
    const auto a = cluster.start("api");
    const auto b = cluster.start("api");
    const auto worker = cluster.start("worker");
    const auto other = cluster.start("worker");
    // A letter that is being written while its partition changes hands may be written twice.
    for (const auto* joined : {&worker, &other}) ASSERT_TRUE((*joined)->logs("partitions come", 60s));
    ASSERT_TRUE(is_stored(a->ask(create(new_customer(), document("before", 1)))));
    ASSERT_TRUE(cluster.comes_to_rest());
    const kafka::KafkaOptions options = cluster.kafka_options();
    const std::string event = contract::TopicReader(options, options.topics.events).read().at(0).message.value;

    Load load({a->port(), b->port()}, 8);
    ASSERT_TRUE(load.goes_on());
    int written = 0;
    const auto poison = [&](const std::string& value) {
        contract::write(options, options.topics.events, written++ % options.partitions,
                        {.key = "its key", .value = value, .headers = {{"x-own", "kept"}, {"replays", "2"}}});
    };
    poison("this is no JSON");
    poison("");
    poison("[" + event + "]");
    poison(with(event, "order_id", "17"));
    poison(with(event, "version", "\"one\""));
    poison(with(event, "kind", "\"parcel\""));
    poison(with(event, "customer_id", "null"));
    poison(with(event, "total_amount", "true"));
    poison(std::string(2 * order::limits::body_bytes, '\xff'));
    const std::string stranger = with(event, "order_id", "\"" + new_customer() + "\"");
    poison(with(stranger, "event_id", "\"" + new_customer() + "\""));
    ASSERT_TRUE(load.goes_on(200));
    load.stop();
    EXPECT_EQ(load.refused(), 0);
    load.expect_kept(cluster);

    const auto expected = static_cast<std::size_t>(written);
    Records letters;
    EXPECT_TRUE(eventually([&] { return (letters = dead_letters(cluster)).size() >= expected; }, 60s));
    EXPECT_EQ(letters.size(), expected);
    std::map<std::string, std::string> poisons;  // by where they stand
    for (const auto& record : contract::TopicReader(options, options.topics.events).read()) {
        if (record.message.key == "its key") poisons[place_of(record.partition, record.offset)] = record.message.value;
    }
    EXPECT_EQ(poisons.size(), expected);
    const order::Time now = std::chrono::time_point_cast<order::Time::duration>(std::chrono::system_clock::now());
    for (const auto& letter : letters) {
        const std::string& value = letter.message.value;
        SCOPED_TRACE(value.substr(0, 300));
        EXPECT_EQ(letter.message.key, "its key");
        const auto headers = headers_of(letter.message);
        EXPECT_EQ(headers.at("original-topic"), options.topics.events);
        const auto original = poisons.extract(headers.at("original-partition") + "/" + headers.at("original-offset"));
        ASSERT_FALSE(original.empty()) << "of something else, or twice";
        EXPECT_TRUE(original.mapped() == value) << "its own bytes";
        const bool readable = value.starts_with("{");
        EXPECT_THAT(headers.at("error"), testing::ContainsRegex(readable ? "^its .* is |^unknown order$" : "."));
        EXPECT_LE(headers.at("error").size(), order::limits::dead_letter_error_bytes);
        EXPECT_EQ(headers.at("attempts"), "1");
        EXPECT_EQ(headers.at("replays"), "2");
        EXPECT_EQ(headers.at("x-own"), "kept");
        const auto failed_at = order::parse_rfc3339(headers.at("failed-at"));
        ASSERT_TRUE(failed_at) << headers.at("failed-at");
        EXPECT_LE(*failed_at, now);
        EXPECT_GE(*failed_at, now - 1h);
    }
    expect_announced(cluster);
}

TEST(ClusterPoison, is_not_what_only_waits_for_a_store_that_is_away) {
    // Longer than a worker may be silent before its group puts it out, which is a minute otherwise.
    const Environment impatient{{"KAFKA_CONF_SESSION_TIMEOUT_MS", "6000"}, {"KAFKA_CONF_MAX_POLL_INTERVAL_MS", "6000"}};
    const Cluster cluster(patient);
    const auto a = cluster.start("api");
    const auto b = cluster.start("api");
    const auto worker = cluster.start("worker", impatient);
    const auto other = cluster.start("worker", impatient);
    Load load({a->port(), b->port()}, 8);
    for (const char* const how : {"stop", "kill"}) {
        ASSERT_TRUE(load.goes_on());
        Cluster::control(how, "postgres");
        const long long refused = load.refused();
        const auto back_at = std::chrono::steady_clock::now() + 8s;
        EXPECT_TRUE(eventually([&] { return load.refused() > refused; }, 60s)) << "nobody notices";
        std::this_thread::sleep_until(back_at);
        Cluster::control("start", "postgres");
        ASSERT_TRUE(load.goes_on());
    }
    load.stop();
    load.expect_kept(cluster);
    expect_announced(cluster);
    EXPECT_EQ(dead_letters(cluster).size(), 0U) << dead_letters(cluster).front().message.value;
}

}  // namespace

}  // namespace orderstream::e2e
