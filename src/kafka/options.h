#pragma once

#include <map>
#include <string>

namespace orderstream::kafka {

/// What an event's place in the topic depends on: events of one key keep their order.
enum class EventsKey { customer, order };

struct TopicNames {
    std::string events = "orders.events";
    std::string acks = "orders.ack";
    std::string created = "kafka.orders.created";
    std::string dead_letters = "orders-dlq";
};

/// Where the brokers are and what to call things there. The properties have passed check_properties().
struct KafkaOptions {
    std::string brokers;  ///< as librdkafka takes them: host:port, separated by commas
    TopicNames topics{};
    std::string group = "order-workers";  ///< of the workers
    int partitions = 4;                   ///< of the events' topic, at least
    EventsKey key = EventsKey::customer;
    std::map<std::string, std::string> properties{};  ///< librdkafka's own, on top of ours
};

}  // namespace orderstream::kafka
