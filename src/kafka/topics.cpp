#include "kafka/topics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "kafka/client.h"
#include "order/limits.h"

namespace orderstream::kafka {
namespace {

using namespace std::chrono_literals;
using Result = tl::expected<void, TopicsFault>;
using Milliseconds = std::chrono::milliseconds;

constexpr const char* message_bytes_setting = "max.message.bytes";
constexpr int brokers_default_replication = -1;
constexpr int one_partition = 1;

struct Wanted {
    std::string name;
    int partitions;
    bool grows;           ///< else its number is only the one it is made with
    bool has_one_reader;  ///< more partitions than one are refused
};

tl::unexpected<TopicsFault> away(std::string detail) {
    return tl::unexpected(TopicsFault{TopicsFault::Kind::away, std::move(detail)});
}
tl::unexpected<TopicsFault> refused(std::string detail) {
    return tl::unexpected(TopicsFault{TopicsFault::Kind::refused, std::move(detail)});
}

/// Whether the error is the broker's answer, not the lack of one.
bool is_answer(rd_kafka_resp_err_t error) {
    switch (static_cast<int>(error)) {
        case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
        case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
        case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
        case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION: return false;
        default: return error > 0;  // librdkafka's own are negative
    }
}

/// One round of administration, by a client of its own.
class Administration {
  public:
    Administration(const KafkaOptions& options, const telemetry::Log& log, Milliseconds timeout)
        : log_(log),
          timeout_ms_(static_cast<int>(timeout.count())),
          client_(RD_KAFKA_PRODUCER, Settings(options), log),
          queue_(rd_kafka_queue_new(client_.get())) {}

    using PartitionCounts = std::map<std::string, int>;
    [[nodiscard]] tl::expected<PartitionCounts, TopicsFault> partition_counts();
    [[nodiscard]] Result make(std::span<const Wanted> topics);
    [[nodiscard]] Result grow(const Wanted& topic);
    [[nodiscard]] Result check_settings(std::span<const Wanted> topics);
    /// Until the brokers show them as wanted: who makes a topic is answered earlier.
    [[nodiscard]] Result wait_for(std::span<const Wanted> topics);

  private:
    using Options = Handle<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
    [[nodiscard]] Options options_for(rd_kafka_admin_op_t operation) const;
    /// The answer; null when none comes.
    [[nodiscard]] EventHandle answer() const;
    [[nodiscard]] Result judge(std::span<const rd_kafka_topic_result_t* const> results, rd_kafka_resp_err_t harmless,
                               std::string_view what) const;
    [[nodiscard]] Result check(const rd_kafka_ConfigResource_t& resource) const;

    const telemetry::Log& log_;
    int timeout_ms_;
    Client client_;
    QueueHandle queue_;
};

Administration::Options Administration::options_for(rd_kafka_admin_op_t operation) const {
    Options options(rd_kafka_AdminOptions_new(client_.get(), operation));
    std::array<char, 256> error{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms_, error.data(), error.size());
    if (operation != RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS) {
        // How long a broker waits until all of them know.
        rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms_, error.data(), error.size());
    }
    return options;
}

EventHandle Administration::answer() const {
    const auto longer_than_the_request = static_cast<int>(Milliseconds(1s).count());
    return EventHandle(rd_kafka_queue_poll(queue_.get(), timeout_ms_ + longer_than_the_request));
}

tl::expected<Administration::PartitionCounts, TopicsFault> Administration::partition_counts() {
    const rd_kafka_metadata_t* answer = nullptr;
    const auto error = rd_kafka_metadata(client_.get(), 1, nullptr, &answer, timeout_ms_);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return away(std::string("no Kafka broker answers: ") + rd_kafka_err2str(error));
    }
    const MetadataHandle metadata(answer);
    PartitionCounts counts;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
        const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
        if (topic.partition_cnt > 0) counts[topic.topic] = topic.partition_cnt;
    }
    return counts;
}

Result Administration::judge(std::span<const rd_kafka_topic_result_t* const> results, rd_kafka_resp_err_t harmless,
                             std::string_view what) const {
    for (const rd_kafka_topic_result_t* result : results) {
        const auto error = rd_kafka_topic_result_error(result);
        const std::string name = rd_kafka_topic_result_name(result);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
            log_.info(what, {{"topic", name}});
        } else if (error != harmless) {
            const char* const said = rd_kafka_topic_result_error_string(result);
            std::string detail = std::string(what) + " " + name + ": " + (said ? said : rd_kafka_err2str(error));
            return is_answer(error) ? refused(std::move(detail)) : away(std::move(detail));
        }
    }
    return {};
}

