// Checkouts: documents with items, whose sum is the order's total.

#include <string>

#include "contract/store_contract.h"

namespace orderstream::contract {
namespace {

using order::Kind;
using order::Money;
using order::Status;

TEST_P(StoreContract, a_checkout_of_several_items_comes_back_as_its_door_made_it) {
    order::Change change = create(Kind::checkout);
    set_items(change, {{.cents = 4999, .quantity = 3}, {.cents = 1}, {.cents = 4, .quantity = 25}, {.cents = 10}});
    const ports::ChangeResult result = apply(change);
    ASSERT_TRUE(result.applied);
    const order::OrderPtr order = fetch(change.order_id);
    EXPECT_EQ(order->total_amount, Money::of_cents(15'108));
    EXPECT_EQ(describe_head(*result.order), describe_head(*order));
    order::Order expected = *order;
    expected.payload = change.document.payload;
    EXPECT_EQ(describe(order), describe(expected));
}

TEST_P(StoreContract, the_largest_and_the_smallest_checkout_are_stored) {
    order::Change largest = create(Kind::checkout);
    set_items(largest, {{.cents = 1, .quantity = 2'147'483'647}, {.cents = 7'852'516'352}});
    order::Change dearest = create(Kind::checkout);
    set_items(dearest, {{.cents = 9'999'999'999}});
    order::Change smallest = create(Kind::checkout);
    set_items(smallest, {{.cents = 1}});
    for (const ports::ChangeResult& result : apply({largest, dearest, smallest})) EXPECT_TRUE(result.applied);
    EXPECT_EQ(fetch(largest.order_id)->total_amount, Money::of_cents(9'999'999'999));
}

TEST_P(StoreContract, many_checkouts_are_created_and_replaced_at_once) {
    std::vector<order::Change> changes;
    for (int i = 0; i < 100; ++i) {
        if (i % 3 == 0) changes.push_back(create());
        order::Change change = create(Kind::checkout);
        set_items(change,
                  std::vector<OrderItem>(static_cast<std::size_t>(1 + i % 7), {.cents = 100 + i, .quantity = 2}));
        changes.push_back(change);
        if (i % 2 == 0) continue;
        order::Change replaced = replace(change);
        set_items(replaced, {{.cents = 10 + i}, {.cents = 5, .quantity = i}});
        changes.push_back(replaced);
    }
    const std::vector<ports::ChangeResult> results = apply(changes);
    std::vector<order::OrderId> ids;
    for (const order::Change& change : changes) ids.push_back(change.order_id);
    const std::vector<order::OrderPtr> orders = fetch(ids);
    for (std::size_t i = 0; i < changes.size(); ++i) {
        ASSERT_TRUE(results[i].applied) << i;
        const bool is_last = i + 1 == changes.size() || changes[i + 1].order_id != changes[i].order_id;
        if (!is_last) continue;
        order::Order expected = *orders[i];
        expected.payload = changes[i].document.payload;
        expected.total_amount = changes[i].document.total_amount;
        EXPECT_EQ(describe(orders[i]), describe(expected));
    }
}

TEST_P(StoreContract, a_checkout_keeps_its_items_along_its_life) {
    order::Change change = create(Kind::checkout);
    set_items(change, {{.cents = 250, .quantity = 2}, {.cents = 75}});
    store_in(change, Status::confirmed);
    order::Change replaced = replace(change);
    set_items(replaced, {{.cents = 99}});
    ASSERT_TRUE(apply(replaced).applied);
    ASSERT_TRUE(complete(processed({change.order_id, 2}, 99)).applied);
    for (const Status next : {Status::processing, Status::shipped, Status::delivered, Status::refunded}) {
        ASSERT_TRUE(apply(set_status(change, next)).applied);
    }
    const order::OrderPtr order = fetch(change.order_id);
    EXPECT_EQ(order->total_amount, Money::of_cents(99));
    order::Order expected = *order;
    expected.payload = replaced.document.payload;
    EXPECT_EQ(describe(order), describe(expected));
}

TEST_P(StoreContract, a_checkout_that_does_not_cost_what_its_items_do_is_refused) {
    order::Change good = create(Kind::checkout);
    ASSERT_TRUE(apply(good).applied);
    const std::string before = describe(fetch(good.order_id));
    for (const std::int64_t off : {-1, 1, 100}) {
        order::Change created = create(Kind::checkout);
        created.document.total_amount = Money::of_cents(created.document.total_amount.cents() + off);
        order::Change replaced = replace(good);
        replaced.document.total_amount = Money::of_cents(replaced.document.total_amount.cents() + off);
        for (const order::Change& wrong : {created, replaced}) {
            const auto alone = apply_whole(new_note(), {wrong});
            ASSERT_FALSE(alone) << off;
            EXPECT_EQ(alone.error().fault, ports::StoreFault::rejected);
            EXPECT_NE(alone.error().message, "");
            const auto together = apply_whole(new_note(), {create(), create(Kind::checkout), wrong});
            ASSERT_FALSE(together) << off;
            EXPECT_EQ(together.error().fault, ports::StoreFault::rejected);
        }
        EXPECT_FALSE(fetch(created.order_id));
    }
    EXPECT_EQ(describe(fetch(good.order_id)), before);
    EXPECT_EQ(open_notes().size(), 1u);
}

TEST_P(StoreContract, a_checkout_without_items_is_refused) {
    order::Change change = create(Kind::checkout);
    change.document.total_amount = Money();
    for (const char* payload : {R"({"items":[]})", R"({"items":null})", "{}"}) {
        change.document.payload = std::make_shared<const std::string>(payload);
        const auto refused = apply_whole(new_note(), {change});
        ASSERT_FALSE(refused) << payload;
        EXPECT_EQ(refused.error().fault, ports::StoreFault::rejected);
    }
    EXPECT_FALSE(fetch(change.order_id));
}

TEST_P(StoreContract, a_checkout_that_is_not_replaced_is_not_judged_by_its_items) {
    const order::Change created = order_in(Kind::checkout, Status::shipped);
    order::Change late = replace(created);
    late.document.total_amount = Money::of_cents(1);
    const auto results = apply_whole(new_note(), {late, create(Kind::checkout)});
    ASSERT_TRUE(results);
    EXPECT_FALSE((*results)[0].applied);
    EXPECT_TRUE((*results)[1].applied);
}

TEST_P(StoreContract, an_applied_change_of_status_tells_what_it_was_before) {
    for (const Kind kind : {Kind::generic, Kind::marketplace, Kind::checkout}) {
        const order::Lifecycle& lifecycle = order::lifecycle_of(kind);
        for (const order::Lifecycle::Step& step : lifecycle.steps) {
            for (const Status to : step.to.list()) {
                const ports::ChangeResult result = apply(set_status(order_in(kind, step.from), to));
                ASSERT_TRUE(result.applied);
                EXPECT_EQ(result.status_before, step.from)
                    << order::to_string(kind) << ": " << order::to_string(step.from) << " -> " << order::to_string(to);
            }
        }
    }
}

TEST_P(StoreContract, changes_of_status_at_once_each_tell_what_it_was_before) {
    const order::Change created = order_in(Kind::checkout, Status::confirmed);
    const std::vector<ports::ChangeResult> results =
        apply({set_status(created, Status::processing), set_status(created, Status::shipped), create(),
               set_status(created, Status::cancelled), set_status(created, Status::deleted)});
    EXPECT_EQ(results[0].status_before, Status::confirmed);
    EXPECT_EQ(results[1].status_before, Status::processing);
    EXPECT_FALSE(results[3].applied);
    EXPECT_EQ(results[3].status_before, std::nullopt);
    EXPECT_EQ(results[4].status_before, Status::shipped);
}

TEST_P(StoreContract, no_other_change_tells_what_the_status_was_before) {
    const order::Change created = create(Kind::checkout);
    EXPECT_EQ(apply(created).status_before, std::nullopt);
    EXPECT_EQ(apply(created).status_before, std::nullopt);  // is there already
    EXPECT_EQ(apply(replace(created)).status_before, std::nullopt);
    EXPECT_EQ(apply(set_status(created, Status::shipped)).status_before, std::nullopt);   // not from there
    EXPECT_EQ(apply(set_status(create(), Status::deleted)).status_before, std::nullopt);  // no such order
}

}  // namespace
}  // namespace orderstream::contract
