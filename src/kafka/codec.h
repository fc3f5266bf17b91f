#pragma once

#include <tl/expected.hpp>

#include <string>
#include <string_view>

#include "kafka/message.h"
#include "kafka/options.h"
#include "ports/event_bus.h"

/// What the topics carry (REFERENCE, Topics): JSON, with the facts that a tool sorts by in headers.
/// Fields that we do not know are ignored, so that a newer writer may add some.
namespace orderstream::kafka {

inline constexpr std::string_view content_type_header = "content-type";
inline constexpr std::string_view event_type_header = "event-type";
inline constexpr std::string_view event_id_header = "event-id";
inline constexpr std::string_view traceparent_header = "traceparent";
inline constexpr std::string_view request_id_header = "x-request-id";

[[nodiscard]] Message encode(const ports::Event& event, EventsKey key);
/// Without a key: the topic has one partition, which every API reads as a whole.
[[nodiscard]] Message encode(const ports::Ack& ack);
[[nodiscard]] Message encode(const ports::Announcement& announcement);

/// What a worker reads. The order is as the event's writer saw it; what an event does not carry (e-mail, when it was
/// created, what a worker has finished) stays empty: the row has it. The error is a sentence for the dead letter.
[[nodiscard]] tl::expected<ports::Event, std::string> decode_event(std::string_view value, std::string request_id,
                                                                   std::string traceparent);
[[nodiscard]] tl::expected<ports::Ack, std::string> decode_ack(std::string_view value, std::string request_id,
                                                               std::string traceparent);

}  // namespace orderstream::kafka