Result Administration::make(std::span<const Wanted> topics) {
    std::vector<Handle<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>> owned;
    std::vector<rd_kafka_NewTopic_t*> fresh;
    for (const Wanted& topic : topics) {
        std::array<char, 256> error{};
        owned.emplace_back(rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, brokers_default_replication,
                                                 error.data(), error.size()));
        if (owned.back() == nullptr) return refused("the topic " + topic.name + " cannot be made: " + error.data());
        rd_kafka_NewTopic_set_config(owned.back().get(), message_bytes_setting,
                                     std::to_string(order::limits::message_bytes_max).c_str());
        fresh.push_back(owned.back().get());
    }
    rd_kafka_CreateTopics(client_.get(), fresh.data(), fresh.size(), options_for(RD_KAFKA_ADMIN_OP_CREATETOPICS).get(),
                          queue_.get());
    const EventHandle event = answer();
    const rd_kafka_CreateTopics_result_t* made =
        event == nullptr ? nullptr : rd_kafka_event_CreateTopics_result(event.get());
    if (made == nullptr || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return away("no Kafka broker makes topics");
    }
    std::size_t count = 0;
    const rd_kafka_topic_result_t** const results = rd_kafka_CreateTopics_result_topics(made, &count);
    // Another instance that starts now may have been quicker.
    return judge({results, count}, RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, "making a topic");
}

Result Administration::grow(const Wanted& topic) {
    std::array<char, 256> error{};
    const Handle<rd_kafka_NewPartitions_t, rd_kafka_NewPartitions_destroy> wanted(rd_kafka_NewPartitions_new(
        topic.name.c_str(), static_cast<std::size_t>(topic.partitions), error.data(), error.size()));
    if (wanted == nullptr) return refused("the topic " + topic.name + " cannot grow: " + error.data());
    rd_kafka_NewPartitions_t* one = wanted.get();
    rd_kafka_CreatePartitions(client_.get(), &one, 1, options_for(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS).get(),
                              queue_.get());
    const EventHandle event = answer();
    const rd_kafka_CreatePartitions_result_t* grown =
        event == nullptr ? nullptr : rd_kafka_event_CreatePartitions_result(event.get());
    if (grown == nullptr || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return away("no Kafka broker makes partitions");
    }
    std::size_t count = 0;
    const rd_kafka_topic_result_t** const results = rd_kafka_CreatePartitions_result_topics(grown, &count);
    // It has as many already, or more.
    return judge({results, count}, RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, "growing a topic");
}

Result Administration::check_settings(std::span<const Wanted> topics) {
    std::vector<Handle<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>> owned;
    std::vector<rd_kafka_ConfigResource_t*> asked;
    for (const Wanted& topic : topics) {
        owned.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
        asked.push_back(owned.back().get());
    }
    rd_kafka_DescribeConfigs(client_.get(), asked.data(), asked.size(),
                             options_for(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS).get(), queue_.get());
    const EventHandle event = answer();
    const rd_kafka_DescribeConfigs_result_t* described =
        event == nullptr ? nullptr : rd_kafka_event_DescribeConfigs_result(event.get());
    if (described == nullptr || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return away("no Kafka broker describes topics");
    }
    std::size_t count = 0;
    const rd_kafka_ConfigResource_t** const resources = rd_kafka_DescribeConfigs_result_resources(described, &count);
    for (const rd_kafka_ConfigResource_t* resource : std::span(resources, count)) {
        if (Result checked = check(*resource); !checked) return checked;
    }
    return {};
}

Result Administration::check(const rd_kafka_ConfigResource_t& resource) const {
    const std::string name = rd_kafka_ConfigResource_name(&resource);
    const auto error = rd_kafka_ConfigResource_error(&resource);
    if (error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
        log_.warn("a topic's settings may not be looked at", {{"topic", name}});
        return {};
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return away("the settings of the topic " + name + " are not known: " + rd_kafka_err2str(error));
    }
    std::size_t count = 0;
    const rd_kafka_ConfigEntry_t** const entries = rd_kafka_ConfigResource_configs(&resource, &count);
    for (const rd_kafka_ConfigEntry_t* entry : std::span(entries, count)) {
        if (std::string_view(rd_kafka_ConfigEntry_name(entry)) != message_bytes_setting) continue;
        const char* const value = rd_kafka_ConfigEntry_value(entry);
        const std::string_view text = value == nullptr ? "" : value;
        std::size_t bytes = 0;
        std::from_chars(text.data(), text.data() + text.size(), bytes);
        if (bytes >= order::limits::message_bytes_max) continue;
        return refused("the topic " + name + " takes messages of " + std::string(text) + " bytes at most; its " +
                       message_bytes_setting + " must be " + std::to_string(order::limits::message_bytes_max) +
                       " or more");
    }
    return {};
}

