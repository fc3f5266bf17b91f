#include "cli/engines.h"

#include "cli/store.h"
#include "config/variables.h"
#include "kafka/properties.h"
#include "postgres/connection.h"

namespace orderstream::cli {

namespace {

constexpr config::Engines built_in{.postgres = true, .kafka = true, .redis = true};

void check_dsn(const config::Postgres& postgres, config::Problems& problems) {
    if (!postgres.named()) return;
    if (const auto problem = postgres::problem_with_dsn(postgres_dsn(postgres)))
        problems.push_back({postgres.dsn.empty() ? "DB_HOST" : "POSTGRES_DSN", "cannot be used: " + *problem});
}

void check_kafka_properties(const config::Kafka& kafka, config::Problems& problems) {
    if (!kafka.named()) return;
    for (const kafka::PropertyProblem& problem : kafka::check_properties(kafka.properties))
        problems.push_back({config::kafka_variable(problem.name), problem.detail});
}

}  // namespace

config::Problems problems_with(const config::Config& config, config::Role role) {
    config::Problems problems = config::validate(config, role, built_in);
    check_dsn(config.postgres, problems);
    check_kafka_properties(config.kafka, problems);
    return problems;
}

config::Problems problems_with(const config::Config& config, const MigrateCommand& command) {
    config::Problems problems;
    if (command.verb == MigrateCommand::Verb::create) return problems;  // only writes files
    if (!config.postgres.named())
        problems.push_back({"POSTGRES_DSN", "is not set, nor is DB_HOST; orderstream migrate needs PostgreSQL"});
    check_dsn(config.postgres, problems);
    return problems;
}

}  // namespace orderstream::cli
