#include "contract/postgres_server.h"

#include <fmt/format.h>

#include <fstream>

namespace orderstream::contract {
namespace {

std::string quoted(const std::string& text) { return "'" + text + "'"; }

}  // namespace

PostgresServer& PostgresServer::get() {
    static PostgresServer server;
    return server;
}

PostgresServer::PostgresServer() : services_({"postgres"}) {
    const std::string& dsn = services_.address("POSTGRES_DSN");
    base_dsn_ = dsn.substr(0, dsn.rfind(':'));
}

std::string PostgresServer::dsn(const std::string& database, int port) const {
    return fmt::format("{}:{}/{}", base_dsn_, port, database);
}

std::string PostgresServer::make_database() {
    const std::string name = fmt::format("test_{}", ++databases_);
    (void)run_sql("postgres", "CREATE DATABASE " + name);
    return name;
}

std::string PostgresServer::run_sql(const std::string& database, const std::string& sql) const {
    const std::string file = fmt::format("{}/statement_{}.sql", services_.folder(), ++statements_);
    std::ofstream(file) << sql;
    std::string output =
        must_run(fmt::format("psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 -f {} {} 2>&1",
                             quoted(file), quoted(dsn(database))));
    while (!output.empty() && output.back() == '\n') output.pop_back();
    return output;
}

bool PostgresServer::run_file(const std::string& database, const std::string& path) const {
    return run_command(fmt::format("psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 -f {} {} 2>&1", quoted(path),
                                   quoted(dsn(database))))
               .status == 0;
}

}  // namespace orderstream::contract
