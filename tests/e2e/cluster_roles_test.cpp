#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "e2e/life_orders.h"
#include "e2e/support/cluster.h"
#include "e2e/support/concurrent.h"
#include "e2e/support/json_access.h"

// The roles on real servers: how they start, what they refuse, what their probes say, how they leave.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string check(const Server& server, const std::string& dependency) {
    return text_at(server.ask(get("/health/ready")).json(), "/checks/" + dependency + "/status");
}

documents::Json ready_line(Server& server) {
    const auto line = server.program().wait_for_line(
        [](std::string_view text) { return text.find("\"ready\"") != std::string_view::npos; }, 10s);
    return documents::parse_json(line.value()).value();
}

struct Mix {
    std::string name;
    std::string store;
    std::string bus;
    Environment without;  ///< variables emptied: the default, which is the embedded part
};

class ServeOn : public testing::TestWithParam<Mix> {};

INSTANTIATE_TEST_SUITE_P(
    Mixes, ServeOn,
    testing::Values(Mix{"postgres_and_kafka", "postgres", "kafka", {}},
                    Mix{"postgres_alone", "postgres", "in-process", {{"KAFKA_BROKERS", ""}}},
                    Mix{"sqlite_and_kafka", "sqlite", "kafka", {{"POSTGRES_DSN", ""}}},
                    Mix{"sqlite_alone", "sqlite", "in-process", {{"POSTGRES_DSN", ""}, {"KAFKA_BROKERS", ""}}}),
    [](const auto& instance) { return instance.param.name; });

TEST_P(ServeOn, this_mix_orders_live_their_lives) {
    const Cluster cluster(GetParam().without);
    for (const std::string cache : {"none", "lru", "redis"}) {
        const auto server = cluster.start("serve", {{"CACHE_TYPE", cache}});
        const documents::Json ready = ready_line(*server);
        EXPECT_EQ(text_at(ready, "/role"), "serve");
        EXPECT_EQ(text_at(ready, "/store"), GetParam().store);
        EXPECT_EQ(text_at(ready, "/bus"), GetParam().bus);
        EXPECT_EQ(text_at(ready, "/cache"), cache);
        const std::string customer = new_customer();
        const HttpResponse created = server->ask(create(customer, document("x", 1)));
        ASSERT_EQ(created.status, 201) << created;
        EXPECT_EQ(server->ask(update(id_in(created), customer, document("y", 2))).status, 200);
        const HttpResponse shown = server->ask(show(id_in(created)));
        EXPECT_EQ(version_in(shown), 2) << shown;
        EXPECT_EQ(text_at(shown.json(), "/status"), "done") << shown;
        EXPECT_EQ(cents_in(shown), 225) << shown;
        EXPECT_EQ(server->stop(), exited(0)) << server->log();
    }
}

TEST(Roles, say_what_they_are_made_of_and_how_it_is) {
    const Cluster cluster;
    const auto api = cluster.start("api");
    const auto worker = cluster.start("worker");
    EXPECT_EQ(text_at(ready_line(*api), "/cache"), "redis");
    EXPECT_EQ(text_at(ready_line(*worker), "/role"), "worker");
    for (const auto* server : {api.get(), worker.get()}) {
        EXPECT_EQ(server->ask(get("/health")).body, "ok");
        EXPECT_EQ(server->ask(get("/health/live")).status, 200);
        EXPECT_EQ(server->ask(get("/health/ready")).status, 200);
        EXPECT_EQ(check(*server, "store"), "healthy");
        EXPECT_TRUE(eventually([&] { return check(*server, "bus") == "healthy"; }));
    }
    EXPECT_EQ(check(*api, "cache"), "healthy");
    EXPECT_EQ(worker->ask(create(new_customer(), document("x", 1))).status, 404) << "a worker has no doors";
}

TEST(Roles, defaults_of_the_cache_follow_the_role) {
    const Cluster cluster(Environment{{"REDIS_ADDR", ""}});
    EXPECT_EQ(text_at(ready_line(*cluster.start("api")), "/cache"), "none");
    EXPECT_EQ(text_at(ready_line(*cluster.start("serve")), "/cache"), "lru");
}

TEST(Serve, has_a_database_for_itself_unless_kafka_tells_others) {
    const Cluster cluster(Environment{{"KAFKA_BROKERS", ""}});
    auto first = cluster.start("serve");
    const Finished second = cluster.run({"serve"}, {{"HTTP_PORT", "0"}});
    EXPECT_EQ(second.status, exited(1));
    EXPECT_THAT(second.errors, AllOf(HasSubstr("cannot start"), HasSubstr("another process has this database")));
    EXPECT_EQ(first->ask(get("/health/ready")).status, 200);
    first->kill();
    const auto third = cluster.start("serve");
    EXPECT_EQ(third->ask(create(new_customer(), document("x", 1))).status, 201);
}

