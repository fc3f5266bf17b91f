// Changes: what applies, what the row is afterwards, and what is told about those that do not.

#include <gmock/gmock.h>

#include <array>
#include <string>

#include "contract/store_contract.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using order::Kind;
using order::Status;

constexpr std::array all_kinds{Kind::generic, Kind::marketplace, Kind::checkout};

TEST_P(StoreContract, a_create_is_stored_as_it_was_asked_for) {
    order::Change change = create(Kind::marketplace);
    change.create_hash.emplace().fill(0xab);
    const ports::ChangeResult result = apply(change);
    ASSERT_TRUE(result.applied);

    const order::OrderPtr order = fetch(change.order_id);
    ASSERT_TRUE(order);
    EXPECT_EQ(describe_head(*result.order), describe_head(*order));
    EXPECT_EQ(order->id, change.order_id);
    EXPECT_EQ(order->kind, Kind::marketplace);
    EXPECT_EQ(order->customer_id, change.customer_id);
    EXPECT_EQ(order->external_id, change.document.external_id);
    EXPECT_EQ(order->email, change.document.email);
    EXPECT_EQ(order->currency, "EUR");
    EXPECT_EQ(order->total_amount, change.document.total_amount);
    EXPECT_EQ(*order->payload, *change.document.payload);
    EXPECT_EQ(order->create_hash, change.create_hash);
    EXPECT_EQ(order->version, 1);
    EXPECT_EQ(order->processed_version, 0);
    EXPECT_EQ(order->announced_version, 0);
    EXPECT_EQ(order->failure_reason, "");
    EXPECT_NE(order->created_at, order::Time());
    EXPECT_EQ(order->created_at, order->updated_at);
}

TEST_P(StoreContract, a_new_order_has_its_kinds_status_of_arrival) {
    for (const Kind kind : all_kinds) {
        const order::Change change = create(kind);
        EXPECT_EQ(apply(change).order->status, order::lifecycle_of(kind).arrival);
        EXPECT_EQ(fetch(change.order_id)->status, order::lifecycle_of(kind).arrival);
    }
}

TEST_P(StoreContract, texts_come_back_byte_by_byte) {
    order::Change change = create();
    change.customer_id = "Жанна 'quoted' \\ \"%_\" 👍";
    change.document.external_id = "";
    change.document.email = "";
    change.document.total_amount = order::Money::of_cents(-999'999'999'999'999'999);
    const std::string large(1024 * 1024 - 20, 'x');
    change.document.payload = std::make_shared<const std::string>(R"({"text":"\t€)" + large + "\"}");
    apply(change);

    const order::OrderPtr order = fetch(change.order_id);
    ASSERT_TRUE(order);
    EXPECT_EQ(order->customer_id, change.customer_id);
    EXPECT_EQ(order->external_id, "");
    EXPECT_EQ(order->email, "");
    EXPECT_EQ(order->total_amount, change.document.total_amount);
    EXPECT_EQ(*order->payload, *change.document.payload);
    EXPECT_EQ(order->create_hash, std::nullopt);
}

TEST_P(StoreContract, an_id_that_is_taken_is_not_created_again_and_its_row_is_shown) {
    order::Change first = create();
    first.create_hash.emplace().fill(1);
    apply(first);
    order::Change second = create();
    second.order_id = first.order_id;
    second.create_hash.emplace().fill(2);

    const ports::ChangeResult result = apply(second);
    EXPECT_FALSE(result.applied);
    ASSERT_TRUE(result.order);
    EXPECT_EQ(describe_head(*result.order), describe_head(*fetch(first.order_id)));
    EXPECT_EQ(result.order->create_hash, first.create_hash);
}

TEST_P(StoreContract, a_create_that_nobody_could_have_repeated_meets_its_id_all_the_same) {
    const order::Change first = create();
    apply(first);
    const order::Change before = create();
    const order::Change after = create();
    const std::vector<ports::ChangeResult> results = apply({before, first, after, after});
    EXPECT_TRUE(results[0].applied);
    EXPECT_FALSE(results[1].applied);
    EXPECT_TRUE(results[2].applied);
    EXPECT_FALSE(results[3].applied);
    ASSERT_TRUE(results[1].order);
    EXPECT_EQ(describe_head(*results[1].order), describe_head(*fetch(first.order_id)));
    EXPECT_EQ(describe_head(*results[2].order), describe_head(*fetch(after.order_id)));

    std::vector<order::OrderId> noted;
    for (const ports::Note& note : open_notes()) {
        for (const ports::NoteEntry& entry : note.entries) {
            if (entry.version != 0) noted.push_back(entry.order_id);
        }
    }
    EXPECT_THAT(noted, testing::UnorderedElementsAre(first.order_id, before.order_id, after.order_id));
}

