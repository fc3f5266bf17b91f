#include "redis/announced_stamps.h"

#include <algorithm>
#include <utility>

namespace orderstream::redis {

AnnouncedStamps::AnnouncedStamps(Time::duration memory, std::size_t stamps_max)
    : memory_(memory), stamps_max_(stamps_max) {}

void AnnouncedStamps::learn(std::span<const ports::OrderStamp> stamps, Time now) {
    const std::lock_guard lock(mutex_);
    forget(now);
    for (const ports::OrderStamp& stamp : stamps) {
        if (recent_.size() >= stamps_max_ && !recent_.contains(stamp.id)) {
            blind_until_ = now + memory_;
            return;
        }
        Newness& known = recent_[stamp.id];
        known = std::max(known, Newness{stamp.version, stamp.processed_version});
    }
}

void AnnouncedStamps::hide_older(std::span<order::OrderPtr> orders, Time now) {
    const std::lock_guard lock(mutex_);
    forget(now);
    for (order::OrderPtr& order : orders) {
        if (order == nullptr) continue;
        if (now < blind_until_ || is_older(*order, recent_) || is_older(*order, former_)) order = nullptr;
    }
}

void AnnouncedStamps::forget(Time now) {
    if (now - turned_ < memory_) return;
    const bool long_ago = now - turned_ >= 2 * memory_;
    former_.clear();
    if (!long_ago) former_.swap(recent_);
    recent_.clear();
    turned_ = now;
}

bool AnnouncedStamps::is_older(const order::Order& order, const Stamps& stamps) {
    const auto found = stamps.find(order.id);
    return found != stamps.end() && Newness{order.version, order.processed_version} < found->second;
}

}  // namespace orderstream::redis
