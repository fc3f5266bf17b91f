#include "e2e/support/cluster.h"

#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "e2e/life_orders.h"

namespace orderstream::e2e {

namespace {

std::string psql(const std::string& dsn, const std::string& statement) {
    const TemporaryDirectory folder;
    const std::string file = folder.path() / "statement.sql";
    std::ofstream(file) << statement;
    std::string output = contract::must_run(fmt::format(
        "psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 -f '{}' '{}' 2>&1", file, dsn));
    while (!output.empty() && output.back() == '\n') output.pop_back();
    return output;
}

std::string dsn_of(const std::string& database) {
    const std::string& any = Cluster::servers().address("POSTGRES_DSN");
    return any.substr(0, any.rfind('/') + 1) + database;
}

Environment over(Environment upper, const Environment& lower) {
    upper.insert(lower.begin(), lower.end());
    return upper;
}

}  // namespace

contract::Services& Cluster::servers() {
    static contract::Services servers({"postgres", "kafka", "redis"});
    return servers;
}

Cluster::Cluster(Environment environment) {
    static std::atomic<int> made = 0;
    const std::string name = fmt::format("cluster_{}", ++made);
    database_ = name;
    (void)psql(dsn_of("postgres"), "CREATE DATABASE " + database_);
    environment_ = over(std::move(environment), {{"POSTGRES_DSN", dsn_of(database_)},
                                                 {"KAFKA_BROKERS", servers().address("KAFKA_BROKERS")},
                                                 {"REDIS_ADDR", servers().address("REDIS_ADDR")},
                                                 {"ORDERS_EVENTS_TOPIC", name + ".events"},
                                                 {"ORDERS_ACK_TOPIC", name + ".ack"},
                                                 {"ORDERS_CREATED_TOPIC", name + ".created"},
                                                 {"KAFKA_TOPIC", name + ".orders"},
                                                 {"KAFKA_DLQ_TOPIC", name + ".dlq"},
                                                 {"WORKER_GROUP", name + ".workers"},
                                                 {"KAFKA_GROUP_ID", name + ".intake"}});
}

Server::Options Cluster::options(const std::string& role, const Environment& environment) const {
    return {.arguments = {role},
            .environment = over(environment, environment_),
            .data = {},
            .ready_timeout = std::chrono::seconds(60)};
}

std::unique_ptr<Server> Cluster::start(const std::string& role, const Environment& environment) const {
    return std::make_unique<Server>(options(role, environment));
}

std::unique_ptr<Server> Cluster::launch(const std::string& role, const Environment& environment) const {
    Server::Options launched = options(role, environment);
    launched.until_ready = false;
    return std::make_unique<Server>(launched);
}

Finished Cluster::run(std::vector<std::string> arguments, const Environment& environment) const {
    return e2e::run(
        orderstream_binary(),
        {.arguments = std::move(arguments), .environment = over(environment, environment_), .directory = {}});
}

std::string Cluster::sql(const std::string& statement) const { return psql(dsn_of(database_), statement); }

long long Cluster::count(const std::string& what) const { return std::stoll(sql("SELECT count(*) FROM " + what)); }

StoredOrders Cluster::orders() const {
    StoredOrders orders;
    // Times as answers show them; the payload as it is, without jsonb's blanks, which answers do not have.
    std::istringstream rows(
        sql("SELECT concat_ws(E'\\t', order_id, customer_id, coalesce(payload ->> 'id', ''), status, "
            "to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
            "(total_amount * 100)::bigint, version, processed_version, announced_version, "
            "replace(replace(payload::text, '\": ', '\":'), ', \"', ',\"')) FROM orders"));
    for (std::string row; std::getline(rows, row);) {
        std::istringstream fields(row);
        const auto next = [&fields] {
            std::string field;
            std::getline(fields, field, '\t');
            return field;
        };
        const std::string id = next();
        StoredOrder& order = orders[id];
        order.customer = next();
        order.external_id = next();
        order.status = next();
        order.updated_at = next();
        order.cents = std::stoll(next());
        order.version = std::stoi(next());
        order.processed_version = std::stoi(next());
        order.announced_version = std::stoi(next());
        order.payload = next();
    }
    return orders;
}

long long Cluster::left_to_do() const {
    return std::stoll(
        sql("SELECT (SELECT count(*) FROM orders WHERE processed_version < version) + "
            "(SELECT count(*) FROM orders_retry) + (SELECT count(*) FROM batches WHERE published_at IS NULL)"));
}

kafka::KafkaOptions Cluster::kafka_options() const {
    return {.brokers = environment_.at("KAFKA_BROKERS"),
            .topics = {.events = environment_.at("ORDERS_EVENTS_TOPIC"),
                       .acks = environment_.at("ORDERS_ACK_TOPIC"),
                       .created = environment_.at("ORDERS_CREATED_TOPIC"),
                       .dead_letters = environment_.at("KAFKA_DLQ_TOPIC")},
            .group = environment_.at("WORKER_GROUP")};
}

bool Cluster::comes_to_rest(std::chrono::milliseconds timeout) const {
    return eventually([this] { return left_to_do() == 0; }, timeout);
}

}  // namespace orderstream::e2e
