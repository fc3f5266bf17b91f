// Reads of many orders at once.

#include "contract/store_contract.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using order::Status;

TEST_P(StoreContract, each_id_gets_its_answer_in_its_place) {
    std::vector<order::Change> changes;
    for (int i = 0; i < 500; ++i) changes.push_back(create());
    apply(changes);
    std::vector<order::OrderId> ids;
    for (std::size_t i = 0; i < 1000; ++i) ids.push_back(i % 2 == 0 ? changes[999 / 2 - i / 2].order_id : new_id());
    const ports::StoreResult<std::vector<order::OrderPtr>> orders = store().fetch(ids);
    ASSERT_TRUE(orders);
    ASSERT_EQ(orders->size(), ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        ASSERT_EQ((*orders)[i] != nullptr, i % 2 == 0);
        if ((*orders)[i]) {
            EXPECT_EQ((*orders)[i]->id, ids[i]);
        }
    }
}

TEST_P(StoreContract, an_id_asked_for_twice_is_answered_twice) {
    const order::Change created = create();
    apply(created);
    const std::vector<order::OrderPtr> orders = fetch({created.order_id, created.order_id});
    EXPECT_TRUE(orders[0] && orders[1]);
    EXPECT_TRUE(store().fetch({})->empty());
}

TEST_P(StoreContract, heads_are_whole_orders_without_payloads) {
    const order::Change created = order_in(order::Kind::checkout, Status::shipped);
    const auto heads = store().fetch_heads(std::vector{created.order_id, new_id()});
    ASSERT_TRUE(heads);
    ASSERT_TRUE((*heads)[0]);
    EXPECT_EQ(describe_head(*(*heads)[0]), describe_head(*fetch(created.order_id)));
    EXPECT_FALSE((*heads)[0]->payload);
    EXPECT_FALSE((*heads)[1]);
}

TEST_P(StoreContract, the_newest_order_with_an_external_id_that_is_not_deleted_is_found) {
    order::Change older = create();
    order::Change newer = create();
    order::Change deleted = create();
    order::Change someone_elses = create();
    for (order::Change* change : {&older, &newer, &deleted, &someone_elses}) {
        change->customer_id = "someone";
        rename(*change, "A-1");
    }
    someone_elses.customer_id = "someone else";
    for (const order::Change& change : {older, newer, deleted, someone_elses}) {
        apply(change);
        let_pass(1s);
    }
    apply(set_status(deleted, Status::deleted));

    const auto found = store().find_by_external(std::vector<ports::OrderStore::ExternalKey>{
        {"someone", "A-1"}, {"someone", "A-2"}, {"nobody", "A-1"}, {"someone else", "A-1"}, {"someone", ""}});
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 5u);
    EXPECT_EQ(describe((*found)[0]), describe(fetch(newer.order_id)));
    EXPECT_FALSE((*found)[1]);
    EXPECT_FALSE((*found)[2]);
    EXPECT_EQ(describe((*found)[3]), describe(fetch(someone_elses.order_id)));
    EXPECT_FALSE((*found)[4]);
}

TEST_P(StoreContract, a_cancelled_order_is_found_by_its_external_id) {
    const order::Change created = order_in(order::Kind::generic, Status::cancelled);
    const auto found = store().find_by_external(
        std::vector<ports::OrderStore::ExternalKey>{{created.customer_id, created.document.external_id}});
    ASSERT_TRUE(found);
    EXPECT_EQ(describe(found->front()), describe(fetch(created.order_id)));
}

TEST_P(StoreContract, an_order_is_found_by_the_external_id_it_has_now) {
    const order::Change created = create();
    order::Change renamed = replace(created);
    rename(renamed, "renamed");
    apply({created, renamed});
    const auto found = store().find_by_external(std::vector<ports::OrderStore::ExternalKey>{
        {created.customer_id, created.document.external_id}, {created.customer_id, "renamed"}});
    ASSERT_TRUE(found);
    EXPECT_FALSE((*found)[0]);
    ASSERT_TRUE((*found)[1]);
    EXPECT_EQ((*found)[1]->id, created.order_id);
}

TEST_P(StoreContract, orders_outlive_the_session) {
    const order::Change created = order_in(order::Kind::marketplace, Status::done);
    const std::string before = describe(fetch(created.order_id));
    restart();
    EXPECT_EQ(describe(fetch(created.order_id)), before);
}

TEST_P(StoreContract, a_store_that_works_has_no_trouble) {
    EXPECT_EQ(store().trouble(), "");
    ASSERT_FALSE(apply_whole(new_note(), {refused()}));
    EXPECT_EQ(store().trouble(), "");
}

}  // namespace
}  // namespace orderstream::contract
