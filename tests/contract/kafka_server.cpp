#include "contract/kafka_server.h"

#include <boost/endian/conversion.hpp>
#include <fmt/format.h>
#include <sys/types.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <span>
#include <stdexcept>

#include "kafka/producer.h"
#include "kafka/topics.h"

namespace orderstream::contract {
namespace {

using kafka::KafkaOptions;
constexpr int patience_ms = 30'000;

void must(rd_kafka_resp_err_t error, const char* what) {
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw std::runtime_error(fmt::format("{}: {}", what, rd_kafka_err2str(error)));
}

/// Runs one administrative call and answers its event.
template <class Call>
kafka::EventHandle administer(const KafkaOptions& options, const char* what, const Call& call) {
    const kafka::Client client(RD_KAFKA_PRODUCER, kafka::Settings(options), kafka_log());
    const kafka::QueueHandle queue(rd_kafka_queue_new(client.get()));
    call(client.get(), queue.get());
    kafka::EventHandle event(rd_kafka_queue_poll(queue.get(), patience_ms));
    if (event == nullptr) throw std::runtime_error(fmt::format("{}: no answer", what));
    must(rd_kafka_event_error(event.get()), what);
    return event;
}

void must_all(std::span<const rd_kafka_topic_result_t* const> results, const char* what) {
    for (const auto* result : results) must(rd_kafka_topic_result_error(result), what);
}

std::int32_t count_partitions(rd_kafka_t* client, const std::string& name) {
    const rd_kafka_metadata_t* answer = nullptr;
    must(rd_kafka_metadata(client, 1, nullptr, &answer, patience_ms), "metadata");
    const kafka::MetadataHandle metadata(answer);
    for (int i = 0; i < metadata->topic_cnt; ++i) {
        if (name == metadata->topics[i].topic) return metadata->topics[i].partition_cnt;
    }
    return 0;
}

struct Ends {
    std::int64_t first = 0;
    std::int64_t next = 0;
};

/// A partition that was made a moment ago has no leader yet, or not the one that is known.
Ends ends_of(rd_kafka_t* client, const std::string& topic, std::int32_t partition) {
    Ends ends;
    auto error = RD_KAFKA_RESP_ERR_NO_ERROR;
    (void)eventually([&] {
        error =
            rd_kafka_query_watermark_offsets(client, topic.c_str(), partition, &ends.first, &ends.next, patience_ms);
        return error != RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION && error != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    });
    must(error, "ends");
    return ends;
}

kafka::Settings reader_settings(const KafkaOptions& options) {
    kafka::Settings settings(options);
    settings.set("group.id", options.group + "-reader")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest");
    return settings;
}

}  // namespace

KafkaServer& KafkaServer::get() {
    static KafkaServer server;
    return server;
}

void KafkaServer::signal(int signal) const {
    pid_t pid = 0;
    std::ifstream(services_.folder() + "/kafka/process") >> pid;
    if (pid <= 0 || ::kill(pid, signal) != 0) throw std::runtime_error("the broker cannot be signalled");
}
void KafkaServer::freeze() const { signal(SIGSTOP); }
void KafkaServer::thaw() const { signal(SIGCONT); }

int KafkaServer::record_batches(const std::string& topic, std::int32_t partition) const {
    std::ifstream log(fmt::format("{}/kafka/data/{}-{}/00000000000000000000.log", services_.folder(), topic, partition),
                      std::ios::binary);
    if (!log) throw std::runtime_error("no log of topic " + topic);
    // Each begins with an offset, of 8 bytes, and the length of what follows, of 4.
    int batches = 0;
    std::array<unsigned char, 12> head{};
    while (log.read(reinterpret_cast<char*>(head.data()), head.size())) {
        log.seekg(boost::endian::load_big_u32(&head[8]), std::ios::cur);
        ++batches;
    }
    return batches;
}

KafkaOptions KafkaServer::fresh_options() {
    const int number = ++names_;
    return {.brokers = brokers(),
            .topics = {.events = fmt::format("events-{}", number),
                       .acks = fmt::format("ack-{}", number),
                       .created = fmt::format("created-{}", number),
                       .dead_letters = fmt::format("dlq-{}", number)},
            .group = fmt::format("workers-{}", number)};
}

const telemetry::Log& kafka_log() {
    static const telemetry::Log log(::getenv("ORDERSTREAM_TEST_LOG") != nullptr ? telemetry::Level::debug
                                                                                : telemetry::Level::off);
    return log;
}

void make_topics(const KafkaOptions& options) {
    const auto made = kafka::ensure_topics(options, kafka_log(), std::chrono::milliseconds(patience_ms));
    if (!made) throw std::runtime_error(made.error().detail);
}

void make_topic(const KafkaOptions& options, const std::string& name, int partitions,
                const std::vector<std::pair<std::string, std::string>>& settings) {
    std::array<char, 256> error{};
    const kafka::Handle<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy> topic(
        rd_kafka_NewTopic_new(name.c_str(), partitions, 1, error.data(), error.size()));
    for (const auto& [key, value] : settings) rd_kafka_NewTopic_set_config(topic.get(), key.c_str(), value.c_str());
    rd_kafka_NewTopic_t* one = topic.get();
    const auto event = administer(options, "create", [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
        rd_kafka_CreateTopics(client, &one, 1, nullptr, queue);
    });
    std::size_t count = 0;
    const auto* const* results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    must_all({results, count}, "create");
}

void grow_topic(const KafkaOptions& options, const std::string& name, int partitions) {
    std::array<char, 256> error{};
    const kafka::Handle<rd_kafka_NewPartitions_t, rd_kafka_NewPartitions_destroy> wanted(
        rd_kafka_NewPartitions_new(name.c_str(), static_cast<std::size_t>(partitions), error.data(), error.size()));
    rd_kafka_NewPartitions_t* one = wanted.get();
    const auto event = administer(options, "grow", [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
        rd_kafka_CreatePartitions(client, &one, 1, nullptr, queue);
    });
    std::size_t count = 0;
    const auto* const* results =
        rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
    must_all({results, count}, "grow");
}

void delete_topic(const KafkaOptions& options, const std::string& name) {
    const kafka::Handle<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy> doomed(
        rd_kafka_DeleteTopic_new(name.c_str()));
    rd_kafka_DeleteTopic_t* one = doomed.get();
    const auto event = administer(options, "delete", [&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
        rd_kafka_DeleteTopics(client, &one, 1, nullptr, queue);
    });
    std::size_t count = 0;
    const auto* const* results =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
    must_all({results, count}, "delete");
}

int partitions_of(const KafkaOptions& options, const std::string& name) {
    const kafka::Client client(RD_KAFKA_PRODUCER, kafka::Settings(options), kafka_log());
    return count_partitions(client.get(), name);
}

void write(const KafkaOptions& options, const std::string& topic, std::int32_t partition,
           const kafka::Message& message) {
    std::optional<rd_kafka_resp_err_t> report;
    kafka::Producer producer(options, kafka_log(),
                             {.on_report = [&](std::uint64_t, rd_kafka_resp_err_t error) { report = error; },
                              .on_error = [](std::string_view) {}});
    must(producer.produce(topic, partition, message, 1), "produce");
    producer.flush(std::chrono::milliseconds(patience_ms));
    if (!report) throw std::runtime_error("produce: no report");
    must(*report, "produce");
}

std::vector<std::int64_t> committed_by(const KafkaOptions& options, const std::string& topic, int partitions) {
    kafka::Settings settings(options);
    settings.set("group.id", options.group).set("enable.auto.commit", "false");
    const kafka::Client client(RD_KAFKA_CONSUMER, std::move(settings), kafka_log());
    const kafka::PartitionsHandle list(rd_kafka_topic_partition_list_new(partitions));
    for (int i = 0; i < partitions; ++i) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i);
    must(rd_kafka_committed(client.get(), list.get(), patience_ms), "committed");
    std::vector<std::int64_t> offsets;
    for (int i = 0; i < list->cnt; ++i) offsets.push_back(list->elems[i].offset < 0 ? -1 : list->elems[i].offset);
    return offsets;
}

