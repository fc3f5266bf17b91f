#include "contract/bus_samples.h"

#include <fmt/format.h>

namespace orderstream::contract {

namespace {

order::Uuid uuid(std::uint8_t what, int number, int version) {
    order::Uuid id{};
    id.data[0] = what;
    id.data[6] = 0x70;
    id.data[8] = 0x80;
    for (std::size_t i = 0; i < 3; ++i) {
        id.data[12 - i] = static_cast<std::uint8_t>(version >> (8 * i));
        id.data[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return id;
}

}  // namespace

ports::NoteId note_id(int number) { return uuid(1, number, 0); }
order::Uuid event_uuid(int number, int version) { return uuid(2, number, version); }

order::OrderPtr sample_order(int number, int version, int processed_version) {
    const auto order = std::make_shared<order::Order>();
    order->id = {uuid(3, number, 0)};
    order->kind = order::Kind::generic;
    order->customer_id = fmt::format("customer-{}", number);
    order->external_id = fmt::format("external \"{}\"", number);
    order->status = order::Status::processing;
    order->currency = "EUR";
    order->total_amount = order::Money::of_cents(4999 + number);
    order->payload =
        std::make_shared<const std::string>(fmt::format(R"({{"amount":49.99,"n":{},"text":"ä€𐍈"}})", number));
    order->version = version;
    order->processed_version = processed_version;
    order->created_at = order::Time(std::chrono::microseconds(1'700'000'000'123'456));
    order->updated_at = order->created_at + std::chrono::seconds(version);
    return order;
}

namespace {

/// Every other request is part of a trace.
std::string traceparent_of(int number) {
    return number % 2 == 0 ? "" : fmt::format("00-4bf92f3577b34da6a3ce929d{:08x}-00f067aa0ba902b7-01", number);
}

}  // namespace

ports::Event sample_event(int number, int version) {
    return {.event_id = event_uuid(number, version),
            .type = order::EventType::created,
            .order = sample_order(number, version, version - 1),
            .request_id = fmt::format("request-{}", number),
            .traceparent = traceparent_of(number)};
}

ports::Ack sample_ack(int number) {
    const auto status = static_cast<ports::Ack::Status>(number % 7);
    const bool failed = status == ports::Ack::Status::failed;
    return {.event_id = event_uuid(number),
            .order_id = {uuid(3, number, 0)},
            .version = number + 1,
            .status = status,
            .order_status = failed ? order::Status::failed : order::Status::done,
            .processed_version = number + 2,
            .processed_at = order::Time(std::chrono::microseconds(1'700'000'000'123'456)),
            .error = failed ? "refused: \"why\"" : "",
            .request_id = fmt::format("request-{}", number),
            .traceparent = traceparent_of(number)};
}

std::string describe(const ports::Event& event) {
    const order::Order& order = *event.order;
    return fmt::format("{} {} {} v{} {} {} {} {} {} {} {} {} request {} trace {}", order::to_string(event.event_id),
                       order::to_string(event.type), order::to_string(order.id), order.version,
                       order::to_string(order.kind), order.customer_id, order.external_id,
                       order::to_string(order.status), order::to_string(order.total_amount), order.currency,
                       order.payload ? *order.payload : "-", order::to_rfc3339(order.updated_at), event.request_id,
                       event.traceparent);
}

std::string describe(const ports::Ack& ack) {
    return fmt::format("{} {} v{} {} {} p{} {} '{}' request {} trace {}", order::to_string(ack.event_id),
                       order::to_string(ack.order_id), ack.version, ports::to_string(ack.status),
                       order::to_string(ack.order_status), ack.processed_version, order::to_rfc3339(ack.processed_at),
                       ack.error, ack.request_id, ack.traceparent);
}

}  // namespace orderstream::contract
