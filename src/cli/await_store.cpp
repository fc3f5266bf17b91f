#include "cli/await_store.h"

#include <algorithm>
#include <chrono>

namespace orderstream::cli {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds first_pause = 100ms;
constexpr std::chrono::milliseconds last_pause = 2s;
/// A predecessor that was killed lets go within moments; one that is alive does not.
constexpr auto in_use_max = 3s;

}  // namespace

Awaited await_store(const StorePart& store, const Signals& signals, const telemetry::Log& log) {
    const auto began = std::chrono::steady_clock::now();
    for (std::chrono::milliseconds pause = first_pause;; pause = std::min(pause * 2, last_pause)) {
        const auto ready = store.prepare();
        if (ready) return Awaited::ready;
        const StoreObstacle& obstacle = ready.error();
        const bool in_use_too_long =
            obstacle.kind == StoreObstacle::Kind::in_use && std::chrono::steady_clock::now() - began > in_use_max;
        if (obstacle.kind == StoreObstacle::Kind::refused || in_use_too_long) {
            log.error("cannot start", {{"store", store.place}, {"error", obstacle.message}});
            return Awaited::refused;
        }
        log.warn("waiting for the store", {{"store", store.place}, {"error", obstacle.message}});
        if (signals.wait_for(pause)) return Awaited::signalled;
    }
}

}  // namespace orderstream::cli