TEST_P(StoreContract, of_the_same_create_twice_at_once_the_first_applies) {
    order::Change change = create();
    change.create_hash.emplace().fill(7);
    const std::vector<ports::ChangeResult> results = apply({change, create(), change});
    EXPECT_TRUE(results[0].applied);
    EXPECT_TRUE(results[1].applied);
    EXPECT_FALSE(results[2].applied);
    ASSERT_TRUE(results[2].order);
    EXPECT_EQ(results[2].order->version, 1);
    EXPECT_EQ(results[2].order->create_hash, change.create_hash);
}

TEST_P(StoreContract, changes_of_one_order_at_once_see_those_before_them) {
    const order::Change a = create();
    const order::Change b = create(Kind::checkout);
    order::Change if_match = replace(a, R"({"step":3})");
    if_match.expected_version = 2;
    order::Change late = replace(b);
    late.expected_version = 1;
    const std::vector<ports::ChangeResult> results = apply(
        {a, replace(a, R"({"step":2})"), b, if_match, replace(b), late, set_status(a, Status::cancelled), replace(a)});
    const std::array expected{1, 2, 1, 3, 2, 0, 4, 0};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(results[i].applied, expected[i] != 0) << i;
        if (expected[i] != 0) {
            EXPECT_EQ(results[i].order->version, expected[i]) << i;
        }
    }
    EXPECT_EQ(results[5].order->version, 2);
    EXPECT_EQ(results[7].order->status, Status::cancelled);
    EXPECT_EQ(fetch(a.order_id)->version, 4);
    EXPECT_EQ(*fetch(a.order_id)->payload, *if_match.document.payload);
    EXPECT_EQ(fetch(b.order_id)->version, 2);
}

TEST_P(StoreContract, a_replaced_document_takes_the_order_back_to_its_arrival) {
    order::Change created = create();
    created.create_hash.emplace().fill(3);
    apply(created);
    complete(failed({created.order_id, 1}));
    const order::OrderPtr before = fetch(created.order_id);
    ASSERT_EQ(before->failure_reason, "no such price");
    let_pass(1s);

    order::Change change = replace(created);
    rename(change, "another");
    change.document.email = "";
    change.document.currency = "GBP";
    change.document.total_amount = order::Money::of_cents(5);
    const ports::ChangeResult result = apply(change);
    ASSERT_TRUE(result.applied);

    const order::OrderPtr after = fetch(created.order_id);
    EXPECT_EQ(describe_head(*result.order), describe_head(*after));
    order::Order expected = *before;
    expected.status = Status::new_;
    expected.external_id = "another";
    expected.email = "";
    expected.currency = "GBP";
    expected.total_amount = order::Money::of_cents(5);
    expected.payload = change.document.payload;
    expected.failure_reason = "";
    expected.version = 2;
    expected.updated_at = after->updated_at;
    EXPECT_EQ(describe(*after), describe(expected));
    EXPECT_GT(after->updated_at, before->updated_at);
}

TEST_P(StoreContract, a_change_that_does_not_fit_changes_nothing_and_shows_the_row) {
    const order::Change created = create();
    apply(created);
    const std::string before = describe(fetch(created.order_id));

    order::Change other_customer = replace(created);
    other_customer.customer_id = "someone else";
    order::Change other_kind = replace(created);
    other_kind.kind = Kind::marketplace;
    order::Change other_version = replace(created);
    other_version.expected_version = 2;
    order::Change cancelled_by_other = set_status(created, Status::cancelled);
    cancelled_by_other.customer_id = "someone else";
    order::Change cancelled_later = set_status(created, Status::cancelled);
    cancelled_later.expected_version = 7;

    const std::vector changes{other_customer, other_kind, other_version, cancelled_by_other, cancelled_later};
    for (const ports::ChangeResult& result : apply(changes)) {
        EXPECT_FALSE(result.applied);
        ASSERT_TRUE(result.order);
        EXPECT_EQ(describe_head(*result.order), before.substr(0, describe_head(*result.order).size()));
    }
    EXPECT_EQ(describe(fetch(created.order_id)), before);
}

TEST_P(StoreContract, a_change_of_an_unknown_order_finds_nothing_and_its_neighbours_apply) {
    const order::Change a = create();
    const order::Change b = create();
    const std::vector<ports::ChangeResult> results =
        apply({a, replace(create()), set_status(create(), Status::deleted), b});
    EXPECT_TRUE(results[0].applied);
    EXPECT_FALSE(results[1].applied);
    EXPECT_FALSE(results[1].order);
    EXPECT_FALSE(results[2].applied);
    EXPECT_FALSE(results[2].order);
    EXPECT_TRUE(results[3].applied);
}

