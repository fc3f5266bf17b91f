#pragma once

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "postgres/migrations.h"

namespace orderstream::cli {

/// Those of MIGRATIONS_PATH, else those compiled in. The error is a sentence.
[[nodiscard]] tl::expected<std::vector<postgres::Migration>, std::string> migrations_of(
    const config::Postgres& postgres);

/// What `orderstream migrate` was asked to do.
struct MigrateCommand {
    enum class Verb { up, down, version, force, create };
    Verb verb = Verb::version;
    int number = 0;    ///< steps down, or the version to force (0: none)
    std::string name;  ///< of the migration to create
};

/// Runs it, says on standard output what was done or on standard error why not, and answers the exit code.
[[nodiscard]] int migrate(const config::Postgres& postgres, const MigrateCommand& command);

}  // namespace orderstream::cli