Result Administration::wait_for(std::span<const Wanted> topics) {
    constexpr auto pause = 20ms;
    const auto deadline = std::chrono::steady_clock::now() + Milliseconds(timeout_ms_);
    for (;;) {
        const auto counts = partition_counts();
        if (!counts) return tl::unexpected(counts.error());
        const auto unseen = std::ranges::find_if(topics, [&](const Wanted& topic) {
            const auto found = counts->find(topic.name);
            return found == counts->end() || (topic.grows && found->second < topic.partitions);
        });
        if (unseen == topics.end()) return {};
        if (std::chrono::steady_clock::now() > deadline) return away("the topic " + unseen->name + " does not show up");
        std::this_thread::sleep_for(pause);
    }
}

/// Whether anything had to be made. What was, is looked at in the next round: somebody else may have been quicker, and
/// have made it otherwise.
tl::expected<bool, TopicsFault> look_after(std::span<const Wanted> wanted, Administration& administration) {
    const auto counts = administration.partition_counts();
    if (!counts) return tl::unexpected(counts.error());
    std::vector<Wanted> missing;
    std::vector<Wanted> present;
    bool changed = false;
    for (const Wanted& topic : wanted) {
        const auto found = counts->find(topic.name);
        if (found == counts->end()) {
            missing.push_back(topic);
            continue;
        }
        present.push_back(topic);
        if (topic.has_one_reader && found->second > one_partition) {
            return refused("the topic " + topic.name + " has " + std::to_string(found->second) +
                           " partitions; it must have one, for every API reads it as a whole");
        }
        if (topic.grows && found->second < topic.partitions) {
            if (Result grown = administration.grow(topic); !grown) return tl::unexpected(grown.error());
            changed = true;
        }
    }
    if (!present.empty()) {
        if (Result checked = administration.check_settings(present); !checked) return tl::unexpected(checked.error());
    }
    if (!missing.empty()) {
        if (Result made = administration.make(missing); !made) return tl::unexpected(made.error());
        changed = true;
    }
    return changed;
}

}  // namespace

Result ensure_topics(const KafkaOptions& options, const telemetry::Log& log, Milliseconds timeout) {
    const TopicNames& names = options.topics;
    const std::vector<Wanted> wanted{
        {.name = names.events, .partitions = options.partitions, .grows = true, .has_one_reader = false},
        {.name = names.acks, .partitions = one_partition, .grows = false, .has_one_reader = true},
        {.name = names.created, .partitions = one_partition, .grows = false, .has_one_reader = false},
        {.name = names.dead_letters, .partitions = one_partition, .grows = false, .has_one_reader = false}};

    Administration administration(options, log, timeout);
    constexpr int rounds_max = 3;
    for (int round = 0; round < rounds_max; ++round) {
        const auto changed = look_after(wanted, administration);
        if (!changed) return tl::unexpected(changed.error());
        if (!*changed) return {};
        if (Result seen = administration.wait_for(wanted); !seen) return seen;
    }
    return away("the topics change while they are looked at");
}

struct TopicKeeper::Parts {
    Parts(const KafkaOptions& its_options, const telemetry::Log& its_log) : options(its_options), log(its_log) {}
    void run(const std::stop_token& stop);

    const KafkaOptions options;
    const telemetry::Log& log;
    mutable std::mutex mutex;
    std::condition_variable_any ended;
    std::string trouble = "the topics are not looked at yet";
    std::jthread thread;
};

TopicKeeper::TopicKeeper(const KafkaOptions& options, const telemetry::Log& log)
    : parts_(std::make_unique<Parts>(options, log)) {
    parts_->thread = std::jthread([parts = parts_.get()](const std::stop_token& stop) { parts->run(stop); });
}

TopicKeeper::~TopicKeeper() = default;

std::string TopicKeeper::trouble() const {
    const std::lock_guard lock(parts_->mutex);
    return parts_->trouble;
}

void TopicKeeper::Parts::run(const std::stop_token& stop) {
    constexpr auto timeout = 2s;
    constexpr auto soon = 250ms;
    constexpr auto later = 5s;
    while (!stop.stop_requested()) {
        const Result result = ensure_topics(options, log, timeout);
        std::unique_lock lock(mutex);
        std::string before = std::exchange(trouble, result ? std::string() : result.error().detail);
        if (result) return;
        const bool is_refused = result.error().kind == TopicsFault::Kind::refused;
        if (before != trouble) log.write(is_refused ? telemetry::Level::error : telemetry::Level::warn, trouble);
        ended.wait_for(lock, stop, is_refused ? Milliseconds(later) : Milliseconds(soon), [] { return false; });
    }
}

}  // namespace orderstream::kafka
