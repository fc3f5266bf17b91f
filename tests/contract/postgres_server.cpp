#include "contract/postgres_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace orderstream::contract {
namespace {

constexpr const char* services = ORDERSTREAM_SERVICES;

struct Outcome {
    int status = 0;
    std::string output;
};

Outcome run(const std::string& command) {
    FILE* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
    Outcome outcome;
    std::array<char, 4096> buffer;
    for (std::size_t size = 0; (size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        outcome.output.append(buffer.data(), size);
    }
    outcome.status = ::pclose(pipe);
    return outcome;
}

std::string must_run(const std::string& command) {
    const Outcome outcome = run(command);
    if (outcome.status != 0) throw std::runtime_error(fmt::format("`{}` failed: {}", command, outcome.output));
    return outcome.output;
}

std::string quoted(const std::string& text) { return "'" + text + "'"; }

}  // namespace

PostgresServer& PostgresServer::get() {
    static PostgresServer server;
    return server;
}

PostgresServer::PostgresServer() {
    std::string name = (std::filesystem::temp_directory_path() / "orderstream-postgres-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    folder_ = name;

    // Also a test that is killed leaves no server behind: this waits for the pipe to close.
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    guard_ = ends[1];
    guard_pid_ = ::fork();
    if (guard_pid_ == 0) {
        ::setsid();
        ::dup2(ends[0], STDIN_FILENO);
        const std::string script = fmt::format(
            "cat >/dev/null; {0} kill {1} postgres; {0} down {1} >/dev/null 2>&1; rm -rf {1}", services, folder_);
        ::execl("/bin/sh", "sh", "-c", script.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(ends[0]);

    must_run(fmt::format("{} up {} postgres 2>&1", services, folder_));
    std::ifstream env(folder_ + "/env");
    std::string line;
    std::getline(env, line);
    const std::string_view variable = "POSTGRES_DSN=";
    if (!line.starts_with(variable)) throw std::runtime_error("scripts/services said no POSTGRES_DSN");
    base_dsn_ = line.substr(variable.size(), line.rfind('/') - variable.size());
    port_ = std::stoi(base_dsn_.substr(base_dsn_.rfind(':') + 1));
}

PostgresServer::~PostgresServer() {
    ::close(guard_);
    ::waitpid(guard_pid_, nullptr, 0);
}

std::string PostgresServer::dsn(const std::string& database) const { return base_dsn_ + "/" + database; }

std::string PostgresServer::make_database() {
    const std::string name = fmt::format("test_{}", ++databases_);
    (void)run_sql("postgres", "CREATE DATABASE " + name);
    return name;
}

void PostgresServer::control(const std::string& command) {
    must_run(fmt::format("{} {} {} postgres 2>&1", services, command, folder_));
}

std::string PostgresServer::run_sql(const std::string& database, const std::string& sql) const {
    const std::string file = fmt::format("{}/statement_{}.sql", folder_, ++statements_);
    std::ofstream(file) << sql;
    std::string output =
        must_run(fmt::format("psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 -f {} {} 2>&1",
                             quoted(file), quoted(dsn(database))));
    while (!output.empty() && output.back() == '\n') output.pop_back();
    return output;
}

bool PostgresServer::run_file(const std::string& database, const std::string& path) const {
    return run(fmt::format("psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 -f {} {} 2>&1", quoted(path),
                           quoted(dsn(database))))
               .status == 0;
}

}  // namespace orderstream::contract
