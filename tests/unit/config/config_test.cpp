#include "config/config.h"

#include "surroundings.h"

#include <gmock/gmock.h>

namespace orderstream::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Validate, ServeNeedsNothing) {
    EXPECT_THAT(validate(config_of({}), Role::serve), IsEmpty());
}

TEST(Validate, ApiAndWorkerNameEveryServerTheyMiss) {
    EXPECT_THAT(validate(config_of({}), Role::api),
                ElementsAre(Problem{"POSTGRES_DSN", "is not set, nor is DB_HOST; orderstream api needs PostgreSQL"},
                            Problem{"KAFKA_BROKERS", "is not set; orderstream api needs Kafka"}));
    EXPECT_THAT(validate(config_of({{"DB_HOST", "db"}}), Role::worker),
                ElementsAre(Problem{"KAFKA_BROKERS", "is not set; orderstream worker needs Kafka"}));
    EXPECT_THAT(validate(config_of({{"POSTGRES_DSN", "postgres://db"}, {"KAFKA_BROKERS", "k:9092"}}), Role::worker),
                IsEmpty());
}

TEST(Validate, ARedisCacheNeedsRedis) {
    EXPECT_THAT(validate(config_of({{"CACHE_TYPE", "redis"}}), Role::serve),
                ElementsAre(Problem{"REDIS_ADDR", "is not set; CACHE_TYPE=redis needs it"}));
    EXPECT_THAT(validate(config_of({{"CACHE_TYPE", "redis"}, {"REDIS_ADDR", "r:6379"}}), Role::serve), IsEmpty());
}

TEST(Validate, TopicsAreNotShared) {
    EXPECT_THAT(
        validate(config_of({{"KAFKA_BROKERS", "k:9092"}, {"ORDERS_ACK_TOPIC", "orders"}}), Role::serve),
        ElementsAre(Problem{"ORDERS_ACK_TOPIC",
                            "names the topic orders that KAFKA_TOPIC names already; each needs one of its own"}));
    EXPECT_THAT(validate(config_of({{"ORDERS_ACK_TOPIC", "orders"}}), Role::serve), IsEmpty());
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

TEST(Problem, IsASentence) {
    EXPECT_EQ(to_string(Problem{"HTTP_PORT", "is odd"}), "HTTP_PORT: is odd");
}

}  // namespace
}  // namespace orderstream::config
