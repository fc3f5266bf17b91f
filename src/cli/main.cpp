#include <CLI/CLI.hpp>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <map>
#include <string>

#include "cli/serve.h"
#include "config/load.h"
#include "telemetry/log.h"

// From the command line to a part that runs: flags, settings, the log; what is wrong is said in whole sentences.

namespace {

using namespace orderstream;

constexpr int exit_usage = 2;

struct Arguments {
    std::map<std::string, std::string> flags;  ///< by the variable they stand for
};

void add_flags(CLI::App& command, Arguments& arguments) {
    const auto flag = [&](const char* name, const char* variable, const char* help) {
        command.add_option_function<std::string>(
            name, [&arguments, variable](const std::string& value) { arguments.flags[variable] = value; }, help);
    };
    flag("--data", "DATA_DIR", "where the embedded store lives (DATA_DIR)");
    flag("--host", "HTTP_HOST", "the address to listen on (HTTP_HOST)");
    flag("--port", "HTTP_PORT", "the port to listen on, 0 for any free one (HTTP_PORT)");
    flag("--log-level", "LOG_LEVEL", "trace, debug, info, warn, error or off (LOG_LEVEL)");
    flag("--log-format", "LOG_FORMAT", "text or json (LOG_FORMAT)");
}

int refuse(const config::Problems& problems) {
    std::string text = "orderstream cannot start:\n";
    for (const config::Problem& problem : problems) text += "  " + config::to_string(problem) + "\n";
    std::fputs(text.c_str(), stderr);
    return exit_usage;
}

int run(int argc, char** argv) {
    CLI::App app("OrderStream: orders in, stored, processed, answered when the work is really done.", "orderstream");
    app.set_version_flag("--version", "orderstream " ORDERSTREAM_VERSION);
    app.require_subcommand(0, 1);  // an unknown one is then named, instead of none being found
    app.footer(
        "Settings come from flags, the environment, .env and config.env, in this order; see `orderstream config`.");

    Arguments arguments;
    CLI::App* serve = app.add_subcommand("serve", "API and worker in one process, embedded: needs nothing else");
    CLI::App* show =
        app.add_subcommand("config", "Print the settings in force and where each comes from, secrets hidden");
    for (CLI::App* command : {serve, show}) add_flags(*command, arguments);
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
    if (show->parsed()) {
        std::fputs(config::show(*settings).c_str(), stdout);
        return 0;
    }
    const config::Config& config = settings->config;
    const config::Problems problems = config::validate(config, config::Role::serve);
    if (!problems.empty()) return refuse(problems);
    telemetry::Log log(config.log.level, config.log.format);
    return cli::serve(config, log);
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
