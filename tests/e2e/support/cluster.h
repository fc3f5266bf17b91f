#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "contract/services.h"
#include "e2e/life_store.h"
#include "e2e/support/program.h"
#include "e2e/support/server.h"
#include "kafka/options.h"

namespace orderstream::e2e {

using Environment = std::map<std::string, std::string>;

/// Replicas of OrderStream on real servers: a PostgreSQL, a Kafka and a Redis for each process of tests, started when
/// they are first asked for and ended with it; a database, topics and a group of its own for each Cluster, so that one
/// test sees nothing of another. (Redis is shared: what is in it is found by order ids that nobody else has.)
///
///     Cluster cluster(Environment{{"ACK_TIMEOUT", "5s"}});  // settings of every replica
///     const auto a = cluster.start("api");             // returns when it is ready
///     const auto b = cluster.start("api", {{"CACHE_TYPE", "lru"}});
///     const auto worker = cluster.start("worker");
///     a->ask(create(...)); worker->kill(); worker->freeze(); a->stop();
///     Cluster::control("kill", "kafka"); ...; Cluster::control("start", "kafka");
///     EXPECT_TRUE(cluster.comes_to_rest());
///     customer.expect_kept(cluster.orders());
///
/// Who breaks a server puts it right again before the test ends. To break only a replica's way to a server, let its
/// environment name a proxy (contract/tcp_proxy.h). Topics are read with contract::TopicReader and kafka_options().
/// Thread-safe as far as it does not change anything.
class Cluster {
  public:
    explicit Cluster(Environment environment = {});
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    /// A replica, ready. `role` is api, worker or serve; the environment goes over that of all. Throws, with all it
    /// wrote, when it does not get ready.
    [[nodiscard]] std::unique_ptr<Server> start(const std::string& role, const Environment& environment = {}) const;
    /// The same, not waiting for more than that it listens.
    [[nodiscard]] std::unique_ptr<Server> launch(const std::string& role, const Environment& environment = {}) const;
    /// A command to its end, such as {"migrate", "version"}.
    [[nodiscard]] Finished run(std::vector<std::string> arguments, const Environment& environment = {}) const;

    /// What a replica is told: where the servers are, and the names that are this cluster's own.
    [[nodiscard]] const Environment& environment() const { return environment_; }
    [[nodiscard]] const std::string& dsn() const { return environment_.at("POSTGRES_DSN"); }
    [[nodiscard]] const std::string& database() const { return database_; }

    /// Runs SQL and answers it as psql prints it, unaligned, fields separated by '|', without headers.
    [[nodiscard]] std::string sql(const std::string& statement) const;
    [[nodiscard]] long long count(const std::string& what) const;  ///< SELECT count(*) FROM `what`
    /// What is stored, for Customer::expect_kept().
    [[nodiscard]] StoredOrders orders() const;
    /// Changes not yet processed, notes not yet published, retries.
    [[nodiscard]] long long left_to_do() const;
    [[nodiscard]] bool comes_to_rest(std::chrono::milliseconds timeout = std::chrono::seconds(60)) const;

    /// For contract::TopicReader and its like (contract/kafka_server.h).
    [[nodiscard]] kafka::KafkaOptions kafka_options() const;

    [[nodiscard]] static contract::Services& servers();
    /// stop, start or kill (kill -9) of postgres, kafka or redis.
    static void control(const std::string& command, const std::string& server) { servers().control(command, server); }

  private:
    [[nodiscard]] Server::Options options(const std::string& role, const Environment& environment) const;

    std::string database_;
    Environment environment_;
};

}  // namespace orderstream::e2e
