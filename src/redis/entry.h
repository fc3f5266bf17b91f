#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "order/order.h"
#include "ports/order_cache.h"

/// What stands in Redis under an order's key:
///
///     <version> <processed_version> <when the read of the row began, in microseconds> <format>\n<order>
///
/// The first three numbers are for every program version (script.cpp reads them, too); what follows is for those that
/// know its format. Format 0 is an announcement: there was an order at least that new, but it is not here.
namespace orderstream::redis {

/// order:<order_id>
[[nodiscard]] std::string entry_key(const order::OrderId& id);

[[nodiscard]] std::string write_entry(const order::Order& order, ports::OrderCache::Ticket read);
[[nodiscard]] std::string write_announcement(const ports::OrderStamp& stamp);

struct Entry {
    order::OrderPtr order;
    std::int64_t read_at = 0;
};
/// None for an announcement, for another format and for what is none of ours.
[[nodiscard]] std::optional<Entry> read_entry(const order::OrderId& id, std::string_view value);

}  // namespace orderstream::redis
