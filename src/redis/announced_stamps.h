#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "order/ids.h"
#include "order/limits.h"
#include "ports/order_cache.h"

namespace orderstream::redis {

/// How new this instance knows orders to be, for as long as Redis might show them older: an eviction, a restart or an
/// untold change makes Redis forget, but what was announced here is never shown older here. Thread-safe; bounded: when
/// more is announced than can be remembered, nothing is shown for a while.
class AnnouncedStamps {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// Remembers each stamp for at least `memory`, at most twice that.
    explicit AnnouncedStamps(Time::duration memory, std::size_t stamps_max = order::limits::redis_stamps_max);

    void learn(std::span<const ports::OrderStamp> stamps, Time now);
    /// Makes those null that are older than what was announced.
    void hide_older(std::span<order::OrderPtr> orders, Time now);

  private:
    struct Newness {
        int version = 0;
        int processed_version = 0;
        friend auto operator<=>(const Newness&, const Newness&) = default;
    };
    using Stamps = std::unordered_map<order::OrderId, Newness, order::OrderIdHash>;

    void forget(Time now);
    [[nodiscard]] static bool is_older(const order::Order& order, const Stamps& stamps);

    const Time::duration memory_;
    const std::size_t stamps_max_;
    std::mutex mutex_;
    Stamps recent_;  // since turned_
    Stamps former_;  // before
    Time turned_{};
    Time blind_until_{};
};

}  // namespace orderstream::redis
