#include "cache/local_cache.h"

#include <algorithm>
#include <array>
#include <compare>
#include <limits>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "ports/weight.h"

namespace orderstream::cache {

namespace {

/// How new a view is: the greater pair is the newer one.
struct Newness {
    int version;
    int processed_version;
    friend auto operator<=>(const Newness&, const Newness&) = default;
};
Newness newness(const order::Order& order) { return {order.version, order.processed_version}; }
Newness newness(const ports::OrderStamp& stamp) { return {stamp.version, stamp.processed_version}; }

/// The ids' own hash serves the index; shards and places of the table are told apart by other, mixed bits.
std::size_t mixed_hash(const order::OrderId& id) { return order::OrderIdHash{}(id)*0x9E37'79B9'7F4A'7C15; }

std::size_t shard_count(const LocalCache::Options& options) {
    const std::size_t count = std::min({LocalCache::shards_max, options.orders_max / LocalCache::orders_per_shard_min,
                                        options.bytes_max / LocalCache::bytes_per_shard_min});
    return std::max<std::size_t>(count, 1);
}

}  // namespace

/// Everything of the orders whose hash leads here, behind one lock that is never held for long.
class LocalCache::Shard {
  public:
    Shard(const Options& options, WhenFull when_full, std::size_t orders_max, std::size_t bytes_max)
        : options_(options), when_full_(when_full), orders_max_(orders_max), bytes_max_(bytes_max) {
        left_at_.fill(std::numeric_limits<std::int64_t>::min());
    }

    [[nodiscard]] order::OrderPtr show(const order::OrderId& id, bool count_miss) {
        const std::lock_guard lock(mutex_);
        const auto found = index_.find(id);
        if (found == index_.end() || too_old(*found->second)) {
            if (count_miss) ++misses_;
            return nullptr;
        }
        ++hits_;
        if (when_full_ == WhenFull::evict) entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->order;
    }

    void offer(Ticket ticket, const order::OrderPtr& order) {
        const Entry entry{order, ticket.microseconds, entry_bytes + ports::bytes_of(*order)};
        const std::lock_guard lock(mutex_);
        if (const auto found = index_.find(order->id); found != index_.end()) {
            // What is there is as new as anything shown or announced, so what is newer than it needs no look at the
            // table.
            if (!is_newer(entry, *found->second)) return;
            remove(found);
        } else if (entry.read_at <= left_at(order->id)) {
            return;
        }
        if (!make_room(entry.bytes)) return;
        entries_.push_front(entry);
        index_.emplace(order->id, entries_.begin());
        bytes_ += entry.bytes;
    }

    /// `now`: a read that begins later sees at least what `stamp` says.
    void advance(const ports::OrderStamp& stamp, std::int64_t now) {
        const std::lock_guard lock(mutex_);
        std::int64_t& left = left_at(stamp.id);
        left = std::max(left, now);
        const auto found = index_.find(stamp.id);
        if (found != index_.end() && newness(*found->second->order) < newness(stamp)) remove(found);
    }

    void add_to(Stats& stats) const {
        const std::lock_guard lock(mutex_);
        stats.size += index_.size();
        stats.hits += hits_;
        stats.misses += misses_;
    }

    [[nodiscard]] std::size_t bytes() const {
        const std::lock_guard lock(mutex_);
        return bytes_;
    }

  private:
    struct Entry {
        order::OrderPtr order;
        std::int64_t read_at;  ///< when the read of its row began
        std::size_t bytes;
    };
    using Entries = std::list<Entry>;
    using Index = std::unordered_map<order::OrderId, Entries::iterator, order::OrderIdHash>;

    /// The nodes of list and index, and the counts of the shared pointers.
    static constexpr std::size_t entry_bytes = sizeof(Entry) + sizeof(Index::value_type) + 8 * sizeof(void*);

    [[nodiscard]] std::int64_t& left_at(const order::OrderId& id) {
        return left_at_[(mixed_hash(id) >> 32) % left_at_.size()];
    }

    [[nodiscard]] std::int64_t now() const { return options_.now().count(); }

