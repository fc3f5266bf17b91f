#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "contract/redis_server.h"
#include "redis/redis_cache.h"

namespace orderstream::contract {

[[nodiscard]] const telemetry::Log& silent_log();

/// One more instance's cache.
[[nodiscard]] std::unique_ptr<redis::RedisCache> redis_cache(
    std::chrono::milliseconds life = order::limits::redis_entry_life);
/// The same on a Redis that was emptied before.
[[nodiscard]] std::unique_ptr<redis::RedisCache> empty_redis_cache(
    std::chrono::milliseconds life = order::limits::redis_entry_life);

/// Whether it comes to be, in a time that only what hangs can need.
[[nodiscard]] bool eventually(const std::function<bool()>& condition);

/// Waits until Redis's clock is past that.
void wait_past(std::int64_t microseconds);

}  // namespace orderstream::contract
