#pragma once

#include <string>
#include <string_view>

#include "ports/event_bus.h"

namespace orderstream::pipeline {

/// The event of the order's present version.
[[nodiscard]] ports::Event make_event(order::OrderPtr order, order::EventType type, std::string request_id,
                                      std::string traceparent);

/// What an ACK says when the version came through.
[[nodiscard]] ports::Ack::Status ack_status_of(order::EventType type);

/// The announcement of the order's first successful processing; the same id whenever it is said again.
[[nodiscard]] ports::Announcement make_announcement(order::OrderPtr order, int announced_version,
                                                    std::string request_id, std::string traceparent);

}  // namespace orderstream::pipeline
