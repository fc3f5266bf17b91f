#include "kafka/ack_source.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kafka/client.h"
#include "kafka/codec.h"
#include "order/limits.h"

namespace orderstream::kafka {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t partition = 0;
constexpr int poll_ms = 100;
constexpr int end_timeout_ms = 500;

Settings settings_of(const KafkaOptions& options) {
    Settings settings(options);
    settings
        .set("enable.auto.commit", "false")
        // An offset that is not there any more: the topic was made anew.
        .set("auto.offset.reset", "latest")
        .set_default("fetch.wait.max.ms", "100")
        .set_default("fetch.error.backoff.ms", "100")
        .set_default("queued.max.messages.kbytes", std::to_string(order::limits::prefetch_bytes / 1024));
    return settings;
}

}  // namespace

struct KafkaAckSource::Parts {
    Parts(const KafkaOptions& options, const telemetry::Log& its_log)
        : log(its_log),
          name(options.topics.acks),
          client(RD_KAFKA_CONSUMER, settings_of(options), log),
          topic(rd_kafka_topic_new(client.get(), name.c_str(), nullptr)) {}

    void run(const std::stop_token& stop);
    [[nodiscard]] bool start_at_end();
    void listen();
    void add(const rd_kafka_message_t& message, std::vector<ports::Ack>& acks);

    const telemetry::Log& log;
    const std::string name;
    Client client;
    TopicHandle topic;
    ports::AckSource::Handler handler;
    std::atomic<bool> positioned = false;
    std::string last_error;
    std::jthread thread;
};

KafkaAckSource::KafkaAckSource(const KafkaOptions& options, const telemetry::Log& log)
    : parts_(std::make_unique<Parts>(options, log)) {}

KafkaAckSource::~KafkaAckSource() = default;

void KafkaAckSource::subscribe(Handler handler) {
    parts_->handler = std::move(handler);
    parts_->thread = std::jthread([parts = parts_.get()](const std::stop_token& stop) { parts->run(stop); });
}

bool KafkaAckSource::positioned() const { return parts_->positioned; }

void KafkaAckSource::Parts::run(const std::stop_token& stop) {
    while (!stop.stop_requested() && !start_at_end()) std::this_thread::sleep_for(50ms);
    if (!positioned) return;
    while (!stop.stop_requested()) listen();
    rd_kafka_consume_stop(topic.get(), partition);
}

bool KafkaAckSource::Parts::start_at_end() {
    std::int64_t first = 0;
    std::int64_t end = 0;
    const auto error =
        rd_kafka_query_watermark_offsets(client.get(), name.c_str(), partition, &first, &end, end_timeout_ms);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR || rd_kafka_consume_start(topic.get(), partition, end) != 0) return false;
    positioned = true;
    return true;
}

void KafkaAckSource::Parts::listen() {
    std::vector<ports::Ack> acks;
    int wait = poll_ms;
    while (acks.size() < order::limits::acks_heard_max) {
        const MessageHandle message(rd_kafka_consume(topic.get(), partition, wait));
        if (message == nullptr) break;
        wait = 0;
        add(*message, acks);
    }
    if (!acks.empty()) handler(acks);
    rd_kafka_poll(client.get(), 0);
}

void KafkaAckSource::Parts::add(const rd_kafka_message_t& message, std::vector<ports::Ack>& acks) {
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        std::string error = rd_kafka_message_errstr(&message);
        if (error != last_error) log.warn("Kafka's consumer", {{"topic", name}, {"error", error}});
        last_error = std::move(error);
        return;
    }
    last_error.clear();
    auto ack =
        decode_ack(value_of(message), header_of(message, request_id_header), header_of(message, traceparent_header));
    if (ack) {
        acks.push_back(std::move(*ack));
    } else {
        // Whoever waits for it asks the store.
        log.warn("an ACK cannot be read", {{"topic", name}, {"offset", message.offset}, {"error", ack.error()}});
    }
}

}  // namespace orderstream::kafka
