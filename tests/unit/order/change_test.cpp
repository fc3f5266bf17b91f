#include "order/change.h"

#include <gtest/gtest.h>

#include <memory>

namespace orderstream::order {
namespace {

using enum Status;

constexpr const char* owner = "0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071";
constexpr Sha256 some_hash{1, 2, 3};
constexpr Sha256 other_hash{4, 5, 6};

Order order_in(Status status, Kind kind = Kind::generic) {
    Order order;
    order.kind = kind;
    order.customer_id = owner;
    order.status = status;
    order.version = 3;
    return order;
}

Change change(Verb verb, Kind kind = Kind::generic) {
    Change change;
    change.kind = kind;
    change.verb = verb;
    change.customer_id = owner;
    return change;
}

Change set_status(Status status, Kind kind = Kind::generic) {
    Change setting = change(Verb::set_status, kind);
    setting.new_status = status;
    return setting;
}

Change create_with(std::optional<Sha256> hash) {
    Change create = change(Verb::create);
    create.create_hash = hash;
    return create;
}

Verdict judge(const Change& change, const Order& order) { return order::judge(change, &order); }

TEST(EventType, has_the_names_of_the_reference_both_ways) {
    const std::pair<EventType, std::string_view> names[] = {{EventType::created, "order.created"},
                                                            {EventType::updated, "order.updated"},
                                                            {EventType::deleted, "order.deleted"},
                                                            {EventType::cancelled, "order.cancelled"},
                                                            {EventType::status_changed, "order.status_changed"}};
    for (const auto& [type, name] : names) {
        EXPECT_EQ(to_string(type), name);
        EXPECT_EQ(parse_event_type(name), type);
    }
    for (const auto* text : {"", "created", "order.", "order.processed", "ORDER.CREATED"}) {
        EXPECT_EQ(parse_event_type(text), std::nullopt) << text;
    }
}

TEST(EventType, follows_from_the_change) {
    EXPECT_EQ(event_type_of(change(Verb::create)), EventType::created);
    EXPECT_EQ(event_type_of(change(Verb::replace)), EventType::updated);
    EXPECT_EQ(event_type_of(set_status(deleted)), EventType::deleted);
    EXPECT_EQ(event_type_of(set_status(cancelled)), EventType::cancelled);
    EXPECT_EQ(event_type_of(set_status(shipped, Kind::checkout)), EventType::status_changed);
}

TEST(EventType, needs_processing_only_with_a_new_document) {
    EXPECT_TRUE(needs_processing(EventType::created));
    EXPECT_TRUE(needs_processing(EventType::updated));
    EXPECT_FALSE(needs_processing(EventType::deleted));
    EXPECT_FALSE(needs_processing(EventType::cancelled));
    EXPECT_FALSE(needs_processing(EventType::status_changed));
}

TEST(ApplicableIn, is_the_lifecycle) {
    EXPECT_TRUE(applicable_in(change(Verb::create)).empty());
    EXPECT_EQ(applicable_in(change(Verb::replace)), (StatusSet{new_, processing, done, failed}));
    EXPECT_EQ(applicable_in(change(Verb::replace, Kind::checkout)), (StatusSet{pending, confirmed, failed}));
    EXPECT_EQ(applicable_in(set_status(cancelled)), (StatusSet{new_, processing, done}));
    EXPECT_EQ(applicable_in(set_status(deleted)), (StatusSet{new_, processing, done, failed}));
    EXPECT_EQ(applicable_in(set_status(cancelled, Kind::checkout)), (StatusSet{pending, confirmed, processing}));
    EXPECT_EQ(applicable_in(set_status(shipped, Kind::checkout)), StatusSet{processing});
    EXPECT_TRUE(applicable_in(set_status(shipped)).empty());
    EXPECT_TRUE(applicable_in(set_status(done)).empty());
}

TEST(Judge, does_not_find_what_is_not_there_or_anothers) {
    Change someone_elses = change(Verb::replace);
    someone_elses.customer_id = "0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6072";
    for (const Status status : {new_, done, failed, cancelled, deleted}) {
        EXPECT_EQ(judge(someone_elses, order_in(status)), Verdict::not_found) << to_string(status);
    }
    EXPECT_EQ(order::judge(change(Verb::replace), nullptr), Verdict::not_found);
    EXPECT_EQ(order::judge(set_status(deleted), nullptr), Verdict::not_found);
}

TEST(Judge, finds_the_same_create_again_by_its_hash) {
    Order order = order_in(done);
    order.create_hash = some_hash;
    EXPECT_EQ(judge(create_with(some_hash), order), Verdict::replayed);
    EXPECT_EQ(judge(create_with(other_hash), order), Verdict::key_reused);
    EXPECT_EQ(judge(create_with(std::nullopt), order), Verdict::key_reused);
    order.create_hash.reset();
    EXPECT_EQ(judge(create_with(some_hash), order), Verdict::key_reused);
    EXPECT_EQ(judge(create_with(std::nullopt), order), Verdict::key_reused);
}

TEST(Judge, replays_a_create_whatever_became_of_the_order) {
    for (const Status status : {new_, processing, done, failed, cancelled, deleted}) {
        Order order = order_in(status);
        order.create_hash = some_hash;
        order.version = 7;
        EXPECT_EQ(judge(create_with(some_hash), order), Verdict::replayed) << to_string(status);
    }
}

TEST(Judge, lets_nothing_change_a_deleted_order) {
    const Order order = order_in(deleted);
    EXPECT_EQ(judge(change(Verb::replace), order), Verdict::deleted);
    EXPECT_EQ(judge(set_status(deleted), order), Verdict::deleted);
    EXPECT_EQ(judge(set_status(cancelled), order), Verdict::deleted);
    EXPECT_EQ(judge(set_status(shipped, Kind::checkout), order), Verdict::deleted);
}

TEST(Judge, lets_nothing_change_a_cancelled_order_and_tells_cancelling_again_apart) {
    const Order order = order_in(cancelled);
    EXPECT_EQ(judge(change(Verb::replace), order), Verdict::cancelled);
    EXPECT_EQ(judge(set_status(deleted), order), Verdict::cancelled);
    EXPECT_EQ(judge(set_status(shipped), order), Verdict::cancelled);
    EXPECT_EQ(judge(set_status(cancelled), order), Verdict::unchanged);
}

TEST(Judge, says_final_before_kind_and_version) {
    Change change = set_status(deleted, Kind::checkout);
    change.expected_version = 99;
    EXPECT_EQ(judge(change, order_in(deleted)), Verdict::deleted);
    EXPECT_EQ(judge(change, order_in(cancelled)), Verdict::cancelled);
}

TEST(Judge, knows_another_kind_before_the_version) {
    Change change = order::change(Verb::replace, Kind::checkout);
    change.expected_version = 99;
    EXPECT_EQ(judge(change, order_in(done)), Verdict::kind_differs);
}

TEST(Judge, compares_the_expected_version_before_the_lifecycle) {
    for (Change change : {order::change(Verb::replace), set_status(deleted), set_status(shipped)}) {
        change.expected_version = 2;
        EXPECT_EQ(judge(change, order_in(done)), Verdict::version_mismatch);
    }
    Change right = change(Verb::replace);
    right.expected_version = 3;
    EXPECT_EQ(judge(right, order_in(done)), Verdict::applied);
}

TEST(Judge, calls_the_status_that_is_there_already_unchanged) {
    for (const Status status : {pending, processing, confirmed, shipped, delivered, refunded}) {
        EXPECT_EQ(judge(set_status(status, Kind::checkout), order_in(status, Kind::checkout)), Verdict::unchanged)
            << to_string(status);
    }
}

TEST(Judge, gives_a_client_no_status_of_the_workers_even_if_it_is_there) {
    for (const Status status : {new_, processing, done, failed}) {
        EXPECT_EQ(judge(set_status(status), order_in(status)), Verdict::not_allowed) << to_string(status);
    }
}

TEST(Judge, follows_the_lifecycle_wherever_nothing_else_stands_in_the_way) {
    for (const Kind kind : {Kind::generic, Kind::marketplace, Kind::checkout}) {
        const Lifecycle& lifecycle = lifecycle_of(kind);
        for (int from = 0; from <= static_cast<int>(failed); ++from) {
            const auto status = static_cast<Status>(from);
            if (is_final(status)) continue;
            EXPECT_EQ(judge(change(Verb::replace, kind), order_in(status, kind)),
                      lifecycle.replaceable.contains(status) ? Verdict::applied : Verdict::not_allowed);
            for (int to = 0; to <= static_cast<int>(failed); ++to) {
                if (from == to) continue;
                const Verdict expected = lifecycle.allowed_from(status).contains(static_cast<Status>(to))
                                             ? Verdict::applied
                                             : Verdict::not_allowed;
                EXPECT_EQ(judge(set_status(static_cast<Status>(to), kind), order_in(status, kind)), expected)
                    << to_string(kind) << ": " << to_string(status) << " -> " << to_string(static_cast<Status>(to));
            }
        }
    }
}

TEST(Change, weighs_at_least_what_its_texts_hold) {
    Change empty;
    EXPECT_GE(empty.bytes(), sizeof(Change));

    Change full;
    full.customer_id = std::string(100, 'c');
    full.request_id = std::string(200, 'r');
    full.traceparent = std::string(55, 't');
    full.document.external_id = std::string(300, 'e');
    full.document.email = std::string(400, 'm');
    full.document.payload = std::make_shared<const std::string>(5000, 'p');
    EXPECT_EQ(full.bytes() - empty.bytes(), 100U + 200U + 55U + 300U + 400U + 5000U);
}

}  // namespace
}  // namespace orderstream::order
