#include <charconv>

#include "documents/json.h"
#include "documents/shown_order.h"
#include "kafka/codec.h"

namespace orderstream::kafka {
namespace {

using documents::append_json_string;

constexpr std::string_view json_type = "application/json";
constexpr std::string_view ack_type = "order.processed";
constexpr std::string_view announcement_type = "order.announced";
constexpr std::size_t fields_bytes = 512;  // of an event without its payload, about

template <class Said>  // an event, an ACK or an announcement
Headers headers_of(std::string_view event_type, const Said& said) {
    Headers headers;
    headers.reserve(5);
    headers.push_back({std::string(content_type_header), std::string(json_type)});
    headers.push_back({std::string(event_type_header), std::string(event_type)});
    headers.push_back({std::string(event_id_header), order::to_string(said.event_id)});
    if (!said.traceparent.empty()) headers.push_back({std::string(traceparent_header), said.traceparent});
    if (!said.request_id.empty()) headers.push_back({std::string(request_id_header), said.request_id});
    return headers;
}

void append_uuid(std::string& out, std::string_view name, const order::Uuid& uuid) {
    out.append(name).append(1, '"');
    order::append_uuid(out, uuid);
    out += '"';
}

void append_text(std::string& out, std::string_view name, std::string_view text) {
    out.append(name);
    append_json_string(out, text);
}

void append_optional(std::string& out, std::string_view name, std::string_view text) {
    if (text.empty()) {
        out.append(name).append("null");
    } else {
        append_text(out, name, text);
    }
}

void append_int(std::string& out, std::string_view name, int value) {
    char text[12];
    out.append(name).append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void append_time(std::string& out, std::string_view name, order::Time time) {
    out.append(name).append(1, '"');
    order::append_rfc3339(out, time);
    out += '"';
}

}  // namespace

Message encode(const ports::Event& event, EventsKey key) {
    const order::Order& row = *event.order;
    Message message{.key = key == EventsKey::customer ? row.customer_id : order::to_string(row.id),
                    .value = {},
                    .headers = headers_of(order::to_string(event.type), event)};
    std::string& out = message.value;
    out.reserve(fields_bytes + row.customer_id.size() + row.external_id.size() +
                (row.payload ? row.payload->size() : 0));
    append_uuid(out, R"({"event_id":)", event.event_id);
    append_text(out, R"(,"event_type":)", order::to_string(event.type));
    append_uuid(out, R"(,"order_id":)", row.id.uuid);
    append_int(out, R"(,"version":)", row.version);
    append_text(out, R"(,"kind":)", order::to_string(row.kind));
    append_text(out, R"(,"customer_id":)", row.customer_id);
    append_optional(out, R"(,"external_id":)", row.external_id);
    append_text(out, R"(,"status":)", order::to_string(row.status));
    out.append(R"(,"total_amount":)");
    order::append_money(out, row.total_amount);
    append_text(out, R"(,"currency":)", row.currency);
    out.append(R"(,"payload":)").append(row.payload ? std::string_view(*row.payload) : "null");
    append_time(out, R"(,"timestamp":)", row.updated_at);
    out += '}';
    return message;
}

Message encode(const ports::Ack& ack) {
    Message message{.key = {}, .value = {}, .headers = headers_of(ack_type, ack)};
    std::string& out = message.value;
    out.reserve(fields_bytes / 2 + ack.error.size());
    append_uuid(out, R"({"event_id":)", ack.event_id);
    append_uuid(out, R"(,"order_id":)", ack.order_id.uuid);
    append_int(out, R"(,"version":)", ack.version);
    append_text(out, R"(,"status":)", ports::to_string(ack.status));
    append_text(out, R"(,"order_status":)", order::to_string(ack.order_status));
    append_int(out, R"(,"processed_version":)", ack.processed_version);
    append_time(out, R"(,"processed_at":)", ack.processed_at);
    append_optional(out, R"(,"error":)", ack.error);
    out += '}';
    return message;
}

Message encode(const ports::Announcement& announcement) {
    Message message{
        .key = announcement.order->customer_id, .value = {}, .headers = headers_of(announcement_type, announcement)};
    documents::append_shown_order(message.value, *announcement.order);
    return message;
}

}  // namespace orderstream::kafka
