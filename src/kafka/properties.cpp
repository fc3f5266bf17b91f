#include "kafka/properties.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>
#include <string_view>

namespace orderstream::kafka {
namespace {

struct Fixed {
    std::string_view name;
    std::string_view why;
};

// Under both names where librdkafka has two.
constexpr Fixed fixed[] = {
    {"bootstrap.servers", "KAFKA_BROKERS says it"},
    {"metadata.broker.list", "KAFKA_BROKERS says it"},
    {"group.id", "WORKER_GROUP and KAFKA_GROUP_ID say it"},
    {"acks", "no event may be lost"},
    {"request.required.acks", "no event may be lost"},
    {"enable.idempotence", "no event may be lost or overtaken"},
    {"max.in.flight", "what waits goes out together"},
    {"max.in.flight.requests.per.connection", "what waits goes out together"},
    {"transactional.id", "nothing here is transactional"},
    {"delivery.report.only.error", "notes settle by these reports"},
    {"dr.cb", "notes settle by these reports"},
    {"partitioner", "ORDERS_EVENTS_KEY says the key, Java's partitioner the place"},
    {"message.max.bytes", "the topics' max.message.bytes must match"},
    {"enable.auto.commit", "an offset is committed when its event is done"},
    {"auto.commit.enable", "an offset is committed when its event is done"},
    {"enable.auto.offset.store", "an offset is committed when its event is done"},
    {"offset.store.method", "offsets are kept by the brokers"},
    {"auto.offset.reset", "workers begin with the earliest event, APIs with the next ACK"},
    {"partition.assignment.strategy", "librdkafka's cooperative one has a fault"},
    {"group.instance.id", "each worker is a member of its own"},
    {"enable.partition.eof", "an end is no message"},
    {"allow.auto.create.topics", "topics are made with the settings they need"},
    {"log.queue", "the log is written at once"},
    {"enabled.events", "it belongs to the program"},
    {"enable.sasl.queue", "it belongs to the program"},
    {"test.mock.num.brokers", "it is for tests of librdkafka"},
};

// As src/config writes KAFKA_CONF_ names, every `_` is a dot; librdkafka has one property with an underscore in it.
constexpr std::string_view log_level = "log.level";

}  // namespace

std::vector<PropertyProblem> check_properties(const std::map<std::string, std::string>& properties) {
    const std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(),
                                                                                  rd_kafka_conf_destroy);
    std::vector<PropertyProblem> problems;
    for (const auto& [name, value] : properties) {
        const Fixed* owner = nullptr;
        for (const Fixed& one : fixed) {
            if (one.name == name) owner = &one;
        }
        if (owner != nullptr) {
            problems.push_back({name, "may not be set: " + std::string(owner->why)});
            continue;
        }
        std::array<char, 512> error{};
        const char* const known_as = name == log_level ? "log_level" : name.c_str();
        switch (rd_kafka_conf_set(conf.get(), known_as, value.c_str(), error.data(), error.size())) {
            case RD_KAFKA_CONF_OK: break;
            case RD_KAFKA_CONF_UNKNOWN: problems.push_back({name, "is no property of librdkafka"}); break;
            // The value may be a secret, and librdkafka repeats it.
            case RD_KAFKA_CONF_INVALID: problems.push_back({name, "has a value that librdkafka does not take"}); break;
        }
    }
    return problems;
}

}  // namespace orderstream::kafka
