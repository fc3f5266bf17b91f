#pragma once

#include "config/config.h"
#include "telemetry/log.h"

namespace orderstream::cli {

/// `orderstream serve`: API and worker in one process. Returns the exit code, once a signal has ended it in order.
int serve(const config::Config& config, telemetry::Log& log);

}  // namespace orderstream::cli