TEST(Start, is_refused_for_good_when_waiting_would_not_help) {
    const Cluster cluster(Environment{{"HTTP_PORT", "0"}});
    const std::string& dsn = cluster.dsn();
    const auto refused = [&](const Environment& environment) {
        const Finished finished = cluster.run({"serve"}, environment);
        EXPECT_EQ(finished.status, exited(1)) << finished.errors;
        EXPECT_THAT(finished.errors, HasSubstr("cannot start"));
        return finished.errors;
    };
    EXPECT_THAT(refused({{"POSTGRES_DSN", dsn + "_missing"}}), HasSubstr("does not exist"));
    const std::string::size_type at = dsn.find('@');
    const std::string wrong = dsn.substr(0, dsn.find(':', dsn.find("://") + 3)) + ":wrong" + dsn.substr(at);
    EXPECT_THAT(refused({{"POSTGRES_DSN", wrong}}), AllOf(HasSubstr("password"), HasSubstr("28P01")));

    (void)cluster.sql("CREATE TABLE orders (id int)");
    EXPECT_THAT(refused({}), HasSubstr("that OrderStream did not make"));
    (void)cluster.sql("DROP TABLE orders");
    EXPECT_THAT(refused({{"SKIP_MIGRATIONS", "true"}}), HasSubstr("migrate up"));
    EXPECT_EQ(cluster.run({"migrate", "up"}).status, exited(0));
    (void)cluster.sql("UPDATE schema_migrations SET version = 999");
    EXPECT_THAT(refused({}), HasSubstr("newer OrderStream"));
}

TEST(Start, of_many_replicas_at_once_on_an_empty_database_makes_one_schema) {
    const Cluster cluster;
    std::vector<std::unique_ptr<Server>> replicas(4);
    concurrently(4,
                 [&](int i) { replicas[static_cast<std::size_t>(i)] = cluster.start(i % 2 == 0 ? "api" : "worker"); });
    EXPECT_EQ(cluster.run({"migrate", "version"}).output, "4\n");
    for (const auto& replica : replicas) {
        EXPECT_THAT(replica->log(), Not(HasSubstr("does not exist"))) << "it looked before the schema was there";
    }
    EXPECT_EQ(replicas[0]->ask(create(new_customer(), document("x", 1))).status, 201);
}

TEST(Migrate, goes_forth_and_back) {
    const Cluster cluster;
    const auto says = [&](std::vector<std::string> arguments, int code = 0) {
        arguments.insert(arguments.begin(), "migrate");
        const Finished finished = cluster.run(std::move(arguments));
        EXPECT_EQ(finished.status, exited(code)) << finished.output << finished.errors;
        return finished.output + finished.errors;
    };
    EXPECT_EQ(says({"version"}), "none\n");
    EXPECT_THAT(says({"up"}), HasSubstr("4 steps up; the schema's version is 4"));
    EXPECT_THAT(says({"up"}), HasSubstr("0 steps up; the schema's version is 4"));
    EXPECT_THAT(says({"down", "1"}), HasSubstr("1 step down; the schema's version is 3"));
    EXPECT_EQ(says({"version"}), "3\n");
    EXPECT_THAT(says({"force", "4"}), HasSubstr("the schema's version is 4"));
    EXPECT_THAT(says({"force", "77"}, 1), HasSubstr("no migration of version 77"));
    EXPECT_THAT(says({"force", "3"}), HasSubstr("the schema's version is 3"));
    EXPECT_THAT(says({"up"}), HasSubstr("1 step up"));
    EXPECT_THAT(says({"down", "9"}), HasSubstr("4 steps down; the schema's version is none"));
    EXPECT_EQ(cluster.count("pg_tables WHERE tablename = 'orders'"), 0);
    (void)says({"down"}, 2);
    (void)says({"down", "0"}, 2);
    (void)says({"force", "x"}, 2);
    (void)says({"sideways"}, 2);
}

TEST(Migrate, takes_the_files_of_a_folder_and_writes_the_next_ones) {
    const Cluster cluster;
    const TemporaryDirectory folder;
    const Environment here{{"MIGRATIONS_PATH", folder.path()}};
    const Finished created = cluster.run({"migrate", "create", "add_colour"}, here);
    EXPECT_EQ(created.status, exited(0)) << created.errors;
    EXPECT_EQ(created.output, (folder.path() / "0001_add_colour.up.sql").string() + "\n" +
                                  (folder.path() / "0001_add_colour.down.sql").string() + "\n");
    std::ofstream(folder.path() / "0001_add_colour.up.sql") << "CREATE TABLE colours (id int);";
    EXPECT_EQ(cluster.run({"migrate", "create", "../x"}, here).status, exited(1));
    EXPECT_EQ(cluster.run({"migrate", "version"}, here).output, "none\n");
    const Finished up = cluster.run({"migrate", "up"}, {{"MIGRATIONS_PATH", "file://" + folder.path().string()}});
    EXPECT_EQ(up.status, exited(0)) << up.errors;
    EXPECT_EQ(cluster.count("colours"), 0);
}

