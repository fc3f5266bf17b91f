#include "config/load.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "config/env_file.h"
#include "config/variables.h"
#include "surroundings.h"

namespace orderstream::config {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Load, DefaultsAreReferences) {
    const Config config = config_of({});
    EXPECT_FALSE(config.postgres.named());
    EXPECT_EQ(config.postgres.port, 5432);
    EXPECT_EQ(config.postgres.user, "postgres");
    EXPECT_EQ(config.postgres.database, "orderstream");
    EXPECT_EQ(config.postgres.ssl_mode, "prefer");
    EXPECT_EQ(config.postgres.migrations_path, "");
    EXPECT_FALSE(config.postgres.skip_migrations);
    EXPECT_FALSE(config.kafka.named());
    EXPECT_THAT(config.kafka.properties, IsEmpty());
    EXPECT_EQ(config.kafka.intake_topic, "orders");
    EXPECT_EQ(config.kafka.dead_letter_topic, "orders-dlq");
    EXPECT_EQ(config.kafka.events_topic, "orders.events");
    EXPECT_EQ(config.kafka.ack_topic, "orders.ack");
    EXPECT_EQ(config.kafka.created_topic, "kafka.orders.created");
    EXPECT_EQ(config.kafka.intake_group, "order-service");
    EXPECT_EQ(config.kafka.worker_group, "order-workers");
    EXPECT_EQ(config.kafka.partitions, 4);
    EXPECT_EQ(config.kafka.events_key, EventsKey::customer);
    EXPECT_FALSE(config.redis.named());
    EXPECT_EQ(config.cache.type, std::nullopt);
    EXPECT_EQ(config.cache.lru_orders, 10000);
    EXPECT_EQ(config.cache.max_age, 1s);
    EXPECT_TRUE(config.cache.warmup);
    EXPECT_EQ(config.http.host, "127.0.0.1");
    EXPECT_EQ(config.http.port, 8080);
    EXPECT_EQ(config.http.worker_port, 8081);
    EXPECT_EQ(config.work.ack_timeout, 30s);
    EXPECT_EQ(config.work.shutdown_timeout, 25s);
    EXPECT_TRUE(config.work.mark_processing);
    EXPECT_EQ(config.work.retry_attempts_max, 5);
    EXPECT_EQ(config.work.retry_backoff, 200ms);
    EXPECT_EQ(config.work.dead_letter_replays_max, 3);
    EXPECT_EQ(config.log.level, telemetry::Level::info);
    EXPECT_EQ(config.log.format, telemetry::LogFormat::text);
    EXPECT_EQ(config.storage.data_dir, "./data");
}