bool group_is_stable(const KafkaOptions& options) {
    const kafka::Client client(RD_KAFKA_PRODUCER, kafka::Settings(options), kafka_log());
    const rd_kafka_group_list* answer = nullptr;
    const auto error = rd_kafka_list_groups(client.get(), options.group.c_str(), &answer, patience_ms);
    const kafka::Handle<const rd_kafka_group_list, rd_kafka_group_list_destroy> groups(answer);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR && groups->group_cnt == 1 &&
           std::string_view(groups->groups[0].state) == "Stable";
}

TopicReader::TopicReader(const KafkaOptions& options, std::string topic)
    : topic_(std::move(topic)), client_(RD_KAFKA_CONSUMER, reader_settings(options), kafka_log()) {
    rd_kafka_poll_set_consumer(client_.get());
}

TopicReader::~TopicReader() { rd_kafka_consumer_close(client_.get()); }

std::vector<TopicReader::Record> TopicReader::read() {
    const int partitions = count_partitions(client_.get(), topic_);
    const kafka::PartitionsHandle all(rd_kafka_topic_partition_list_new(partitions));
    std::map<std::int32_t, std::int64_t> missing;
    for (int i = 0; i < partitions; ++i) {
        const Ends ends = ends_of(client_.get(), topic_, i);
        rd_kafka_topic_partition_list_add(all.get(), topic_.c_str(), i)->offset = ends.first;
        if (ends.next > ends.first) missing[i] = ends.next;
    }
    must(rd_kafka_assign(client_.get(), all.get()), "assign");
    std::vector<Record> records;
    while (!missing.empty()) {
        const kafka::MessageHandle message(rd_kafka_consumer_poll(client_.get(), patience_ms));
        if (message == nullptr) throw std::runtime_error("the topic cannot be read to its end");
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        records.push_back({message->partition, message->offset, kafka::copy_of(*message)});
        const auto end = missing.find(message->partition);
        if (end != missing.end() && message->offset + 1 >= end->second) missing.erase(end);
    }
    return records;
}

}  // namespace orderstream::contract
