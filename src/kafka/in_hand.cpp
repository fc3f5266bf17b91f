#include "kafka/in_hand.h"

#include <algorithm>

namespace orderstream::kafka {

void InHand::skip(std::int32_t partition, std::int64_t offset) {
    held_.push_back({.partition = partition, .offset = offset, .event_id = {}, .message = nullptr, .is_event = false});
    drop_skipped();
}

void InHand::done(std::size_t events) {
    while (events > 0 && !held_.empty()) {
        if (held_.front().is_event) --events;
        drop_front();
    }
    drop_skipped();
}

void InHand::drop_front() {
    const Held& first = held_.front();
    if (first.is_ours) progress_[first.partition].done = first.offset + 1;
    held_.pop_front();
}

void InHand::drop_skipped() {
    while (!held_.empty() && !held_.front().is_event) drop_front();
}

void InHand::lose_all() {
    for (Held& held : held_) held.is_ours = false;
    progress_.clear();
}

bool InHand::has_ours() const {
    return std::ranges::any_of(held_, [](const Held& held) { return held.is_event && held.is_ours; });
}

const InHand::Held* InHand::find(const order::Uuid& event_id) const {
    const auto found =
        std::ranges::find_if(held_, [&](const Held& held) { return held.is_event && held.event_id == event_id; });
    return found == held_.end() ? nullptr : &*found;
}

std::vector<InHand::Position> InHand::take_uncommitted() {
    std::vector<Position> positions;
    for (auto& [partition, progress] : progress_) {
        if (progress.committed == progress.done) continue;
        positions.push_back({partition, progress.done});
        progress.committed = progress.done;
    }
    return positions;
}

void InHand::not_committed(std::int32_t partition) {
    if (const auto found = progress_.find(partition); found != progress_.end()) found->second.committed = -1;
}

}  // namespace orderstream::kafka