TEST(Load, EveryVariableReachesItsOwnField) {
    const Config config = config_of({{"POSTGRES_DSN", "host=h"},
                                     {"DB_HOST", "db"},
                                     {"DB_PORT", "5433"},
                                     {"DB_USER", "u"},
                                     {"DB_PASSWORD", "p"},
                                     {"DB_NAME", "n"},
                                     {"DB_SSL_MODE", "Verify-Full"},
                                     {"MIGRATIONS_PATH", "./m"},
                                     {"SKIP_MIGRATIONS", "yes"},
                                     {"KAFKA_BROKERS", "k:1"},
                                     {"KAFKA_TOPIC", "t1"},
                                     {"KAFKA_DLQ_TOPIC", "t2"},
                                     {"ORDERS_EVENTS_TOPIC", "t3"},
                                     {"ORDERS_ACK_TOPIC", "t4"},
                                     {"ORDERS_CREATED_TOPIC", "t5"},
                                     {"KAFKA_GROUP_ID", "g1"},
                                     {"WORKER_GROUP", "g2"},
                                     {"ORDERS_PARTITIONS", "12"},
                                     {"ORDERS_EVENTS_KEY", "order"},
                                     {"REDIS_ADDR", "r:6379"},
                                     {"CACHE_TYPE", "none"},
                                     {"CACHE_LRU_SIZE", "7"},
                                     {"CACHE_MAX_AGE", "2s"},
                                     {"CACHE_WARMUP", "off"},
                                     {"HTTP_HOST", "0.0.0.0"},
                                     {"HTTP_PORT", "0"},
                                     {"WORKER_HTTP_PORT", "9"},
                                     {"ACK_TIMEOUT", "0"},
                                     {"SHUTDOWN_TIMEOUT", "1m"},
                                     {"WORKER_MARK_PROCESSING", "false"},
                                     {"RETRY_ATTEMPTS_MAX", "8"},
                                     {"RETRY_BACKOFF", "1s"},
                                     {"DLQ_REPLAYS_MAX", "0"},
                                     {"LOG_LEVEL", "debug"},
                                     {"LOG_FORMAT", "json"},
                                     {"DATA_DIR", "/var/lib/orderstream"}});
    EXPECT_EQ(config.postgres.dsn, "host=h");
    EXPECT_EQ(config.postgres.host, "db");
    EXPECT_EQ(config.postgres.port, 5433);
    EXPECT_EQ(config.postgres.user, "u");
    EXPECT_EQ(config.postgres.password, "p");
    EXPECT_EQ(config.postgres.database, "n");
    EXPECT_EQ(config.postgres.ssl_mode, "verify-full");
    EXPECT_EQ(config.postgres.migrations_path, "./m");
    EXPECT_TRUE(config.postgres.skip_migrations);
    EXPECT_EQ(config.kafka.brokers, "k:1");
    EXPECT_EQ(config.kafka.intake_topic, "t1");
    EXPECT_EQ(config.kafka.dead_letter_topic, "t2");
    EXPECT_EQ(config.kafka.events_topic, "t3");
    EXPECT_EQ(config.kafka.ack_topic, "t4");
    EXPECT_EQ(config.kafka.created_topic, "t5");
    EXPECT_EQ(config.kafka.intake_group, "g1");
    EXPECT_EQ(config.kafka.worker_group, "g2");
    EXPECT_EQ(config.kafka.partitions, 12);
    EXPECT_EQ(config.kafka.events_key, EventsKey::order);
    EXPECT_EQ(config.redis.address, "r:6379");
    EXPECT_EQ(config.cache.type, CacheType::none);
    EXPECT_EQ(config.cache.lru_orders, 7);
    EXPECT_EQ(config.cache.max_age, 2s);
    EXPECT_FALSE(config.cache.warmup);
    EXPECT_EQ(config.http.host, "0.0.0.0");
    EXPECT_EQ(config.http.port, 0);
    EXPECT_EQ(config.http.worker_port, 9);
    EXPECT_EQ(config.work.ack_timeout, 0s);
    EXPECT_EQ(config.work.shutdown_timeout, 1min);
    EXPECT_FALSE(config.work.mark_processing);
    EXPECT_EQ(config.work.retry_attempts_max, 8);
    EXPECT_EQ(config.work.retry_backoff, 1s);
    EXPECT_EQ(config.work.dead_letter_replays_max, 0);
    EXPECT_EQ(config.log.level, telemetry::Level::debug);
    EXPECT_EQ(config.log.format, telemetry::LogFormat::json);
    EXPECT_EQ(config.storage.data_dir, "/var/lib/orderstream");
}

TEST(Load, AHigherSourceHidesALowerOne) {
    const Texts config_env{{"config.env", "HTTP_PORT=1\n"}};
    const Texts both{{"config.env", "HTTP_PORT=1\n"}, {".env", "HTTP_PORT=2\n"}};
    const auto port = [](const Surroundings& from) { return load(from).value().config.http.port; };

    EXPECT_EQ(port(made_of({})), 8080);
    EXPECT_EQ(port(made_of({}, config_env)), 1);
    EXPECT_EQ(port(made_of({}, both)), 2);
    EXPECT_EQ(port(made_of({{"HTTP_PORT", "3"}}, both)), 3);
    EXPECT_EQ(port(made_of({{"HTTP_PORT", "3"}}, both, {{"HTTP_PORT", "4"}})), 4);
}

TEST(Load, OtherNamesCountWithinTheirSourceAndTheUsualOneFirst) {
    const auto port = [](const Surroundings& from) { return load(from).value().config.http.port; };
    EXPECT_EQ(port(made_of({{"API_PORT", "1"}})), 1);
    EXPECT_EQ(port(made_of({{"SERVER_PORT", "1"}})), 1);
    EXPECT_EQ(port(made_of({{"SERVER_PORT", "1"}, {"API_PORT", "2"}, {"HTTP_PORT", "3"}})), 3);
    EXPECT_EQ(port(made_of({{"SERVER_PORT", "1"}}, {{".env", "HTTP_PORT=2"}})), 1);
    EXPECT_EQ(port(made_of({{"HTTP_PORT", ""}, {"API_PORT", "2"}})), 2);
}

