#pragma once

#include "config/config.h"
#include "telemetry/log.h"

namespace orderstream::cli {

/// `orderstream serve`, `api` or `worker`: until a signal has ended it in order, then the exit code.
[[nodiscard]] int run(config::Role role, const config::Config& config, telemetry::Log& log);

}  // namespace orderstream::cli
