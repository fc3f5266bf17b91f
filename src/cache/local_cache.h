#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "order/limits.h"
#include "ports/order_cache.h"

namespace orderstream::cache {

/// Orders in this process's memory: a hash table of shards, each with its own lock and an equal share of the bounds.
///
/// What it shows of an order never goes back: an order that is advanced or goes leaves the time behind, in a table of
/// fixed size where ids share places by hash. A row whose read began no later is not let in, for it may be older than
/// what was shown or announced; so a fill may be refused for a neighbour's sake, but no stale one is ever accepted.
/// This needs a store whose reads see every commit that came before them.
/// Thread-safe. Size and bytes never pass the bounds; the least recently used order is that of the newcomer's shard.
/// Caches too small for `orders_per_shard_min` orders and `bytes_per_shard_min` bytes in each have fewer shards.
class LocalCache final : public ports::OrderCache {
  public:
    using Clock = std::function<std::chrono::microseconds()>;  ///< monotonic
    enum class WhenFull {
        keep_out,  ///< newcomers are not taken, except in place of what is too old to be shown
        evict,     ///< the least recently used order goes
    };
    struct Options {
        std::size_t orders_max = order::limits::cache_orders_max;
        std::size_t bytes_max = order::limits::cache_bytes_max;
        /// Nothing is shown longer than this after the read of its row began; none: no bound.
        std::optional<std::chrono::microseconds> max_age = std::nullopt;
        Clock now = steady_now;
    };
    static constexpr std::size_t shards_max = 16;
    static constexpr std::size_t orders_per_shard_min = 64;
    static constexpr std::size_t bytes_per_shard_min = 8 * order::limits::body_bytes;

    LocalCache(std::string_view type, WhenFull when_full, Options options);
    ~LocalCache() override;

    [[nodiscard]] order::OrderPtr peek(const order::OrderId& id) override;
    [[nodiscard]] Lookup get(std::span<const order::OrderId> ids) override;
    void fill(Ticket ticket, std::span<const order::OrderPtr> orders) override;
    [[nodiscard]] bool advance(std::span<const ports::OrderStamp> stamps) override;
    [[nodiscard]] Stats stats() const override;
    [[nodiscard]] std::string trouble() override { return {}; }

    [[nodiscard]] std::size_t bytes() const;

    [[nodiscard]] static std::chrono::microseconds steady_now();

  private:
    class Shard;

    [[nodiscard]] Shard& shard_of(const order::OrderId& id) const;

    const std::string_view type_;
    const Options options_;
    std::vector<std::unique_ptr<Shard>> shards_;
};

/// CACHE_TYPE=memory: keeps what came first, up to limits::cache_orders_max.
[[nodiscard]] std::unique_ptr<LocalCache> make_memory_cache(LocalCache::Options options);
/// CACHE_TYPE=lru: keeps what was asked for last, `orders_max` being CACHE_LRU_SIZE.
[[nodiscard]] std::unique_ptr<LocalCache> make_lru_cache(LocalCache::Options options);

}  // namespace orderstream::cache
