#include "config/variables.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "config/secrets.h"
#include "config/values.h"
#include "order/limits.h"

namespace orderstream::config {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;
using telemetry::LogFormat;

template <class Part, class Field, class T>
Variable variable(const std::vector<std::string>& names, const std::string& fallback, Part Config::*part,
                  Field Part::*field, const ValueType<T>& type) {
    return {.names = names,
            .fallback = fallback,
            .allowed = type.allowed,
            .assign = [part, field, parse = type.parse](Config& config, std::string_view text) {
                const std::optional<T> value = parse(text);
                if (value) config.*part.*field = *value;
                return value.has_value();
            }};
}

Variable secret(Variable variable, std::string (*shown)(std::string_view) = hidden) {
    variable.shown = shown;
    return variable;
}

Variable unset(Variable variable, std::string meaning) {
    variable.when_unset = std::move(meaning);
    return variable;
}

ValueType<std::string> ssl_mode() {
    return one_of<std::string>({{"disable", "disable"},
                                {"allow", "allow"},
                                {"prefer", "prefer"},
                                {"require", "require"},
                                {"verify-ca", "verify-ca"},
                                {"verify-full", "verify-full"}});
}

ValueType<Level> level() {
    return one_of<Level>({{"trace", Level::trace},
                          {"debug", Level::debug},
                          {"info", Level::info},
                          {"warn", Level::warn},
                          {"error", Level::error},
                          {"off", Level::off}});
}

ValueType<CacheType> cache() {
    return one_of<CacheType>({{"memory", CacheType::memory},
                              {"lru", CacheType::lru},
                              {"redis", CacheType::redis},
                              {"none", CacheType::none}});
}

std::vector<Variable> make_variables() {
    // What waiters get of it is what is left without the reserve: a second at least.
    const std::chrono::milliseconds shutdown_min = order::limits::shutdown_reserve + 1s;
    return {
        secret(variable({"POSTGRES_DSN"}, "", &Config::postgres, &Postgres::dsn, postgres_dsn()), without_password),
        variable({"DB_HOST"}, "", &Config::postgres, &Postgres::host, any_text("a host name or an IP address")),
        variable({"DB_PORT"}, "5432", &Config::postgres, &Postgres::port, port(1)),
        variable({"DB_USER"}, "postgres", &Config::postgres, &Postgres::user, any_text("a PostgreSQL role")),
        secret(variable({"DB_PASSWORD"}, "", &Config::postgres, &Postgres::password, any_text("any text"))),
        variable({"DB_NAME"}, "orderstream", &Config::postgres, &Postgres::database, any_text("a database")),
        variable({"DB_SSLMODE", "DB_SSL_MODE"}, "prefer", &Config::postgres, &Postgres::ssl_mode, ssl_mode()),
        unset(variable({"MIGRATIONS_PATH"}, "", &Config::postgres, &Postgres::migrations_path, any_text("a directory")),
              "those compiled in"),
        variable({"SKIP_MIGRATIONS"}, "false", &Config::postgres, &Postgres::skip_migrations, yes_or_no()),

        variable({"KAFKA_BROKERS"}, "", &Config::kafka, &Kafka::brokers, brokers()),
        variable({"KAFKA_TOPIC"}, "orders", &Config::kafka, &Kafka::intake_topic, topic()),
        variable({"KAFKA_DLQ_TOPIC"}, "orders-dlq", &Config::kafka, &Kafka::dead_letter_topic, topic()),
        variable({"ORDERS_EVENTS_TOPIC"}, "orders.events", &Config::kafka, &Kafka::events_topic, topic()),
        variable({"ORDERS_ACK_TOPIC"}, "orders.ack", &Config::kafka, &Kafka::ack_topic, topic()),
        variable({"ORDERS_CREATED_TOPIC"}, "kafka.orders.created", &Config::kafka, &Kafka::created_topic, topic()),
        variable({"KAFKA_GROUP_ID"}, "order-service", &Config::kafka, &Kafka::intake_group, any_text("a group")),
        variable({"WORKER_GROUP"}, "order-workers", &Config::kafka, &Kafka::worker_group, any_text("a group")),
        variable({"ORDERS_PARTITIONS"}, "4", &Config::kafka, &Kafka::partitions, whole_number(1, 1000)),
        variable({"ORDERS_EVENTS_KEY"}, "customer", &Config::kafka, &Kafka::events_key,
                 one_of<EventsKey>({{"customer", EventsKey::customer}, {"order", EventsKey::order}})),

        variable({"REDIS_ADDR"}, "", &Config::redis, &Redis::address, host_and_port()),
        unset(variable({"CACHE_TYPE"}, "", &Config::cache, &Cache::type, cache()),
              "redis where it is named, else lru (serve) or none (api)"),
        variable({"CACHE_LRU_SIZE"}, "10000", &Config::cache, &Cache::lru_orders, whole_number(1, 10'000'000)),
        variable({"CACHE_MAX_AGE"}, "1s", &Config::cache, &Cache::max_age, duration(1ms, 1h)),
        variable({"CACHE_WARMUP"}, "true", &Config::cache, &Cache::warmup, yes_or_no()),

        variable({"HTTP_HOST"}, "127.0.0.1", &Config::http, &Http::host, host()),
        variable({"HTTP_PORT", "API_PORT", "SERVER_PORT"}, "8080", &Config::http, &Http::port, port(0)),
        variable({"WORKER_HTTP_PORT"}, "8081", &Config::http, &Http::worker_port, port(0)),

        variable({"ACK_TIMEOUT"}, "30s", &Config::work, &Work::ack_timeout, duration(0s, 1h)),
        variable({"SHUTDOWN_TIMEOUT"}, "25s", &Config::work, &Work::shutdown_timeout, duration(shutdown_min, 1h)),
        variable({"WORKER_MARK_PROCESSING"}, "true", &Config::work, &Work::mark_processing, yes_or_no()),
        variable({"RETRY_ATTEMPTS_MAX"}, "5", &Config::work, &Work::retry_attempts_max, whole_number(1, 1000)),
        variable({"RETRY_BACKOFF"}, "200ms", &Config::work, &Work::retry_backoff, duration(1ms, 5s)),
        variable({"DLQ_REPLAYS_MAX"}, "3", &Config::work, &Work::dead_letter_replays_max, whole_number(0, 1000)),

        variable({"LOG_LEVEL"}, "info", &Config::log, &Logging::level, level()),
        variable({"LOG_FORMAT"}, "text", &Config::log, &Logging::format,
                 one_of<LogFormat>({{"text", LogFormat::text}, {"json", LogFormat::json}})),
        variable({"DATA_DIR"}, "./data", &Config::storage, &Storage::data_dir, any_text("a directory")),
    };
}

}  // namespace

const std::vector<Variable>& variables() {
    static const std::vector<Variable> all = make_variables();
    return all;
}

std::string kafka_property(std::string_view variable) {
    std::string property(variable.substr(kafka_property_prefix.size()));
    std::ranges::transform(property, property.begin(), [](char c) {
        if (c == '_') return '.';
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return property;
}

std::string kafka_variable(std::string_view property) {
    std::string variable(property);
    std::ranges::transform(variable, variable.begin(), [](char c) {
        if (c == '.') return '_';
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return std::string(kafka_property_prefix) + variable;
}

}  // namespace orderstream::config