TEST_P(StoreContract, a_change_of_status_shows_the_row_with_its_payload) {
    const order::Change created = create(Kind::checkout);
    apply(created);
    complete(processed_as_asked(created));
    const order::OrderPtr before = fetch(created.order_id);
    let_pass(1s);

    const ports::ChangeResult result = apply(set_status(created, Status::processing));
    ASSERT_TRUE(result.applied);
    const order::OrderPtr after = fetch(created.order_id);
    EXPECT_EQ(describe(*result.order), describe(*after));
    order::Order expected = *before;
    expected.status = Status::processing;
    expected.version = 2;
    expected.updated_at = after->updated_at;
    EXPECT_EQ(describe(*after), describe(expected));
    EXPECT_GT(after->updated_at, before->updated_at);
}

TEST_P(StoreContract, an_order_that_leaves_failed_has_no_reason_any_more) {
    const order::Change created = order_in(Kind::generic, Status::failed);
    EXPECT_EQ(apply(set_status(created, Status::deleted)).order->failure_reason, "");
    EXPECT_EQ(fetch(created.order_id)->failure_reason, "");
}

const std::vector<Status>& statuses_of(Kind kind) {
    static const std::vector<Status> simple{Status::new_,      Status::processing, Status::done,
                                            Status::cancelled, Status::deleted,    Status::failed};
    static const std::vector<Status> checkout{Status::pending,   Status::confirmed, Status::processing,
                                              Status::shipped,   Status::delivered, Status::refunded,
                                              Status::cancelled, Status::deleted,   Status::failed};
    return kind == Kind::checkout ? checkout : simple;
}

TEST_P(StoreContract, the_lifecycle_decides_which_status_a_client_may_set) {
    for (const Kind kind : all_kinds) {
        for (const Status from : statuses_of(kind)) {
            for (const Status to : order::lifecycle_of(kind).client_sets.list()) {
                SCOPED_TRACE(std::string(order::to_string(kind)) + ": " + std::string(order::to_string(from)) + " -> " +
                             std::string(order::to_string(to)));
                const order::Change change = set_status(order_in(kind, from), to);
                const bool allowed = order::lifecycle_of(kind).allowed_from(from).contains(to);
                const ports::ChangeResult result = apply(change);
                EXPECT_EQ(result.applied, allowed);
                ASSERT_TRUE(result.order);
                EXPECT_EQ(result.order->status, allowed ? to : from);
            }
        }
    }
}

TEST_P(StoreContract, the_lifecycle_decides_when_a_document_may_be_replaced) {
    for (const Kind kind : all_kinds) {
        for (const Status from : statuses_of(kind)) {
            SCOPED_TRACE(std::string(order::to_string(kind)) + " in " + std::string(order::to_string(from)));
            const bool allowed = order::lifecycle_of(kind).replaceable.contains(from);
            const ports::ChangeResult result = apply(replace(order_in(kind, from)));
            EXPECT_EQ(result.applied, allowed);
            ASSERT_TRUE(result.order);
            EXPECT_EQ(result.order->status, allowed ? order::lifecycle_of(kind).arrival : from);
        }
    }
}

TEST_P(StoreContract, a_batch_with_something_refused_stores_nothing_of_it) {
    const order::Change good = create();
    const order::Change bad = refused();
    const ports::StoreResult<std::vector<ports::ChangeResult>> together = apply_whole(new_note(), {good, bad});
    ASSERT_FALSE(together);
    EXPECT_EQ(together.error().fault, ports::StoreFault::rejected);
    EXPECT_NE(together.error().message, "");
    EXPECT_FALSE(fetch(good.order_id));
    EXPECT_TRUE(open_notes().empty());

    const ports::StoreResult<std::vector<ports::ChangeResult>> alone = apply_whole(new_note(), {bad});
    ASSERT_FALSE(alone);
    EXPECT_EQ(alone.error().fault, ports::StoreFault::rejected);
    EXPECT_TRUE(apply(good).applied);
}

TEST_P(StoreContract, a_large_batch_answers_each_change_in_its_place) {
    std::vector<order::Change> changes;
    for (int i = 0; i < 300; ++i) changes.push_back(create());
    for (std::size_t i = 0; i < 150; ++i) changes.push_back(replace(changes[2 * i]));
    const std::vector<ports::ChangeResult> results = apply(changes);
    ASSERT_EQ(results.size(), changes.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
        ASSERT_TRUE(results[i].applied);
        EXPECT_EQ(results[i].order->id, changes[i].order_id);
        EXPECT_EQ(results[i].order->version, i < 300 ? 1 : 2);
    }
}

TEST_P(StoreContract, an_empty_batch_is_no_trouble) {
    const ports::StoreResult<std::vector<ports::ChangeResult>> results = apply_whole(new_note(), {});
    ASSERT_TRUE(results);
    EXPECT_TRUE(results->empty());
    EXPECT_TRUE(open_notes().empty());
}

}  // namespace
}  // namespace orderstream::contract
