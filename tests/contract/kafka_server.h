#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "contract/services.h"
#include "kafka/client.h"
#include "kafka/options.h"
#include "telemetry/log.h"

namespace orderstream::contract {

/// A broker of the test's own, started when it is first asked for, one for each process (see Services).
class KafkaServer {
  public:
    [[nodiscard]] static KafkaServer& get();

    [[nodiscard]] const std::string& brokers() const { return services_.address("KAFKA_BROKERS"); }
    /// stop, start or kill (kill -9).
    void control(const std::string& command) const { services_.control(command, "kafka"); }
    /// It lives and says nothing, until it is thawed.
    void freeze() const;
    void thaw() const;

    /// In how many pieces a partition's messages came: each stays in the log as it left its producer.
    [[nodiscard]] int record_batches(const std::string& topic, std::int32_t partition) const;

    /// Topics and a group of names that no other test has; the topics are not made yet.
    [[nodiscard]] kafka::KafkaOptions fresh_options();

  private:
    KafkaServer() : services_({"kafka"}) {}
    void signal(int signal) const;

    Services services_;
    int names_ = 0;
};

[[nodiscard]] const telemetry::Log& kafka_log();

/// Whether it comes to be, however slow the machine; only a failing test waits to the end.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

/// Makes the topics as the program does; throws when that fails.
void make_topics(const kafka::KafkaOptions& options);
/// Somebody else's tools.
void make_topic(const kafka::KafkaOptions& options, const std::string& name, int partitions,
                const std::vector<std::pair<std::string, std::string>>& settings = {});
void grow_topic(const kafka::KafkaOptions& options, const std::string& name, int partitions);
void delete_topic(const kafka::KafkaOptions& options, const std::string& name);
[[nodiscard]] int partitions_of(const kafka::KafkaOptions& options, const std::string& name);
void write(const kafka::KafkaOptions& options, const std::string& topic, std::int32_t partition,
           const kafka::Message& message);
/// What the group has committed, by partition; -1 where nothing.
[[nodiscard]] std::vector<std::int64_t> committed_by(const kafka::KafkaOptions& options, const std::string& topic,
                                                     int partitions);

/// Whether all members of the group know what is theirs, as the broker sees it; not while it cannot say.
[[nodiscard]] bool group_is_stable(const kafka::KafkaOptions& options);

/// Reads a topic from its start, for a test to look at what was written.
class TopicReader {
  public:
    TopicReader(const kafka::KafkaOptions& options, std::string topic);
    ~TopicReader();

    struct Record {
        std::int32_t partition;
        std::int64_t offset;
        kafka::Message message;
    };
    /// All until now: up to the ends as they are when it is called.
    [[nodiscard]] std::vector<Record> read();

  private:
    std::string topic_;
    kafka::Client client_;
};

}  // namespace orderstream::contract
