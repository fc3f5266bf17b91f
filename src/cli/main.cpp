#include <CLI/CLI.hpp>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <map>
#include <string>

#include "cli/engines.h"
#include "cli/migrations.h"
#include "cli/role.h"
#include "config/load.h"
#include "telemetry/log.h"

// From the command line to a part that runs: flags, settings, the log; what is wrong is said in whole sentences.

namespace {

using namespace orderstream;

constexpr int exit_usage = 2;

struct Arguments {
    std::map<std::string, std::string> flags;  ///< by the variable they stand for
};

void add_flags(CLI::App& command, Arguments& arguments, const char* port_variable) {
    const auto flag = [&](const char* name, const char* variable, const char* help) {
        command.add_option_function<std::string>(
            name, [&arguments, variable](const std::string& value) { arguments.flags[variable] = value; }, help);
    };
    flag("--data", "DATA_DIR", "where the embedded store lives (DATA_DIR)");
    flag("--host", "HTTP_HOST", "the address to listen on (HTTP_HOST)");
    const std::string port_help = std::string("the port to listen on, 0 for any free one (") + port_variable + ")";
    flag("--port", port_variable, port_help.c_str());
    flag("--log-level", "LOG_LEVEL", "trace, debug, info, warn, error or off (LOG_LEVEL)");
    flag("--log-format", "LOG_FORMAT", "text or json (LOG_FORMAT)");
}

int refuse(const config::Problems& problems) {
    std::string text = "orderstream cannot start:\n";
    for (const config::Problem& problem : problems) text += "  " + config::to_string(problem) + "\n";
    std::fputs(text.c_str(), stderr);
    return exit_usage;
}

/// What one of the subcommands of `orderstream migrate` asks for.
void add_migrate_commands(CLI::App& migrate, cli::MigrateCommand& command) {
    using Verb = cli::MigrateCommand::Verb;
    migrate.require_subcommand(1);
    const auto add = [&](const char* name, Verb verb, const char* help) {
        CLI::App* added = migrate.add_subcommand(name, help);
        added->callback([&command, verb] { command.verb = verb; });
        return added;
    };
    add("up", Verb::up, "Bring the schema to the newest version");
    add("down", Verb::down, "Take so many steps back")
        ->add_option("N", command.number, "How many steps")
        ->required()
        ->check(CLI::PositiveNumber);
    add("version", Verb::version, "Print the schema's version");
    add("force", Verb::force, "Write down that the schema has this version and is whole; runs nothing")
        ->add_option("N", command.number, "The version, 0 for none")
        ->required()
        ->check(CLI::NonNegativeNumber);
    add("create", Verb::create, "Write the next pair of files, in MIGRATIONS_PATH or ./migrations")
        ->add_option("NAME", command.name, "What it is about: a-z, 0-9 and _")
        ->required();
}

int run(int argc, char** argv) {
    CLI::App app("OrderStream: orders in, stored, processed, answered when the work is really done.", "orderstream");
    app.set_version_flag("--version", "orderstream " ORDERSTREAM_VERSION);
    app.require_subcommand(0, 1);  // an unknown one is then named, instead of none being found
    app.footer(
        "Settings come from flags, the environment, .env and config.env, in this order; see `orderstream config`.");

    Arguments arguments;
    CLI::App* serve = app.add_subcommand(
        "serve", "API and worker in one process: embedded, or with the servers that the settings name");
    CLI::App* api = app.add_subcommand("api", "The API alone, one of many; needs PostgreSQL and Kafka");
    CLI::App* worker = app.add_subcommand("worker", "The worker alone, one of many; needs PostgreSQL and Kafka");
    CLI::App* migrate = app.add_subcommand("migrate", "Bring PostgreSQL's schema forth or back");
    CLI::App* show =
        app.add_subcommand("config", "Print the settings in force and where each comes from, secrets hidden");
    for (CLI::App* command : {serve, api, show}) add_flags(*command, arguments, "HTTP_PORT");
    add_flags(*worker, arguments, "WORKER_HTTP_PORT");
    cli::MigrateCommand migrate_command;
    add_migrate_commands(*migrate, migrate_command);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }
    if (app.get_subcommands().empty()) {
        std::fputs(app.help().c_str(), stderr);
        return exit_usage;
    }

    const auto settings = config::load(config::surroundings(environ, arguments.flags));
    if (!settings) return refuse(settings.error());
    const config::Config& config = settings->config;
    if (show->parsed()) {
        std::fputs(config::show(*settings).c_str(), stdout);
        return 0;
    }
    if (migrate->parsed()) {
        const config::Problems problems = cli::problems_with(config, migrate_command);
        return problems.empty() ? cli::migrate(config.postgres, migrate_command) : refuse(problems);
    }
    const config::Role role = api->parsed()      ? config::Role::api
                              : worker->parsed() ? config::Role::worker
                                                 : config::Role::serve;
    const config::Problems problems = cli::problems_with(config, role);
    if (!problems.empty()) return refuse(problems);
    telemetry::Log log(config.log.level, config.log.format);
    return cli::run(role, config, log);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& exception) {
        std::fprintf(stderr, "orderstream: %s\n", exception.what());
        return 1;
    }
}
