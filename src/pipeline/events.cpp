#include "pipeline/events.h"

#include <utility>

namespace orderstream::pipeline {

namespace {

constexpr std::string_view announcement_type = "order.announced";

}  // namespace

ports::Event make_event(order::OrderPtr order, order::EventType type, std::string request_id, std::string traceparent) {
    const order::Uuid event_id = order::event_id_for(order->id, order->version, order::to_string(type));
    return {.event_id = event_id,
            .type = type,
            .order = std::move(order),
            .request_id = std::move(request_id),
            .traceparent = std::move(traceparent)};
}

ports::Ack::Status ack_status_of(order::EventType type) {
    switch (type) {
        case order::EventType::created: return ports::Ack::Status::created;
        case order::EventType::updated: return ports::Ack::Status::updated;
        case order::EventType::deleted: return ports::Ack::Status::deleted;
        case order::EventType::cancelled: return ports::Ack::Status::cancelled;
        case order::EventType::status_changed: return ports::Ack::Status::status_changed;
    }
    return ports::Ack::Status::created;
}

ports::Announcement make_announcement(order::OrderPtr order, int announced_version, std::string request_id,
                                      std::string traceparent) {
    const order::Uuid event_id = order::event_id_for(order->id, announced_version, announcement_type);
    return {.event_id = event_id,
            .order = std::move(order),
            .request_id = std::move(request_id),
            .traceparent = std::move(traceparent)};
}

}  // namespace orderstream::pipeline