    [[nodiscard]] bool too_old(const Entry& entry) const {
        return options_.max_age && now() - entry.read_at > options_.max_age->count();
    }

    /// A worker's first step changes neither version: of two equal ones the read that began later counts.
    [[nodiscard]] static bool is_newer(const Entry& a, const Entry& b) {
        const auto order = newness(*a.order) <=> newness(*b.order);
        return order > 0 || (order == 0 && a.read_at >= b.read_at);
    }

    [[nodiscard]] bool make_room(std::size_t bytes) {
        if (orders_max_ == 0 || bytes > bytes_max_) return false;
        while (entries_.size() >= orders_max_ || bytes_ + bytes > bytes_max_) {
            const Entry& last = entries_.back();
            if (when_full_ == WhenFull::keep_out && !too_old(last)) return false;
            remove(index_.find(last.order->id));
        }
        return true;
    }

    void remove(Index::iterator gone) {
        // The time is asked here, under the lock: the order was shown until now.
        left_at(gone->first) = now();
        bytes_ -= gone->second->bytes;
        entries_.erase(gone->second);
        index_.erase(gone);
    }

    const Options& options_;
    const WhenFull when_full_;
    const std::size_t orders_max_;
    const std::size_t bytes_max_;

    mutable std::mutex mutex_;
    Entries entries_;  ///< the first is the newest: by last use, or by arrival where nothing is evicted
    Index index_;
    std::size_t bytes_ = 0;
    std::uint64_t hits_ = 0;
    std::uint64_t misses_ = 0;
    /// When an order of each place was last advanced or went.
    std::array<std::int64_t, 4096> left_at_;
};

LocalCache::LocalCache(std::string_view type, WhenFull when_full, Options options)
    : type_(type), options_(std::move(options)) {
    const std::size_t count = shard_count(options_);
    const auto share = [count](std::size_t total, std::size_t i) {
        return total / count + (i < total % count ? 1 : 0);
    };
    for (std::size_t i = 0; i < count; ++i) {
        shards_.push_back(
            std::make_unique<Shard>(options_, when_full, share(options_.orders_max, i), share(options_.bytes_max, i)));
    }
}

LocalCache::~LocalCache() = default;

LocalCache::Shard& LocalCache::shard_of(const order::OrderId& id) const {
    return *shards_[(mixed_hash(id) >> 48) % shards_.size()];
}

order::OrderPtr LocalCache::peek(const order::OrderId& id) { return shard_of(id).show(id, false); }

ports::OrderCache::Lookup LocalCache::get(std::span<const order::OrderId> ids) {
    Lookup lookup;
    lookup.found.reserve(ids.size());
    for (const order::OrderId& id : ids) lookup.found.push_back(shard_of(id).show(id, true));
    lookup.ticket.microseconds = options_.now().count();
    return lookup;
}

void LocalCache::fill(Ticket ticket, std::span<const order::OrderPtr> orders) {
    for (const order::OrderPtr& order : orders) {
        if (order) shard_of(order->id).offer(ticket, order);
    }
}

bool LocalCache::advance(std::span<const ports::OrderStamp> stamps) {
    const std::int64_t now = options_.now().count();
    for (const ports::OrderStamp& stamp : stamps) shard_of(stamp.id).advance(stamp, now);
    return true;
}

ports::OrderCache::Stats LocalCache::stats() const {
    Stats stats{.type = type_, .capacity = options_.orders_max};
    for (const auto& shard : shards_) shard->add_to(stats);
    return stats;
}

std::size_t LocalCache::bytes() const {
    std::size_t bytes = 0;
    for (const auto& shard : shards_) bytes += shard->bytes();
    return bytes;
}

std::chrono::microseconds LocalCache::steady_now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

std::unique_ptr<LocalCache> make_memory_cache(LocalCache::Options options) {
    return std::make_unique<LocalCache>("memory", LocalCache::WhenFull::keep_out, std::move(options));
}

std::unique_ptr<LocalCache> make_lru_cache(LocalCache::Options options) {
    return std::make_unique<LocalCache>("lru", LocalCache::WhenFull::evict, std::move(options));
}

}  // namespace orderstream::cache
