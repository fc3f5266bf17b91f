#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "telemetry/log.h"

/// What OrderStream can be told from outside: REFERENCE's Configuration table, read once at start.
namespace orderstream::config {

enum class Role { serve, api, worker };
enum class CacheType { none, memory, lru, redis };
enum class EventsKey { customer, order };

struct Postgres {
    std::string dsn;  ///< wins over the parts below
    std::string host;
    std::uint16_t port = 0;
    std::string user;
    std::string password;
    std::string database;
    std::string ssl_mode;
    std::string migrations_path;  ///< empty: those compiled in
    bool skip_migrations = false;

    [[nodiscard]] bool named() const { return !dsn.empty() || !host.empty(); }
};

struct Kafka {
    std::string brokers;
    std::map<std::string, std::string> properties;  ///< librdkafka's own names
    std::string intake_topic;
    std::string dead_letter_topic;
    std::string events_topic;
    std::string ack_topic;
    std::string created_topic;
    std::string intake_group;
    std::string worker_group;
    int partitions = 0;
    EventsKey events_key = EventsKey::customer;

    [[nodiscard]] bool named() const { return !brokers.empty(); }
};

struct Redis {
    std::string address;

    [[nodiscard]] bool named() const { return !address.empty(); }
};

struct Cache {
    std::optional<CacheType> type;  ///< none: cache_type() decides
    int lru_orders = 0;
    std::chrono::milliseconds max_age{};
    bool warmup = false;
};

struct Http {
    std::string host;
    std::uint16_t port = 0;  ///< 0: any free one
    std::uint16_t worker_port = 0;
};

struct Work {
    std::chrono::milliseconds ack_timeout{};  ///< zero: nobody waits
    std::chrono::milliseconds shutdown_timeout{};
    bool mark_processing = false;
    int retry_attempts_max = 0;
    std::chrono::milliseconds retry_backoff{};
    int dead_letter_replays_max = 0;
};

struct Logging {
    telemetry::Level level = telemetry::Level::info;
    telemetry::LogFormat format = telemetry::LogFormat::text;
};

struct Storage {
    std::string data_dir;
};

/// Made by load(), which fills every field: the defaults are in the table of variables, not here.
struct Config {
    Postgres postgres;
    Kafka kafka;
    Redis redis;
    Cache cache;
    Http http;
    Work work;
    Logging log;
    Storage storage;
};

/// The cache in force: the one asked for, else Redis where it is named, else what suits the role.
[[nodiscard]] CacheType cache_type(const Config& config, Role role);

/// How long an in-process cache may hold an entry. None: for ever, since nobody else writes to an embedded store.
[[nodiscard]] std::optional<std::chrono::milliseconds> cache_max_age(const Config& config, Role role);

[[nodiscard]] std::string_view to_string(CacheType type);

/// Something that stops the start: where it is (a variable, or a file's line) and what is wrong with it.
struct Problem {
    std::string where;
    std::string detail;

    friend bool operator==(const Problem&, const Problem&) = default;
};
using Problems = std::vector<Problem>;

/// "HTTP_PORT: is abc (.env line 3); it may be a port from 0 to 65535"
[[nodiscard]] std::string to_string(const Problem& problem);

/// The servers that a build has an adapter for.
struct Engines {
    bool postgres = false;
    bool kafka = false;
    bool redis = false;
};

/// What does not go together, is missing or cannot be had for this role: all of it. Each value alone was checked by
/// load(). A server that is named but not built in is refused: who names one does not want the embedded part instead.
[[nodiscard]] Problems validate(const Config& config, Role role, const Engines& built_in = {});

}  // namespace orderstream::config
