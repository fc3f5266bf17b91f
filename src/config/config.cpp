#include "config/config.h"

#include <exception>
#include <utility>

namespace orderstream::config {
namespace {

std::string_view name_of(Role role) {
    switch (role) {
        case Role::serve: return "serve";
        case Role::api: return "api";
        case Role::worker: return "worker";
    }
    std::terminate();
}

// Two topics of one name would feed ACKs to workers, or dead letters to the intake.
void check_topics(const Kafka& kafka, Problems& problems) {
    std::map<std::string_view, std::string_view> taken;
    for (const auto& [variable, topic] :
         {std::pair<std::string_view, std::string_view>{"KAFKA_TOPIC", kafka.intake_topic},
          {"KAFKA_DLQ_TOPIC", kafka.dead_letter_topic},
          {"ORDERS_EVENTS_TOPIC", kafka.events_topic},
          {"ORDERS_ACK_TOPIC", kafka.ack_topic},
          {"ORDERS_CREATED_TOPIC", kafka.created_topic}}) {
        const auto [other, is_new] = taken.emplace(topic, variable);
        if (!is_new)
            problems.push_back({std::string(variable), "names the topic " + std::string(topic) + " that " +
                                                           std::string(other->second) +
                                                           " names already; each needs one of its own"});
    }
}

void check_servers(const Config& config, Role role, Problems& problems) {
    if (role == Role::serve) return;  // embedded where no server is named
    const std::string who = "orderstream " + std::string(name_of(role));
    if (!config.postgres.named())
        problems.push_back({"POSTGRES_DSN", "is not set, nor is DB_HOST; " + who + " needs PostgreSQL"});
    if (!config.kafka.named()) problems.push_back({"KAFKA_BROKERS", "is not set; " + who + " needs Kafka"});
}

void check_built_in(const Config& config, Role role, const Engines& built_in, Problems& problems) {
    const auto refuse = [&problems](const char* variable, const char* server) {
        problems.push_back({variable, std::string("names ") + server + ", which this version cannot use yet"});
    };
    if (config.postgres.named() && !built_in.postgres)
        refuse(config.postgres.dsn.empty() ? "DB_HOST" : "POSTGRES_DSN", "PostgreSQL");
    if (config.kafka.named() && !built_in.kafka) refuse("KAFKA_BROKERS", "Kafka");
    if (config.redis.named() && !built_in.redis && cache_type(config, role) == CacheType::redis)
        refuse("REDIS_ADDR", "Redis");
}

}  // namespace

CacheType cache_type(const Config& config, Role role) {
    if (config.cache.type) return *config.cache.type;
    if (config.redis.named()) return CacheType::redis;
    return role == Role::serve ? CacheType::lru : CacheType::none;
}

std::optional<std::chrono::milliseconds> cache_max_age(const Config& config, Role role) {
    if (role == Role::serve && !config.postgres.named()) return std::nullopt;
    return config.cache.max_age;
}

std::string_view to_string(CacheType type) {
    switch (type) {
        case CacheType::none: return "none";
        case CacheType::memory: return "memory";
        case CacheType::lru: return "lru";
        case CacheType::redis: return "redis";
    }
    std::terminate();
}

std::string to_string(const Problem& problem) { return problem.where + ": " + problem.detail; }

Problems validate(const Config& config, Role role, const Engines& built_in) {
    Problems problems;
    check_servers(config, role, problems);
    check_built_in(config, role, built_in, problems);
    if (cache_type(config, role) == CacheType::redis && !config.redis.named())
        problems.push_back({"REDIS_ADDR", "is not set; CACHE_TYPE=redis needs it"});
    if (config.kafka.named()) check_topics(config.kafka, problems);
    return problems;
}

}  // namespace orderstream::config
