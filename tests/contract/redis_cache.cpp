#include "contract/redis_cache.h"

#include <thread>

namespace orderstream::contract {

using namespace std::chrono_literals;

const telemetry::Log& silent_log() {
    static const telemetry::Log log(telemetry::Level::off);
    return log;
}

std::unique_ptr<redis::RedisCache> redis_cache(std::chrono::milliseconds life) {
    return std::make_unique<redis::RedisCache>(
        redis::RedisCache::Options{.address = RedisServer::get().address(), .patience = patient, .life = life},
        silent_log());
}

std::unique_ptr<redis::RedisCache> empty_redis_cache(std::chrono::milliseconds life) {
    RedisServer::get().ask({"FLUSHALL"});
    return redis_cache(life);
}

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

void wait_past(std::int64_t microseconds) {
    while (RedisServer::get().now() <= microseconds) std::this_thread::sleep_for(2ms);
}

}  // namespace orderstream::contract
