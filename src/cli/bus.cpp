#include "cli/bus.h"

#include <chrono>
#include <utility>

#include "inprocess/in_process_bus.h"
#include "kafka/ack_source.h"
#include "kafka/event_source.h"
#include "kafka/publisher.h"
#include "kafka/topics.h"

namespace orderstream::cli {

namespace {

using namespace std::chrono_literals;

/// For each step of the first look at the topics. When no broker answers by then, they are looked after later on.
constexpr std::chrono::milliseconds topics_patience = 3s;

BusPart make_in_process(const telemetry::Log& log) {
    auto bus = std::make_shared<inprocess::InProcessBus>([&log](const ports::Event& event, const std::string& error) {
        log.error(
            "an event that no worker can handle",
            {{"order_id", order::to_string(event.order->id)}, {"request_id", event.request_id}, {"error", error}});
    });
    return {.engine = "in-process", .publisher = bus, .acks = bus, .events = bus, .trouble = [] { return ""; }};
}

kafka::KafkaOptions options_of(const config::Kafka& config) {
    return {.brokers = config.brokers,
            .topics = {.events = config.events_topic,
                       .acks = config.ack_topic,
                       .created = config.created_topic,
                       .dead_letters = config.dead_letter_topic},
            .group = config.worker_group,
            .partitions = config.partitions,
            .key = config.events_key == config::EventsKey::order ? kafka::EventsKey::order : kafka::EventsKey::customer,
            .properties = config.properties};
}

tl::expected<BusPart, std::string> make_kafka(const config::Kafka& config, config::Role role,
                                              const telemetry::Log& log) {
    const kafka::KafkaOptions options = options_of(config);
    const auto topics = kafka::ensure_topics(options, log, topics_patience);
    const bool refused = !topics && topics.error().kind == kafka::TopicsFault::Kind::refused;
    if (refused) return tl::unexpected(topics.error().detail);
    std::shared_ptr<kafka::TopicKeeper> keeper;
    if (!topics) keeper = std::make_shared<kafka::TopicKeeper>(options, log);

    BusPart bus{.engine = "kafka", .publisher = {}, .acks = {}, .events = {}, .trouble = {}};
    std::shared_ptr<kafka::KafkaPublisher> publisher;
    if (role != config::Role::worker) {
        bus.publisher = publisher = std::make_shared<kafka::KafkaPublisher>(options, log);
        bus.acks = std::make_shared<kafka::KafkaAckSource>(options, log);
    }
    std::shared_ptr<kafka::KafkaEventSource> events;
    if (role != config::Role::api) bus.events = events = std::make_shared<kafka::KafkaEventSource>(options, log);
    bus.trouble = [keeper, publisher, events]() -> std::string {
        if (publisher != nullptr && publisher->state() == ports::BusState::away) return "no broker answers";
        if (events != nullptr) {
            if (std::string trouble = events->trouble(); !trouble.empty()) return trouble;
        }
        return keeper == nullptr ? "" : keeper->trouble();
    };
    return bus;
}

}  // namespace

tl::expected<BusPart, std::string> make_bus(const config::Config& config, config::Role role,
                                            const telemetry::Log& log) {
    if (config.kafka.named()) return make_kafka(config.kafka, role, log);
    return make_in_process(log);
}

}  // namespace orderstream::cli
