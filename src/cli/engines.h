#pragma once

#include "cli/migrations.h"
#include "config/config.h"

namespace orderstream::cli {

/// All that stops the start of a role: what does not go together, and what an engine's own client does not take.
[[nodiscard]] config::Problems problems_with(const config::Config& config, config::Role role);
[[nodiscard]] config::Problems problems_with(const config::Config& config, const MigrateCommand& command);

}  // namespace orderstream::cli
