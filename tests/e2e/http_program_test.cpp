#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "e2e/support/json_access.h"
#include "e2e/support/program.h"
#include "e2e/support/server.h"

// The program as its operator meets it: the command line, the settings, and every start that is refused.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

using Environment = std::map<std::string, std::string>;

Finished run_with(std::vector<std::string> arguments, Environment environment = {},
                  const std::filesystem::path& directory = {}) {
    return run(orderstream_binary(),
               {.arguments = std::move(arguments), .environment = std::move(environment), .directory = directory});
}

void write_file(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

/// What `orderstream config` prints of a variable, without the comment that says where it is from.
std::string setting(const std::string& shown, const std::string& variable) {
    const std::string line = "\n" + variable + "=";
    const auto start = ("\n" + shown).find(line);
    if (start == std::string::npos) return "not shown";
    const std::string rest = ("\n" + shown).substr(start + line.size());
    return rest.substr(0, rest.find_first_of(" \n"));
}

TEST(CommandLine, says_its_version) {
    const Finished finished = run_with({"--version"});
    EXPECT_EQ(finished.status, exited(0));
    EXPECT_THAT(finished.output, testing::MatchesRegex("orderstream [0-9]+\\.[0-9]+\\.[0-9]+\n"));
    EXPECT_EQ(finished.errors, "");
}

TEST(CommandLine, helps) {
    const Finished finished = run_with({"--help"});
    EXPECT_EQ(finished.status, exited(0));
    EXPECT_THAT(finished.output, AllOf(HasSubstr("serve"), HasSubstr("config"), HasSubstr("--version")));
    const Finished serve = run_with({"serve", "--help"});
    EXPECT_EQ(serve.status, exited(0));
    EXPECT_THAT(serve.output, HasSubstr("--data"));
}

TEST(CommandLine, refuses_what_it_does_not_know) {
    for (const auto& arguments :
         std::vector<std::vector<std::string>>{{}, {"dance"}, {"serve", "--fast"}, {"serve", "now"}}) {
        const Finished finished = run_with(arguments, {{"HTTP_PORT", "0"}});
        EXPECT_EQ(finished.status, exited(2)) << testing::PrintToString(arguments);
        EXPECT_THAT(finished.errors, HasSubstr(arguments.empty() ? "serve" : arguments.back()));
        EXPECT_EQ(finished.output, "");
    }
}

TEST(CommandLine, shows_the_settings_and_hides_the_secrets) {
    const Finished finished = run_with({"config"}, {{"POSTGRES_DSN", "postgresql://me:hunter2@db:5432/orders"},
                                                    {"DB_PASSWORD", "hunter2"},
                                                    {"KAFKA_CONF_SASL_PASSWORD", "hunter2"},
                                                    {"ACK_TIMEOUT", "1500ms"}});
    EXPECT_EQ(finished.status, exited(0)) << finished.errors;
    EXPECT_THAT(finished.output + finished.errors, Not(HasSubstr("hunter2")));
    EXPECT_THAT(setting(finished.output, "POSTGRES_DSN"), AllOf(HasSubstr("me:"), HasSubstr("@db:5432/orders")));
    const std::map<std::string, std::string> expected{{"DB_PORT", "5432"},
                                                      {"DB_USER", "postgres"},
                                                      {"DB_NAME", "orderstream"},
                                                      {"DB_SSLMODE", "prefer"},
                                                      {"KAFKA_TOPIC", "orders"},
                                                      {"KAFKA_DLQ_TOPIC", "orders-dlq"},
                                                      {"ORDERS_PARTITIONS", "4"},
                                                      {"ORDERS_EVENTS_KEY", "customer"},
                                                      {"ORDERS_EVENTS_TOPIC", "orders.events"},
                                                      {"ORDERS_ACK_TOPIC", "orders.ack"},
                                                      {"ORDERS_CREATED_TOPIC", "kafka.orders.created"},
                                                      {"KAFKA_GROUP_ID", "order-service"},
                                                      {"WORKER_GROUP", "order-workers"},
                                                      {"CACHE_LRU_SIZE", "10000"},
                                                      {"CACHE_MAX_AGE", "1s"},
                                                      {"CACHE_WARMUP", "true"},
                                                      {"HTTP_HOST", "127.0.0.1"},
                                                      {"HTTP_PORT", "8080"},
                                                      {"WORKER_HTTP_PORT", "8081"},
                                                      {"SHUTDOWN_TIMEOUT", "25s"},
                                                      {"WORKER_MARK_PROCESSING", "true"},
                                                      {"RETRY_ATTEMPTS_MAX", "5"},
                                                      {"RETRY_BACKOFF", "200ms"},
                                                      {"DLQ_REPLAYS_MAX", "3"},
                                                      {"SKIP_MIGRATIONS", "false"},
                                                      {"LOG_LEVEL", "info"},
                                                      {"LOG_FORMAT", "text"},
                                                      {"DATA_DIR", "./data"},
                                                      {"ACK_TIMEOUT", "1500ms"}};
    for (const auto& [variable, value] : expected) EXPECT_EQ(setting(finished.output, variable), value) << variable;
}

TEST(CommandLine, asks_flags_then_the_environment_then_the_files) {
    const TemporaryDirectory directory;
    write_file(directory.path() / "config.env",
               "LOG_LEVEL=error\nCACHE_TYPE=memory\nACK_TIMEOUT=4s\nRETRY_ATTEMPTS_MAX=9\n");
    write_file(directory.path() / ".env", "# a comment\nLOG_LEVEL=debug\nCACHE_TYPE=none\nACK_TIMEOUT=3s\n");
    const Environment environment{{"LOG_LEVEL", "warn"}, {"CACHE_TYPE", "lru"}};
    const std::string shown = run_with({"config", "--log-level", "trace"}, environment, directory.path()).output;
    EXPECT_EQ(setting(shown, "LOG_LEVEL"), "trace");
    EXPECT_EQ(setting(shown, "CACHE_TYPE"), "lru");
    EXPECT_EQ(setting(shown, "ACK_TIMEOUT"), "3s");
    EXPECT_EQ(setting(shown, "RETRY_ATTEMPTS_MAX"), "9");
}

TEST(CommandLine, knows_the_other_names_of_variables) {
    EXPECT_EQ(setting(run_with({"config"}, {{"API_PORT", "9001"}}).output, "HTTP_PORT"), "9001");
    EXPECT_EQ(setting(run_with({"config"}, {{"SERVER_PORT", "9002"}}).output, "HTTP_PORT"), "9002");
    EXPECT_EQ(setting(run_with({"config"}, {{"DB_SSL_MODE", "require"}}).output, "DB_SSLMODE"), "require");
}

// ---------------------------------------------------------------------------------------------- starts refused

/// All it wrote, of a `serve` that must not start; it must say so within moments and not by a signal.
std::string refusal(Environment environment, std::vector<std::string> arguments = {"serve"}) {
    environment.insert({{"HTTP_PORT", "0"}, {"LOG_FORMAT", "json"}});
    const Finished finished = run_with(std::move(arguments), std::move(environment));
    EXPECT_TRUE(finished.status.code && *finished.status.code != 0) << finished.status;
    const std::string all = finished.output + finished.errors;
    EXPECT_THAT(all, Not(HasSubstr("\"ready\"")));
    return all;
}

TEST(RefusedStart, names_every_bad_value_and_what_it_may_be) {
    const Environment bad{{"HTTP_PORT", "70000"},        {"ACK_TIMEOUT", "-1s"},  {"SHUTDOWN_TIMEOUT", "soon"},
                          {"CACHE_TYPE", "gigantic"},    {"CACHE_LRU_SIZE", "x"}, {"WORKER_MARK_PROCESSING", "maybe"},
                          {"RETRY_ATTEMPTS_MAX", "0.5"}, {"LOG_LEVEL", "loud"},   {"LOG_FORMAT", "xml"},
                          {"ORDERS_PARTITIONS", "0"}};
    const std::string refused = refusal(bad);
    for (const auto& [variable, value] : bad) {
        EXPECT_THAT(refused, ContainsRegex(variable + "[^\n]*" + value + "[^\n]*may be")) << variable;
    }
    EXPECT_THAT(refused, AllOf(HasSubstr("memory"), HasSubstr("text"), HasSubstr("65535")));
}

TEST(RefusedStart, names_what_is_wrong_with_a_file) {
    const TemporaryDirectory directory;
    write_file(directory.path() / ".env", "LOG_LEVEL=loud\n");
    const Finished finished = run_with({"serve"}, {{"HTTP_PORT", "0"}}, directory.path());
    EXPECT_NE(finished.status, exited(0));
    EXPECT_THAT(finished.output + finished.errors, AllOf(HasSubstr("LOG_LEVEL"), HasSubstr(".env")));
}

TEST(RefusedStart, says_what_a_role_lacks) {
    for (const std::string role : {"api", "worker"}) {
        EXPECT_THAT(refusal({}, {role}), AllOf(HasSubstr("POSTGRES_DSN"), HasSubstr("KAFKA_BROKERS"),
                                               HasSubstr("orderstream " + role + " needs PostgreSQL")));
        EXPECT_THAT(refusal({{"POSTGRES_DSN", "postgresql://db/orders"}}, {role}),
                    AllOf(Not(HasSubstr("POSTGRES_DSN")), HasSubstr("orderstream " + role + " needs Kafka")));
    }
    EXPECT_THAT(refusal({{"CACHE_TYPE", "redis"}}), AllOf(HasSubstr("REDIS_ADDR"), HasSubstr("CACHE_TYPE=redis")));
    EXPECT_THAT(refusal({}, {"migrate", "up"}), AllOf(HasSubstr("POSTGRES_DSN"), HasSubstr("migrate")));
}

TEST(RefusedStart, says_what_an_engine_does_not_take) {
    EXPECT_THAT(refusal({{"POSTGRES_DSN", "postgresql://me:hunter2@db/orders?colour=red"}}),
                AllOf(HasSubstr("POSTGRES_DSN"), HasSubstr("colour"), Not(HasSubstr("hunter2"))));
    EXPECT_THAT(refusal({{"KAFKA_BROKERS", "b:9092"}, {"KAFKA_CONF_COLOUR", "red"}}),
                AllOf(HasSubstr("KAFKA_CONF_COLOUR"), HasSubstr("librdkafka")));
    EXPECT_THAT(refusal({{"DB_HOST", "db"}, {"MIGRATIONS_PATH", "nowhere"}}), HasSubstr("nowhere"));
}

/// A database that is away is waited for: alive, not ready, taking nothing, and gone when told to.
TEST(Start, waits_for_a_database_that_is_away) {
    Server server({.environment = {{"POSTGRES_DSN", "postgresql://me:hunter2@127.0.0.1:1/orders"}},
                   .data = {},
                   .until_ready = false});
    EXPECT_TRUE(server.logs("waiting for the store"));
    EXPECT_EQ(server.ask(get("/health")).status, 200);
    EXPECT_EQ(server.ask(get("/health/live")).status, 200);
    const HttpResponse ready = server.ask(get("/health/ready"));
    EXPECT_EQ(ready.status, 503) << ready;
    EXPECT_EQ(text_at(ready.json(), "/checks/store/status"), "unhealthy");
    const HttpResponse refused = server.ask(get("/orders/01a1fca3-89a6-7187-b094-23dc122f7022"));
    EXPECT_EQ(refused.status, 503) << refused;
    EXPECT_TRUE(refused.header("Retry-After")) << refused;
    EXPECT_EQ(server.stop(), exited(0)) << server.log();
    EXPECT_THAT(server.log(),
                AllOf(HasSubstr("127.0.0.1:1/orders"), Not(HasSubstr("hunter2")), Not(HasSubstr("\"ready\""))));
}

TEST(RefusedStart, says_that_the_port_is_taken) {
    Server server;
    const TemporaryDirectory data;
    const std::string port = std::to_string(server.port());
    EXPECT_THAT(refusal({{"HTTP_PORT", port}, {"DATA_DIR", data.path()}}),
                AllOf(HasSubstr("127.0.0.1:" + port), HasSubstr("in use")));
    EXPECT_EQ(server.ask(get("/health")).body, "ok");
}

TEST(RefusedStart, says_that_the_data_directory_is_in_use) {
    Server server;
    EXPECT_THAT(refusal({{"DATA_DIR", server.data()}}), AllOf(HasSubstr(server.data().string()), HasSubstr("in use"),
                                                              HasSubstr(std::to_string(server.program().pid()))));
    EXPECT_THAT(refusal({}, {"serve", "--data", server.data()}), HasSubstr("in use"));
    EXPECT_EQ(server.ask(get("/health/ready")).status, 200);
    server.kill();
    EXPECT_EQ(Server({.environment = {}, .data = server.data()}).ask(get("/health/ready")).status, 200)
        << "the lock is gone with its holder";
}

TEST(RefusedStart, says_that_the_data_directory_cannot_be_written) {
    const TemporaryDirectory directory;
    const std::filesystem::path file = directory.path() / "file";
    write_file(file, "no directory");
    for (const std::filesystem::path& path : {file, file / "below", std::filesystem::path("/proc/orderstream")}) {
        EXPECT_THAT(refusal({{"DATA_DIR", path}}), HasSubstr(path.string()));
    }
}

TEST(RefusedStart, says_that_there_is_no_such_address) {
    EXPECT_THAT(refusal({{"HTTP_HOST", "192.0.2.1"}}), HasSubstr("192.0.2.1"));
}

TEST(Start, says_in_one_line_which_engines_are_in_force) {
    Server server({.environment = {{"CACHE_TYPE", "memory"}}, .data = {}});
    const auto line = server.program().wait_for_line(
        [](std::string_view text) { return text.find("\"ready\"") != std::string_view::npos; }, 10s);
    const auto ready = documents::parse_json(line.value()).value();
    EXPECT_EQ(text_at(ready, "/store"), "sqlite");
    EXPECT_EQ(text_at(ready, "/bus"), "in-process");
    EXPECT_EQ(text_at(ready, "/cache"), "memory");
    EXPECT_EQ(integer_at(ready, "/port"), server.port());
    EXPECT_EQ(text_at(ready, "/level"), "info");
}

}  // namespace

}  // namespace orderstream::e2e
