#include "cli/migrations.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <utility>

#include "cli/store.h"

namespace orderstream::cli {

namespace {

using postgres::Migrator;

/// What was done, or why not.
using Report = tl::expected<std::string, std::string>;

// golang-migrate takes a URL.
std::filesystem::path folder_of(const config::Postgres& postgres) {
    constexpr std::string_view scheme = "file://";
    const std::string& path = postgres.migrations_path;
    return path.starts_with(scheme) ? path.substr(scheme.size()) : path;
}

Report create(const config::Postgres& postgres, const std::string& name) {
    const std::filesystem::path folder = postgres.migrations_path.empty() ? "migrations" : folder_of(postgres);
    return postgres::create_migration(folder, name).map([](const std::vector<std::filesystem::path>& files) {
        std::string report;
        for (const std::filesystem::path& file : files) report += file.string() + "\n";
        return report;
    });
}

std::string to_text(const Migrator::Version& at) {
    return (at.number ? std::to_string(*at.number) : "none") + (at.dirty ? " (dirty)" : "");
}

Report run(const Migrator& migrator, const MigrateCommand& command) {
    const auto message = [](postgres::Obstacle obstacle) { return std::move(obstacle.message); };
    const auto with_version = [&](const std::string& done) -> Report {
        const auto at = migrator.version();
        if (!at) return tl::unexpected(at.error().message);
        return fmt::format("{}; the schema's version is {}\n", done, to_text(*at));
    };
    const auto in_steps = [](int steps, std::string_view where) {
        return fmt::format("{} {} {}", steps, steps == 1 ? "step" : "steps", where);
    };
    switch (command.verb) {
        case MigrateCommand::Verb::up:
            return migrator.up().map_error(message).and_then(
                [&](int steps) { return with_version(in_steps(steps, "up")); });
        case MigrateCommand::Verb::down:
            return migrator.down(command.number).map_error(message).and_then([&](int steps) {
                return with_version(in_steps(steps, "down"));
            });
        case MigrateCommand::Verb::force: {
            const auto version = command.number > 0 ? std::optional<std::int64_t>(command.number) : std::nullopt;
            return migrator.force(version).map_error(message).and_then([&] { return with_version("written down"); });
        }
        case MigrateCommand::Verb::version:
            return migrator.version().map_error(message).map(
                [](const Migrator::Version& at) { return to_text(at) + "\n"; });
        case MigrateCommand::Verb::create: break;
    }
    return tl::unexpected(std::string("there is no such command"));
}

}  // namespace

tl::expected<std::vector<postgres::Migration>, std::string> migrations_of(const config::Postgres& postgres) {
    if (postgres.migrations_path.empty()) return postgres::embedded_migrations();
    return postgres::read_migrations(folder_of(postgres));
}

int migrate(const config::Postgres& postgres, const MigrateCommand& command) {
    const Report report = command.verb == MigrateCommand::Verb::create
                              ? create(postgres, command.name)
                              : migrations_of(postgres).and_then([&](std::vector<postgres::Migration> migrations) {
                                    return run(Migrator(postgres_dsn(postgres), std::move(migrations)), command);
                                });
    if (!report) {
        std::fputs(("orderstream migrate: " + report.error() + "\n").c_str(), stderr);
        return 1;
    }
    std::fputs(report->c_str(), stdout);
    return 0;
}

}  // namespace orderstream::cli
