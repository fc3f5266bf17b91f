#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "kafka/client.h"

namespace orderstream::kafka {

/// An idempotent producer with one request in flight: what comes meanwhile goes out together. It does not poll itself:
/// its owner takes the events (delivery reports, errors) out of queue(). produce() is thread-safe and never blocks.
class Producer {
  public:
    static constexpr std::int32_t by_key = RD_KAFKA_PARTITION_UA;

    Producer(const KafkaOptions& options, const telemetry::Log& log);
    /// What is still in its queue is dropped.
    ~Producer();

    /// `tag` comes back with the delivery report; an error means that there will be none.
    [[nodiscard]] rd_kafka_resp_err_t produce(const std::string& topic, std::int32_t partition, const Message& message,
                                              std::uint64_t tag);

    [[nodiscard]] EventHandle next_event(int timeout_ms) const {
        return EventHandle(rd_kafka_queue_poll(queue_.get(), timeout_ms));
    }
    [[nodiscard]] rd_kafka_t* get() const { return client_.get(); }
    /// Of no more use: a new one must take its place.
    [[nodiscard]] bool is_dead() const {
        return rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
    }

  private:
    Client client_;
    QueueHandle queue_;
};

[[nodiscard]] inline std::uint64_t tag_of(const rd_kafka_message_t& report) {
    return reinterpret_cast<std::uintptr_t>(report._private);
}

/// Where Java's partitioner puts a key in a topic of so many partitions (murmur2, Kafka's own); the key is not empty.
[[nodiscard]] std::int32_t partition_of(std::string_view key, std::int32_t partitions);

}  // namespace orderstream::kafka
