#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "order/limits.h"
#include "ports/order_cache.h"
#include "redis/announced_stamps.h"
#include "redis/connection.h"
#include "redis/link.h"
#include "telemetry/log.h"

namespace orderstream::redis {

/// The cache that many instances share: a key for each order, see entry.h.
///
/// A row is shown for one life from the begin of its read, by Redis's clock, so what another instance could not tell
/// Redis is hidden no longer than that. What this instance announced it never shows older, whatever Redis has lost.
/// Thread-safe; calls block for the time of an answer, while Redis is away not at all: everything is missed then,
/// nothing is kept, and advance() answers false. peek() never has anything. The destructor expects that no call is
/// under way.
class RedisCache final : public ports::OrderCache {
  public:
    struct Options {
        std::string address;  ///< REDIS_ADDR
        Patience patience{};
        std::chrono::milliseconds life = order::limits::redis_entry_life;
    };

    RedisCache(const Options& options, const telemetry::Log& log);

    [[nodiscard]] order::OrderPtr peek(const order::OrderId&) override { return nullptr; }
    [[nodiscard]] Lookup get(std::span<const order::OrderId> ids) override;
    void fill(Ticket ticket, std::span<const order::OrderPtr> orders) override;
    [[nodiscard]] bool advance(std::span<const ports::OrderStamp> stamps) override;
    [[nodiscard]] Stats stats() const override;
    [[nodiscard]] std::string trouble() override;

  private:
    struct Offer {
        std::string key;
        ports::OrderStamp stamp;
        Ticket read;  ///< 0: an announcement
        std::string value;
    };

    [[nodiscard]] Result<void> look_up(Connection& connection, std::span<const order::OrderId> ids, Lookup& lookup);
    /// Makes the offers in one pipeline and forgets them: whether Redis had room for all. The error says why the
    /// connection is of no use any more.
    [[nodiscard]] Result<bool> make(Connection& connection, std::vector<Offer>& offers);
    void add(Connection& connection, const Offer& offer, std::string_view command, std::string_view script) const;
    /// What hindered Redis from hearing the last offers; empty: nothing.
    void note_complaint(std::string complaint);
    [[nodiscard]] std::string complaint() const;

    const std::chrono::microseconds life_;
    const std::string script_hash_;
    AnnouncedStamps announced_;
    Link link_;
    std::atomic<std::uint64_t> hits_ = 0;
    std::atomic<std::uint64_t> misses_ = 0;
    mutable std::mutex mutex_;
    std::string complaint_;
};

}  // namespace orderstream::redis
