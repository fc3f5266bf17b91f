#pragma once

#include <memory>

#include "config/config.h"
#include "ports/order_cache.h"
#include "telemetry/log.h"

namespace orderstream::cli {

/// The cache in force for a role.
[[nodiscard]] std::unique_ptr<ports::OrderCache> make_cache(const config::Config& config, config::Role role,
                                                            const telemetry::Log& log);

}  // namespace orderstream::cli
