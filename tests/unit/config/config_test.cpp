#include "config/config.h"

#include <gmock/gmock.h>

#include "surroundings.h"

namespace orderstream::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Engines everything{.postgres = true, .kafka = true, .redis = true};

TEST(Validate, ServeNeedsNothing) { EXPECT_THAT(validate(config_of({}), Role::serve), IsEmpty()); }

TEST(Validate, ApiAndWorkerNameEveryServerTheyMiss) {
    EXPECT_THAT(validate(config_of({}), Role::api, everything),
                ElementsAre(Problem{"POSTGRES_DSN", "is not set, nor is DB_HOST; orderstream api needs PostgreSQL"},
                            Problem{"KAFKA_BROKERS", "is not set; orderstream api needs Kafka"}));
    EXPECT_THAT(validate(config_of({{"DB_HOST", "db"}}), Role::worker, everything),
                ElementsAre(Problem{"KAFKA_BROKERS", "is not set; orderstream worker needs Kafka"}));
    EXPECT_THAT(
        validate(config_of({{"POSTGRES_DSN", "postgres://db"}, {"KAFKA_BROKERS", "k:9092"}}), Role::worker, everything),
        IsEmpty());
}

TEST(Validate, AServerThatIsNotBuiltInIsRefusedRatherThanIgnored) {
    const Texts all{{"POSTGRES_DSN", "postgres://db"}, {"KAFKA_BROKERS", "k:9092"}, {"REDIS_ADDR", "r:6379"}};
    EXPECT_THAT(validate(config_of(all), Role::serve),
                ElementsAre(Problem{"POSTGRES_DSN", "names PostgreSQL, which this version cannot use yet"},
                            Problem{"KAFKA_BROKERS", "names Kafka, which this version cannot use yet"},
                            Problem{"REDIS_ADDR", "names Redis, which this version cannot use yet"}));
    EXPECT_THAT(validate(config_of(all), Role::serve, everything), IsEmpty());
    EXPECT_THAT(validate(config_of({{"DB_HOST", "db"}}), Role::serve),
                ElementsAre(Problem{"DB_HOST", "names PostgreSQL, which this version cannot use yet"}));
    EXPECT_THAT(validate(config_of({{"REDIS_ADDR", "r:6379"}, {"CACHE_TYPE", "lru"}}), Role::serve), IsEmpty());
}

TEST(Validate, ARedisCacheNeedsRedis) {
    EXPECT_THAT(validate(config_of({{"CACHE_TYPE", "redis"}}), Role::serve, everything),
                ElementsAre(Problem{"REDIS_ADDR", "is not set; CACHE_TYPE=redis needs it"}));
    EXPECT_THAT(validate(config_of({{"CACHE_TYPE", "redis"}, {"REDIS_ADDR", "r:6379"}}), Role::serve, everything),
                IsEmpty());
}

TEST(Validate, TopicsAreNotShared) {
    EXPECT_THAT(
        validate(config_of({{"KAFKA_BROKERS", "k:9092"}, {"ORDERS_ACK_TOPIC", "orders"}}), Role::serve, everything),
        ElementsAre(Problem{"ORDERS_ACK_TOPIC",
                            "names the topic orders that KAFKA_TOPIC names already; each needs one of its own"}));
    EXPECT_THAT(validate(config_of({{"ORDERS_ACK_TOPIC", "orders"}}), Role::serve, everything), IsEmpty());
}

TEST(CacheType, IsTheOneAskedForElseRedisElseWhatSuitsTheRole) {
    EXPECT_EQ(cache_type(config_of({}), Role::serve), CacheType::lru);
    EXPECT_EQ(cache_type(config_of({}), Role::api), CacheType::none);
    EXPECT_EQ(cache_type(config_of({{"REDIS_ADDR", "r"}}), Role::api), CacheType::redis);
    EXPECT_EQ(cache_type(config_of({{"REDIS_ADDR", "r"}, {"CACHE_TYPE", "memory"}}), Role::serve), CacheType::memory);
}

TEST(CacheMaxAge, IsUnboundedOnlyWhereNobodyElseWrites) {
    EXPECT_EQ(cache_max_age(config_of({}), Role::serve), std::nullopt);
    EXPECT_EQ(cache_max_age(config_of({{"DB_HOST", "db"}}), Role::serve), 1s);
    EXPECT_EQ(cache_max_age(config_of({{"CACHE_MAX_AGE", "500ms"}}), Role::api), 500ms);
}

TEST(Problem, IsASentence) { EXPECT_EQ(to_string(Problem{"HTTP_PORT", "is odd"}), "HTTP_PORT: is odd"); }

}  // namespace
}  // namespace orderstream::config
