#include "cli/cache.h"

#include <exception>
#include <utility>

#include "cache/local_cache.h"
#include "cache/no_cache.h"
#include "redis/redis_cache.h"

namespace orderstream::cli {

std::unique_ptr<ports::OrderCache> make_cache(const config::Config& config, config::Role role,
                                              const telemetry::Log& log) {
    cache::LocalCache::Options options;
    options.max_age = config::cache_max_age(config, role);
    switch (config::cache_type(config, role)) {
        case config::CacheType::memory: return cache::make_memory_cache(std::move(options));
        case config::CacheType::lru:
            options.orders_max = static_cast<std::size_t>(config.cache.lru_orders);
            return cache::make_lru_cache(std::move(options));
        case config::CacheType::redis:
            return std::make_unique<redis::RedisCache>(
                redis::RedisCache::Options{.address = config.redis.address, .patience = {}}, log);
        case config::CacheType::none: return std::make_unique<cache::NoCache>();
    }
    std::terminate();
}

}  // namespace orderstream::cli
