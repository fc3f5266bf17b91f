#include "kafka/producer.h"

#include <utility>

#include "order/limits.h"

namespace orderstream::kafka {
namespace {

Settings settings_of(const KafkaOptions& options) {
    namespace limits = order::limits;
    Settings settings(options);
    settings.set("acks", "all")
        .set("enable.idempotence", "true")
        .set("max.in.flight.requests.per.connection", "1")
        .set("partitioner", "murmur2_random")
        .set_default("linger.ms", "5")
        .set_default("request.timeout.ms", "10000")
        .set_default("message.timeout.ms", std::to_string(std::chrono::milliseconds(limits::message_timeout).count()));
    return settings;
}

std::uint64_t tag_of(const rd_kafka_message_t& report) { return reinterpret_cast<std::uintptr_t>(report._private); }

Client::Hooks hooks_of(Producer::Hooks hooks) {
    Client::Hooks all;
    all.on_report = [tell = std::move(hooks.on_report)](const rd_kafka_message_t& report) {
        tell(tag_of(report), report.err);
    };
    all.on_error = std::move(hooks.on_error);
    return all;
}

}  // namespace

Producer::Producer(const KafkaOptions& options, const telemetry::Log& log, Hooks hooks)
    : client_(RD_KAFKA_PRODUCER, settings_of(options), log, hooks_of(std::move(hooks))) {}

Producer::~Producer() { rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT); }

rd_kafka_resp_err_t Producer::produce(const std::string& topic, std::int32_t partition, const Message& message,
                                      std::uint64_t tag) {
    // rd_kafka_produce_batch() takes no headers.
    rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
    for (const Header& header : message.headers) {
        rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()), header.value.data(),
                            static_cast<ssize_t>(header.value.size()));
    }
    // It copies the value, and takes the headers unless it fails.
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(message.key.empty() ? nullptr : message.key.data(), message.key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(message.value.data()), message.value.size()), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(static_cast<std::uintptr_t>(tag))), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
    return error;
}

void Producer::flush(std::chrono::milliseconds timeout) {
    rd_kafka_flush(client_.get(), static_cast<int>(timeout.count()));
}

void Producer::listen(std::chrono::milliseconds timeout) {
    rd_kafka_poll(client_.get(), static_cast<int>(timeout.count()));
}

std::int32_t partition_of(std::string_view key, std::int32_t partitions) {
    return rd_kafka_msg_partitioner_murmur2_random(nullptr, key.data(), key.size(), partitions, nullptr, nullptr);
}

}  // namespace orderstream::kafka
