#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "kafka/client.h"

namespace orderstream::kafka {

/// An idempotent producer with one request in flight: what comes meanwhile goes out together. Left to itself librdkafka
/// would also send the first message of a batch alone, while the others are still being put in: here they wait for
/// flush(), or for 5 ms. produce() is thread-safe and never blocks; the rest is for one thread. Whoever the hooks
/// belong to must outlive it.
class Producer {
  public:
    static constexpr std::int32_t by_key = RD_KAFKA_PARTITION_UA;

    /// Called within flush() and listen(), on their thread; they must not throw.
    struct Hooks {
        std::function<void(std::uint64_t tag, rd_kafka_resp_err_t error)> on_report;
        std::function<void(std::string_view why)> on_error;  ///< a broker is away, say; it goes on trying
    };

    Producer(const KafkaOptions& options, const telemetry::Log& log, Hooks hooks);
    /// What is still in its queue is dropped.
    ~Producer();

    /// `tag` comes back with the delivery report; an error means that there will be none.
    [[nodiscard]] rd_kafka_resp_err_t produce(const std::string& topic, std::int32_t partition, const Message& message,
                                              std::uint64_t tag);

    /// Sends what is there, and waits for all reports, for so long at most.
    void flush(std::chrono::milliseconds timeout);
    /// Within a hook: what is still on its way need not be waited for.
    void end_flush() { rd_kafka_yield(client_.get()); }
    /// Waits for the next report at most.
    void listen(std::chrono::milliseconds timeout);
    [[nodiscard]] rd_kafka_t* get() const { return client_.get(); }
    /// Of no more use: a new one must take its place.
    [[nodiscard]] bool is_dead() const {
        return rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
    }

  private:
    Client client_;
};

/// Where Java's partitioner puts a key in a topic of so many partitions (murmur2, Kafka's own); the key is not empty.
[[nodiscard]] std::int32_t partition_of(std::string_view key, std::int32_t partitions);

}  // namespace orderstream::kafka
