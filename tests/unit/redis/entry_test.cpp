#include "redis/entry.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace orderstream::redis {

namespace {

order::Order full_order() {
    order::Order order;
    for (std::size_t i = 0; i < order.id.uuid.size(); ++i) order.id.uuid.data[i] = static_cast<std::uint8_t>(0xF0 + i);
    order.kind = order::Kind::checkout;
    order.customer_id = "customer \xC3\xA9 1\n";
    order.external_id = "external";
    order.email = "a@b.cd";
    order.status = order::Status::failed;
    order.currency = "EUR";
    order.total_amount = order::Money::of_cents(-999'999'999'999'999'999);
    order.payload = std::make_shared<const std::string>(std::string("{\"a\":\0 1}\r\n", 11));
    order.version = 2'147'483'647;
    order.processed_version = 2'147'483'646;
    order.announced_version = 5;
    order.create_hash.emplace();
    for (std::size_t i = 0; i < order.create_hash->size(); ++i)
        (*order.create_hash)[i] = static_cast<std::uint8_t>(i * 9);
    order.failure_reason = "because";
    order.created_at = order::Time(std::chrono::microseconds(1'700'000'000'000'001));
    order.updated_at = order::Time(std::chrono::microseconds(-1));
    return order;
}

void expect_same(const order::Order& a, const order::Order& b) {
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.customer_id, b.customer_id);
    EXPECT_EQ(a.external_id, b.external_id);
    EXPECT_EQ(a.email, b.email);
    EXPECT_EQ(a.status, b.status);
    EXPECT_EQ(a.currency, b.currency);
    EXPECT_EQ(a.total_amount, b.total_amount);
    ASSERT_EQ(a.payload == nullptr, b.payload == nullptr);
    if (a.payload) {
        EXPECT_EQ(*a.payload, *b.payload);
    }
    EXPECT_EQ(a.version, b.version);
    EXPECT_EQ(a.processed_version, b.processed_version);
    EXPECT_EQ(a.announced_version, b.announced_version);
    EXPECT_EQ(a.create_hash, b.create_hash);
    EXPECT_EQ(a.failure_reason, b.failure_reason);
    EXPECT_EQ(a.created_at, b.created_at);
    EXPECT_EQ(a.updated_at, b.updated_at);
}

TEST(Entry, brings_back_every_field) {
    const order::Order order = full_order();
    const auto entry = read_entry(order.id, write_entry(order, {1'700'000'000'000'000}));
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->read_at, 1'700'000'000'000'000);
    expect_same(*entry->order, order);
}

TEST(Entry, brings_back_an_order_with_nothing_in_it) {
    order::Order order;
    auto entry = read_entry(order.id, write_entry(order, {1}));
    ASSERT_TRUE(entry);
    expect_same(*entry->order, order);
    order.payload = std::make_shared<const std::string>();
    entry = read_entry(order.id, write_entry(order, {1}));
    ASSERT_TRUE(entry);
    expect_same(*entry->order, order);
}

TEST(Entry, brings_back_every_kind_and_status) {
    using order::Kind;
    using order::Status;
    for (const Kind kind : {Kind::generic, Kind::marketplace, Kind::checkout}) {
        for (int status = 0; status <= static_cast<int>(Status::failed); ++status) {
            order::Order order;
            order.kind = kind;
            order.status = static_cast<Status>(status);
            const auto entry = read_entry(order.id, write_entry(order, {1}));
            ASSERT_TRUE(entry);
            EXPECT_EQ(entry->order->kind, kind);
            EXPECT_EQ(entry->order->status, order.status);
        }
    }
}

TEST(Entry, the_head_is_for_every_program_version) {
    const order::Order order = full_order();
    EXPECT_TRUE(write_entry(order, {77}).starts_with("2147483647 2147483646 77 1\n"));
    EXPECT_EQ(write_announcement({order.id, 3, 2}), "3 2 0 0\n");
    EXPECT_EQ(entry_key(order.id), "order:f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfeff");
}

TEST(Entry, an_announcement_has_no_order) {
    const order::OrderId id = full_order().id;
    EXPECT_FALSE(read_entry(id, write_announcement({id, 3, 2})));
}

TEST(Entry, what_is_cut_anywhere_or_too_long_is_none) {
    const order::Order order = full_order();
    const std::string value = write_entry(order, {1});
    for (std::size_t size = 0; size < value.size(); ++size) EXPECT_FALSE(read_entry(order.id, value.substr(0, size)));
    EXPECT_FALSE(read_entry(order.id, value + '\0'));
}

TEST(Entry, any_changed_byte_is_read_as_something_or_nothing) {
    const order::Order order = full_order();
    const std::string value = write_entry(order, {1});
    for (std::size_t at = 0; at < value.size(); ++at) {
        for (const char byte : {'\0', '\x7F', '\xFF', ' ', '9'}) {
            std::string changed = value;
            changed[at] = byte;
            const auto entry = read_entry(order.id, changed);
            if (entry) {
                EXPECT_EQ(entry->order->id, order.id);
            }
        }
    }
}

TEST(Entry, another_orders_entry_is_none) {
    const order::Order order = full_order();
    EXPECT_FALSE(read_entry(order::OrderId{}, write_entry(order, {1})));
}

TEST(Entry, another_format_is_none) {
    const order::Order order = full_order();
    std::string value = write_entry(order, {1});
    value[value.find('\n') - 1] = '2';
    EXPECT_FALSE(read_entry(order.id, value));
}

}  // namespace

}  // namespace orderstream::redis