TEST(Probes, are_degraded_by_kafka_and_redis_and_unready_only_without_the_store) {
    const Cluster cluster;
    const auto api = cluster.start("api");
    const auto worker = cluster.start("worker");
    const auto ready = [](const Server& server) { return server.ask(get("/health/ready")); };
    const auto becomes = [&](const Server& server, const std::string& dependency, const std::string& status) {
        return eventually([&] { return check(server, dependency) == status; }, 60s);
    };
    for (const std::string server : {"kafka", "redis"}) {
        Cluster::control("stop", server);
        if (server == "kafka") {
            EXPECT_TRUE(becomes(*worker, "bus", "degraded"));
        }
        EXPECT_TRUE(becomes(*api, server == "kafka" ? "bus" : "cache", "degraded"));
        const HttpResponse degraded = ready(*api);
        EXPECT_EQ(degraded.status, 200) << degraded;
        EXPECT_EQ(text_at(degraded.json(), "/status"), "degraded");
        EXPECT_EQ(ready(*worker).status, 200);
        Cluster::control("start", server);
    }
    EXPECT_TRUE(becomes(*api, "bus", "healthy"));
    EXPECT_TRUE(becomes(*api, "cache", "healthy"));
    EXPECT_TRUE(becomes(*worker, "bus", "healthy"));

    Cluster::control("stop", "postgres");
    for (const auto* server : {api.get(), worker.get()}) {
        EXPECT_TRUE(becomes(*server, "store", "unhealthy"));
        EXPECT_EQ(ready(*server).status, 503);
        EXPECT_EQ(server->ask(get("/health/live")).status, 200);
    }
    const HttpResponse refused = api->ask(create(new_customer(), document("x", 1)));
    EXPECT_EQ(refused.status, 503) << refused;
    EXPECT_TRUE(refused.header("Retry-After")) << refused;
    Cluster::control("start", "postgres");
    EXPECT_TRUE(becomes(*api, "store", "healthy"));
    EXPECT_TRUE(becomes(*worker, "store", "healthy"));
    EXPECT_TRUE(eventually([&] { return api->ask(create(new_customer(), document("x", 1))).status == 201; }));
}

TEST(Start, waits_for_a_database_that_is_away_and_goes_on_when_it_is_back) {
    const Cluster cluster;
    Cluster::control("stop", "postgres");
    const auto api = cluster.launch("api");
    const auto worker = cluster.launch("worker");
    EXPECT_TRUE(api->logs("waiting for the store"));
    EXPECT_TRUE(eventually([&] {
        const HttpResponse unready = api->ask(get("/health/ready"));
        EXPECT_EQ(unready.status, 503);
        return text_at(unready.json(), "/checks/store/detail").find("onnect") != std::string::npos;
    })) << "its probe does not say why";
    EXPECT_EQ(api->ask(create(new_customer(), document("x", 1))).status, 503);
    Cluster::control("start", "postgres");
    EXPECT_TRUE(eventually([&] { return api->ask(get("/health/ready")).status == 200; }));
    EXPECT_EQ(api->ask(create(new_customer(), document("x", 1))).status, 201);
    EXPECT_EQ(worker->stop(), exited(0)) << worker->log();
}

TEST(Leave, of_an_api_and_a_worker_is_clean_and_in_time) {
    const Cluster cluster;
    const auto api = cluster.start("api");
    const auto worker = cluster.start("worker");
    const std::string customer = new_customer();
    concurrent_clients(api->port(), 8, [&](HttpConnection& connection, int) {
        for (int i = 0; i < scaled(40); ++i) ASSERT_EQ(connection.ask(create(customer, document("x", i))).status, 201);
    });
    const auto began = Clock::now();
    EXPECT_EQ(api->stop(20s), exited(0)) << api->log();
    EXPECT_LE(Clock::now() - began, 2s + 8s);
    EXPECT_EQ(worker->stop(20s), exited(0)) << worker->log();
    EXPECT_THAT(api->log() + worker->log(), Not(HasSubstr("takes too long")));
    EXPECT_EQ(cluster.left_to_do(), 0) << "what is done leaves no note behind";
    EXPECT_EQ(cluster.count("orders WHERE status = 'done'"), 8 * scaled(40));
}

}  // namespace

}  // namespace orderstream::e2e
