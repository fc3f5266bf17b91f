#include "kafka/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "contract/bus_samples.h"
#include "documents/json.h"
#include "order/limits.h"

namespace orderstream::kafka {
namespace {

using contract::describe;
using contract::event_uuid;
using contract::sample_ack;
using contract::sample_event;
using contract::sample_order;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names_of(const std::string& object) {
    std::vector<std::string> names;
    const auto json = documents::parse_json(object);
    for (const auto& [name, value] : *json->as_object()) names.push_back(name);
    return names;
}

/// An event's text with one of its fields written otherwise.
std::string with(const std::string& name, const std::string& value) {
    auto json = documents::parse_json(encode(sample_event(1), EventsKey::customer).value);
    *json->find(name) = *documents::parse_json(value);
    return documents::render_json(*json);
}

std::string without(std::string_view name) {
    auto json = documents::parse_json(encode(sample_event(1), EventsKey::customer).value);
    std::erase_if(*json->as_object(), [&](const auto& member) { return member.first == name; });
    return documents::render_json(*json);
}

std::string why_not(const std::string& value) {
    const auto event = decode_event(value, "", "");
    return event ? "it is an event" : event.error();
}

TEST(Codec, an_event_comes_back_as_it_went) {
    const auto event = sample_event(3, 7);
    const Message message = encode(event, EventsKey::customer);
    const auto back = decode_event(message.value, event.request_id, event.traceparent);
    ASSERT_TRUE(back) << back.error();
    EXPECT_EQ(describe(*back), describe(event));
}

TEST(Codec, an_event_has_the_names_of_the_reference) {
    const Message message = encode(sample_event(3, 7), EventsKey::customer);
    EXPECT_THAT(names_of(message.value),
                ElementsAre("event_id", "event_type", "order_id", "version", "kind", "customer_id", "external_id",
                            "status", "total_amount", "currency", "payload", "timestamp"));
    EXPECT_EQ(message.key, "customer-3");
    EXPECT_THAT(message.headers,
                ElementsAre(Header{"content-type", "application/json"}, Header{"event-type", "order.created"},
                            Header{"event-id", order::to_string(event_uuid(3, 7))},
                            Header{"traceparent", "00-4bf92f3577b34da6a3ce929d00000003-00f067aa0ba902b7-01"},
                            Header{"x-request-id", "request-3"}));
}

TEST(Codec, an_event_may_be_keyed_by_its_order) {
    const auto event = sample_event(3);
    EXPECT_EQ(encode(event, EventsKey::order).key, order::to_string(event.order->id));
}

TEST(Codec, who_asked_without_a_trace_or_a_request_id_has_no_header) {
    auto event = sample_event(2);
    EXPECT_EQ(encode(event, EventsKey::customer).headers.size(), 4u);
    event.request_id.clear();
    EXPECT_EQ(encode(event, EventsKey::customer).headers.size(), 3u);
}

TEST(Codec, an_order_without_an_external_id_has_null_there) {
    auto event = sample_event(1);
    auto row = *event.order;
    row.external_id.clear();
    event.order = std::make_shared<const order::Order>(row);
    const Message message = encode(event, EventsKey::customer);
    EXPECT_THAT(message.value, HasSubstr(R"("external_id":null)"));
    const auto back = decode_event(message.value, "", "");
    ASSERT_TRUE(back);
    EXPECT_EQ(back->order->external_id, "");
}

TEST(Codec, an_ack_comes_back_as_it_went) {
    for (int i = 0; i < 7; ++i) {
        const auto ack = sample_ack(i);
        const auto back = decode_ack(encode(ack).value, ack.request_id, ack.traceparent);
        ASSERT_TRUE(back) << back.error();
        EXPECT_EQ(describe(*back), describe(ack));
    }
}

TEST(Codec, an_ack_has_the_names_of_the_reference) {
    const Message message = encode(sample_ack(5));
    EXPECT_THAT(names_of(message.value), ElementsAre("event_id", "order_id", "version", "status", "order_status",
                                                     "processed_version", "processed_at", "error"));
    EXPECT_EQ(message.key, "");
}

TEST(Codec, an_announcement_shows_the_order_as_a_reader_sees_it) {
    const Message message = encode(ports::Announcement{
        .event_id = event_uuid(9), .order = sample_order(4, 2, 2), .request_id = "r", .traceparent = "t"});
    EXPECT_THAT(names_of(message.value),
                ElementsAre("order_id", "user_id", "status", "amount", "currency", "payload", "bucket", "version",
                            "failure_reason", "created_at", "updated_at"));
    EXPECT_EQ(message.key, "customer-4");
    EXPECT_EQ(message.headers[1], (Header{"event-type", "order.announced"}));
    EXPECT_EQ(message.headers[2], (Header{"event-id", order::to_string(event_uuid(9))}));
}

TEST(Codec, a_checkout_is_announced_as_its_door_shows_it) {
    auto row = *sample_order(4, 1, 1);
    row.kind = order::Kind::checkout;
    const Message message = encode(ports::Announcement{.event_id = event_uuid(9),
                                                       .order = std::make_shared<const order::Order>(row),
                                                       .request_id = "r",
                                                       .traceparent = {}});
    EXPECT_THAT(names_of(message.value), ElementsAre("order"));
}

TEST(Codec, unknown_fields_are_ignored) {
    std::string value = encode(sample_event(1), EventsKey::customer).value;
    value.insert(1, R"("schema":2,"trace":{"a":[1]},)");
    EXPECT_TRUE(decode_event(value, "", ""));
}

TEST(Codec, numbers_stay_exact) {
    auto event = sample_event(1);
    auto row = *event.order;
    row.payload = std::make_shared<const std::string>(R"({"n":0.1000000000000000000000000000000001})");
    event.order = std::make_shared<const order::Order>(row);
    const auto back = decode_event(encode(event, EventsKey::customer).value, "", "");
    ASSERT_TRUE(back);
    EXPECT_EQ(*back->order->payload, *row.payload);
}

TEST(Codec, the_largest_and_deepest_body_fits) {
    std::string deep = R"({"a":)";
    for (int i = 1; i < order::limits::json_depth; ++i) deep += '[';
    deep += std::string(order::limits::body_bytes - 400, '1').insert(0, "\"") + "\"";
    for (int i = 1; i < order::limits::json_depth; ++i) deep += ']';
    deep += '}';
    ASSERT_TRUE(documents::parse_json(deep));
    auto event = sample_event(1);
    auto row = *event.order;
    row.payload = std::make_shared<const std::string>(deep);
    event.order = std::make_shared<const order::Order>(row);
    const Message message = encode(event, EventsKey::customer);
    EXPECT_LT(message.bytes(), order::limits::message_bytes_max);
    const auto back = decode_event(message.value, "", "");
    ASSERT_TRUE(back) << back.error();
    EXPECT_EQ(*back->order->payload, deep);
}

TEST(Codec, what_is_no_event_says_why) {
    EXPECT_THAT(why_not("{"), HasSubstr("not JSON"));
    EXPECT_THAT(why_not(""), HasSubstr("not JSON"));
    EXPECT_EQ(why_not("[]"), "the message is no JSON object");
    EXPECT_EQ(why_not(with("event_type", R"("order.eaten")")), "its event_type is unknown");
    EXPECT_EQ(why_not(with("event_type", "7")), "its event_type is unknown");
    EXPECT_EQ(why_not(with("event_id", R"("7")")), "its event_id is no UUID");
    EXPECT_EQ(why_not(with("order_id", "null")), "its order_id is missing");
    EXPECT_EQ(why_not(with("version", "0")), "its version is no version");
    EXPECT_EQ(why_not(with("version", "1.5")), "its version is no version");
    EXPECT_EQ(why_not(with("version", R"("1")")), "its version is no version");
    EXPECT_EQ(why_not(with("version", "99999999999")), "its version is no version");
    EXPECT_EQ(why_not(with("kind", R"("toy")")), "its kind is unknown");
    EXPECT_EQ(why_not(with("customer_id", "{}")), "its customer_id is no text");
    EXPECT_EQ(why_not(with("status", R"("odd")")), "its status is unknown");
    EXPECT_EQ(why_not(with("total_amount", R"("1")")), "its total_amount is no amount of money");
    EXPECT_EQ(why_not(with("payload", "[]")), "its payload is no object");
    EXPECT_EQ(why_not(with("timestamp", R"("soon")")), "its timestamp is no RFC 3339 time");
    EXPECT_EQ(why_not(without("payload")), "its payload is missing");
    EXPECT_EQ(why_not(without("currency")), "its currency is missing");
}

TEST(Codec, a_change_without_a_document_needs_none) {
    auto event = sample_event(1);
    event.type = order::EventType::deleted;
    auto row = *event.order;
    row.payload = nullptr;
    event.order = std::make_shared<const order::Order>(row);
    const auto back = decode_event(encode(event, EventsKey::customer).value, "", "");
    ASSERT_TRUE(back) << back.error();
    EXPECT_EQ(back->order->payload, nullptr);
}

TEST(Codec, what_is_no_ack_says_why) {
    const auto nothing = decode_ack("{}", "", "");
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error(), "its event_id is missing");
    EXPECT_FALSE(decode_ack("no", "", ""));
}

}  // namespace
}  // namespace orderstream::kafka