TEST(Load, AnEmptyValueMeansTheDefaultAndHidesWhatIsBelow) {
    const Settings settings = load(made_of({{"REDIS_ADDR", ""}, {"HTTP_PORT", ""}},
                                           {{".env", "REDIS_ADDR=r:6379\nHTTP_PORT=1\nKAFKA_CONF_A=1\n"}}))
                                  .value();
    EXPECT_FALSE(settings.config.redis.named());
    EXPECT_EQ(settings.config.http.port, 8080);
    EXPECT_THAT(settings.shown, Contains(Shown{"HTTP_PORT", "8080", "default"}));
}

TEST(Load, KafkaPropertiesPassThrough) {
    const Config config = load(made_of({{"KAFKA_CONF_SECURITY_PROTOCOL", "ssl"}, {"KAFKA_CONF_GONE", ""}},
                                       {{".env",
                                         "KAFKA_CONF_SECURITY_PROTOCOL=plaintext\nKAFKA_CONF_LINGER_MS=5\n"
                                         "KAFKA_CONF_GONE=1\n"}}))
                              .value()
                              .config;
    EXPECT_THAT(config.kafka.properties,
                ElementsAre(std::pair("linger.ms", "5"), std::pair("security.protocol", "ssl")));
}

TEST(Load, ReportsAllProblemsAtOnce) {
    const auto loaded = load(made_of({{"HTTP_PORT", "70000"}, {"LOG_LEVEL", "loud"}, {"KAFKA_CONF_", "x"}},
                                     {{".env", "ACK_TIMEOUT=soon\nnonsense\n"}, {"config.env", "also nonsense\n"}},
                                     {{"CACHE_TYPE", "big"}}));
    ASSERT_FALSE(loaded);
    EXPECT_THAT(
        loaded.error(),
        ElementsAre(Problem{".env line 2", "is not NAME=value"}, Problem{"config.env line 1", "is not NAME=value"},
                    Problem{"CACHE_TYPE", "is big (flag); it may be one of memory lru redis none"},
                    Problem{"HTTP_PORT", "is 70000 (environment); it may be a port from 0 to 65535"},
                    Problem{"ACK_TIMEOUT",
                            "is soon (.env line 1); it may be a duration from 0s to 1h, such as 200ms, 30s or 1m"},
                    Problem{"LOG_LEVEL", "is loud (environment); it may be one of trace debug info warn error off"},
                    Problem{"KAFKA_CONF_", "(environment) lacks the property's name"}));
}

TEST(Load, AProblemNamesTheVariableAsItWasWritten) {
    EXPECT_THAT(load(made_of({{"SERVER_PORT", "x"}})).error(),
                ElementsAre(Problem{"SERVER_PORT", "is x (environment); it may be a port from 0 to 65535"}));
}

TEST(Load, EveryCheckedVariableRefusesNonsense) {
    // Texts that anything may be, or that only their server can judge.
    const std::set<std::string> free_texts{"DB_HOST",         "DB_USER",        "DB_PASSWORD",  "DB_NAME",
                                           "MIGRATIONS_PATH", "KAFKA_GROUP_ID", "WORKER_GROUP", "DATA_DIR"};
    for (const Variable& variable : variables()) {
        const auto loaded = load(made_of({{variable.name(), "no such value!"}}));
        EXPECT_EQ(loaded.has_value(), free_texts.contains(variable.name())) << variable.name();
        if (!loaded) {
            ASSERT_EQ(loaded.error().size(), 1U);
            EXPECT_EQ(loaded.error().front().where, variable.name());
            EXPECT_THAT(loaded.error().front().detail, HasSubstr("it may be " + variable.allowed));
        }
    }
}

TEST(Load, ProblemsOfSecretsDoNotTellThem) {
    const Problems problems = load(made_of({{"POSTGRES_DSN", "s3cret"}})).error();
    EXPECT_THAT(problems, ElementsAre(Problem{"POSTGRES_DSN",
                                              "is not valid (environment); it may be postgresql://user:password@"
                                              "host:port/database, or host=... dbname=..."}));
}

TEST(Load, ProblemsShowLongAndOddValuesOnOneShortLine) {
    const Problems problems = load(made_of({{"HTTP_PORT", "a\nb" + std::string(1000, 'x')}})).error();
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_THAT(problems[0].detail, testing::StartsWith("is \"a\\nbxxx"));
    EXPECT_LT(problems[0].detail.size(), 150U);
}

TEST(Load, AFileThatCannotBeReadIsAProblem) {
    Surroundings from = made_of({});
    from.read_file = [](const std::string& name) -> tl::expected<std::optional<std::string>, std::string> {
        if (name == ".env") return tl::unexpected<std::string>("Permission denied");
        return std::nullopt;
    };
    EXPECT_THAT(load(from).error(), ElementsAre(Problem{".env", "cannot be read: Permission denied"}));
}

