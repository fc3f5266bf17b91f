// Orders that are put aside until they are due.

#include "contract/store_contract.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;

ports::Deferral deferral(const order::Change& change, std::chrono::milliseconds due_in, int attempts = 1) {
    return {.order = {change.order_id, 1}, .attempts = attempts, .due_in = due_in, .error = "timed out"};
}

TEST_P(StoreContract, a_retry_is_taken_when_it_is_due_with_the_order_as_it_is_now) {
    const order::Change created = create();
    apply(created);
    begin({created.order_id, 1});
    defer({deferral(created, 200ms, 3)});
    let_pass(199ms);
    EXPECT_TRUE(claim().empty());
    let_pass(2ms);
    const order::Change newer = replace(created, R"({"newer":1})");
    apply(newer);

    const std::vector<ports::DueRetry> due = claim();
    ASSERT_EQ(due.size(), 1u);
    EXPECT_EQ(describe(due[0].order), describe(*fetch(created.order_id)));
    EXPECT_EQ(*due[0].order.payload, *newer.document.payload);
    EXPECT_EQ(due[0].order.version, 2);
    EXPECT_EQ(due[0].version, 1);
    EXPECT_EQ(due[0].attempts, 3);
    EXPECT_EQ(due[0].error, "timed out");
}

TEST_P(StoreContract, a_claimed_retry_is_nobody_elses_until_its_lease_is_over) {
    const order::Change created = create();
    apply(created);
    defer({deferral(created, 0ms)});
    EXPECT_EQ(claim().size(), 1u);
    EXPECT_TRUE(claim().empty());
    let_pass(29s);
    EXPECT_TRUE(claim().empty());
    let_pass(2s);
    EXPECT_EQ(claim().size(), 1u);
}

TEST_P(StoreContract, a_second_deferral_of_the_same_version_replaces_the_first) {
    const order::Change created = create();
    apply(created);
    defer({deferral(created, 0ms, 1)});
    ports::Deferral second = deferral(created, 500ms, 2);
    second.error = "refused the connection";
    defer({second});
    EXPECT_TRUE(claim().empty());
    let_pass(501ms);
    const std::vector<ports::DueRetry> due = claim();
    ASSERT_EQ(due.size(), 1u);
    EXPECT_EQ(due[0].attempts, 2);
    EXPECT_EQ(due[0].error, "refused the connection");
}

TEST_P(StoreContract, versions_of_one_order_are_put_aside_apart) {
    const order::Change created = create();
    apply({created, replace(created)});
    ports::Deferral second = deferral(created, 0ms);
    second.order.version = 2;
    defer({deferral(created, 0ms), second});
    EXPECT_EQ(claim().size(), 2u);
    ASSERT_TRUE(store().delete_retries(std::vector{order::OrderVersion{created.order_id, 1}}));
    let_pass(31s);
    const std::vector<ports::DueRetry> due = claim();
    ASSERT_EQ(due.size(), 1u);
    EXPECT_EQ(due[0].version, 2);
}

TEST_P(StoreContract, the_longest_due_is_taken_first_and_no_more_than_asked_for) {
    std::vector<order::Change> changes;
    for (int i = 0; i < 5; ++i) changes.push_back(create());
    apply(changes);
    for (const int i : {3, 0, 4, 1, 2}) defer({deferral(changes[static_cast<std::size_t>(i)], i * 100ms)});
    let_pass(1s);
    std::vector<order::OrderId> taken;
    for (std::vector<ports::DueRetry> due = claim(2); !due.empty(); due = claim(2)) {
        EXPECT_LE(due.size(), 2u);
        for (const ports::DueRetry& retry : due) taken.push_back(retry.order.id);
    }
    ASSERT_EQ(taken.size(), changes.size());
    for (std::size_t i = 0; i < taken.size(); ++i) EXPECT_EQ(taken[i], changes[i].order_id);
}

TEST_P(StoreContract, a_deleted_retry_does_not_come_back) {
    const order::Change gone = create();
    const order::Change stays = create();
    apply({gone, stays});
    defer({deferral(gone, 0ms), deferral(stays, 0ms)});
    ASSERT_TRUE(store().delete_retries(std::vector{order::OrderVersion{gone.order_id, 1}, {new_id(), 1}}));
    const std::vector<ports::DueRetry> due = claim();
    ASSERT_EQ(due.size(), 1u);
    EXPECT_EQ(due[0].order.id, stays.order_id);
}

TEST_P(StoreContract, an_order_that_is_gone_needs_no_retry) {
    const order::Change stays = create();
    apply(stays);
    defer({deferral(create(), 0ms), deferral(stays, 0ms)});
    EXPECT_EQ(claim().size(), 1u);
}

TEST_P(StoreContract, retries_outlive_the_session) {
    const order::Change created = create();
    apply(created);
    defer({deferral(created, 1s)});
    restart();
    EXPECT_TRUE(claim().empty());
    let_pass(2s);
    EXPECT_EQ(claim().size(), 1u);
}

}  // namespace
}  // namespace orderstream::contract
