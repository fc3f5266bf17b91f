#pragma once

#include "cli/signals.h"
#include "cli/store.h"
#include "telemetry/log.h"

namespace orderstream::cli {

enum class Awaited { ready, refused, signalled };

/// Until the store can be used: one that is away is waited for, however long, which is better than a process that its
/// keeper starts again and again; what waiting cannot mend ends the process with a sentence in the log.
[[nodiscard]] Awaited await_store(const StorePart& store, const Signals& signals, const telemetry::Log& log);

}  // namespace orderstream::cli