TEST(Surroundings, AreTheEnvironmentAndTheFilesAsTheyAre) {
    const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "orderstream-surroundings-test";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder / "directory");
    std::ofstream(folder / "file") << "A=1\n";
    std::ofstream(folder / "empty") << "";

    const char* const environment[] = {"A=b=c", "EMPTY=", "odd", nullptr};
    const Surroundings own = surroundings(environment, {{"DATA_DIR", "d"}});

    EXPECT_EQ(own.environment, (Texts{{"A", "b=c"}, {"EMPTY", ""}}));
    EXPECT_EQ(own.flags, (Texts{{"DATA_DIR", "d"}}));
    EXPECT_EQ(own.read_file(folder / "file").value(), "A=1\n");
    EXPECT_EQ(own.read_file(folder / "empty").value(), "");
    EXPECT_EQ(own.read_file(folder / "absent").value(), std::nullopt);
    EXPECT_EQ(own.read_file(folder / "directory").error(), "it is a directory");
    std::filesystem::remove_all(folder);
}

TEST(Show, TellsValueAndSourceAndNoSecret) {
    const Settings settings = load(made_of({{"POSTGRES_DSN", "postgres://shop:s3cret@db/orders"},
                                            {"DB_PASSWORD", "s3cret"},
                                            {"API_PORT", "9000"},
                                            {"KAFKA_CONF_SASL_PASSWORD", "s3cret"},
                                            {"KAFKA_CONF_SASL_USERNAME", "shop"}},
                                           {{".env", "\nDB_NAME='my shop'\n"}}, {{"DATA_DIR", "/data"}}))
                                  .value();
    const std::string text = show(settings);
    EXPECT_THAT(text, Not(HasSubstr("s3cret")));
    EXPECT_THAT(settings.shown, Contains(Shown{"POSTGRES_DSN", "postgres://shop:***@db/orders", "environment"}));
    EXPECT_THAT(settings.shown, Contains(Shown{"DB_PASSWORD", "***", "environment"}));
    EXPECT_THAT(settings.shown, Contains(Shown{"DB_NAME", "my shop", ".env line 2"}));
    EXPECT_THAT(settings.shown, Contains(Shown{"HTTP_PORT", "9000", "environment as API_PORT"}));
    EXPECT_THAT(settings.shown, Contains(Shown{"DATA_DIR", "/data", "flag"}));
    EXPECT_THAT(settings.shown, Contains(Shown{"LOG_LEVEL", "info", "default"}));
    EXPECT_THAT(settings.shown, Contains(Shown{"KAFKA_BROKERS", "", "not set"}));
    EXPECT_THAT(settings.shown, Contains(Shown{"KAFKA_CONF_SASL_PASSWORD", "***", "environment"}));
    EXPECT_THAT(settings.shown, Contains(Shown{"KAFKA_CONF_SASL_USERNAME", "shop", "environment"}));
}

TEST(Show, IsAnEnvFileOfEveryVariable) {
    const Settings settings = load(made_of({{"DB_NAME", "it's # \"odd\""}})).value();
    const EnvFile file = parse_env_file("config", show(settings));
    EXPECT_THAT(file.problems, IsEmpty());
    EXPECT_EQ(file.given.size(), variables().size());
    EXPECT_EQ(file.given.at("DB_NAME").value, "it's # \"odd\"");
    EXPECT_EQ(file.given.at("LOG_FORMAT").value, "text");
}

TEST(EnvExample, HasEveryVariableWithItsDefaultAndNothingElse) {
    std::ifstream stream(ENV_EXAMPLE);
    const EnvFile file = parse_env_file(".env.example", std::string(std::istreambuf_iterator<char>(stream), {}));
    EXPECT_THAT(file.problems, IsEmpty());
    Texts written;
    for (const auto& [name, given] : file.given) written.emplace(name, given.value);
    Texts defaults;
    for (const Variable& variable : variables()) defaults.emplace(variable.name(), variable.fallback);
    EXPECT_EQ(written, defaults);
}

TEST(EnvExample, MentionsEveryOtherName) {
    std::ifstream stream(ENV_EXAMPLE);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    for (const Variable& variable : variables())
        for (const std::string& name : variable.names) EXPECT_THAT(text, HasSubstr(name));
}

}  // namespace
}  // namespace orderstream::config
