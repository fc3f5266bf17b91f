// The worker's writes: each guarded by the version it is about.

#include "contract/store_contract.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using order::Kind;
using order::Status;

TEST_P(StoreContract, an_order_that_is_begun_shows_it) {
    const order::Change created = create();
    apply(created);
    const order::OrderPtr before = fetch(created.order_id);
    let_pass(1s);
    const ports::StepResult result = begin({created.order_id, 1});
    ASSERT_TRUE(result.applied);

    const order::OrderPtr after = fetch(created.order_id);
    if (result.order) {
        EXPECT_EQ(describe_head(*result.order), describe_head(*after));
    }
    EXPECT_GT(after->updated_at, before->updated_at);
    order::Order expected = *before;
    expected.status = Status::processing;
    expected.updated_at = after->updated_at;
    EXPECT_EQ(describe(*after), describe(expected));
}

TEST_P(StoreContract, an_order_that_a_dead_worker_began_is_begun_again) {
    const order::Change created = create();
    apply(created);
    begin({created.order_id, 1});
    restart();
    const std::string before = describe(fetch(created.order_id));
    EXPECT_TRUE(begin({created.order_id, 1}).applied);
    EXPECT_EQ(describe(fetch(created.order_id)), before);
}

TEST_P(StoreContract, a_kind_that_does_not_show_work_is_begun_without_a_write) {
    const order::Change created = create(Kind::checkout);
    apply(created);
    const std::string before = describe(fetch(created.order_id));
    let_pass(1s);
    const ports::StepResult result = begin({created.order_id, 1});
    EXPECT_TRUE(result.applied);
    EXPECT_EQ(result.order->status, Status::pending);
    EXPECT_EQ(describe(fetch(created.order_id)), before);
}

TEST_P(StoreContract, only_the_newest_version_that_is_not_done_is_begun) {
    const order::Change overtaken = create();
    const order::Change done = order_in(Kind::generic, Status::done);
    const order::Change fails = order_in(Kind::checkout, Status::failed);
    const order::Change ahead = create();
    const order::Change good = create();
    apply({overtaken, replace(overtaken), ahead, good});

    const std::vector<ports::StepResult> results = begin({{overtaken.order_id, 1},
                                                          {done.order_id, 1},
                                                          {fails.order_id, 1},
                                                          {ahead.order_id, 2},
                                                          {new_id(), 1},
                                                          {good.order_id, 1},
                                                          {overtaken.order_id, 2}});
    for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i].applied, i >= 5) << i;
    EXPECT_EQ(results[0].order->version, 2);
    EXPECT_EQ(results[1].order->status, Status::done);
    EXPECT_EQ(results[2].order->status, Status::failed);
    EXPECT_EQ(results[3].order->version, 1);
    EXPECT_FALSE(results[4].order);
    EXPECT_EQ(fetch(done.order_id)->status, Status::done);
}

TEST_P(StoreContract, a_processed_order_has_its_lifecycles_status_and_its_price) {
    for (const Kind kind : {Kind::generic, Kind::marketplace, Kind::checkout}) {
        const order::Change created = create(kind);
        apply(created);
        begin({created.order_id, 1});
        const order::OrderPtr before = fetch(created.order_id);
        let_pass(1s);
        // The items of a checkout say what it costs.
        const std::int64_t cents =
            kind == Kind::checkout ? created.document.total_amount.cents() : std::int64_t{123'456};
        const ports::StepResult result = complete(processed({created.order_id, 1}, cents));
        ASSERT_TRUE(result.applied);

        const order::OrderPtr after = fetch(created.order_id);
        EXPECT_EQ(describe_head(*result.order), describe_head(*after));
        EXPECT_GT(after->updated_at, before->updated_at);
        order::Order expected = *before;
        expected.status = order::lifecycle_of(kind).processed;
        expected.total_amount = order::Money::of_cents(cents);
        expected.currency = "CHF";
        expected.processed_version = 1;
        expected.announced_version = 1;
        expected.updated_at = after->updated_at;
        EXPECT_EQ(describe(*after), describe(expected));
    }
}

TEST_P(StoreContract, an_order_may_be_completed_without_being_begun) {
    const order::Change created = create();
    apply(created);
    EXPECT_TRUE(complete(processed({created.order_id, 1})).applied);
}

TEST_P(StoreContract, a_failed_order_keeps_its_price_and_says_why) {
    const order::Change created = create();
    apply(created);
    begin({created.order_id, 1});
    const order::OrderPtr before = fetch(created.order_id);
    const ports::StepResult result = complete(failed({created.order_id, 1}, "цена 'не' число"));
    ASSERT_TRUE(result.applied);

    const order::OrderPtr after = fetch(created.order_id);
    EXPECT_EQ(describe_head(*result.order), describe_head(*after));
    order::Order expected = *before;
    expected.status = Status::failed;
    expected.failure_reason = "цена 'не' число";
    expected.processed_version = 1;
    expected.updated_at = after->updated_at;
    EXPECT_EQ(describe(*after), describe(expected));
}

TEST_P(StoreContract, an_acknowledged_order_only_counts_as_done) {
    const order::Change created = order_in(Kind::generic, Status::cancelled);
    const order::OrderPtr before = fetch(created.order_id);
    ASSERT_EQ(before->version, 2);
    let_pass(1s);
    const ports::StepResult result = complete(acknowledged({created.order_id, 2}));
    ASSERT_TRUE(result.applied);
    const order::OrderPtr after = fetch(created.order_id);
    order::Order expected = *before;
    expected.processed_version = 2;
    EXPECT_EQ(describe(*after), describe(expected));
    EXPECT_EQ(describe_head(*result.order), describe_head(*after));
}

TEST_P(StoreContract, the_first_successful_processing_is_the_one_that_is_announced) {
    const order::Change at_once = create();
    const order::Change later = create();
    apply({at_once, later});
    complete({processed({at_once.order_id, 1}), failed({later.order_id, 1})});
    EXPECT_EQ(fetch(at_once.order_id)->announced_version, 1);
    EXPECT_EQ(fetch(later.order_id)->announced_version, 0);
    apply({replace(at_once), replace(later)});
    complete({processed({at_once.order_id, 2}), processed({later.order_id, 2})});
    EXPECT_EQ(fetch(at_once.order_id)->announced_version, 1);
    EXPECT_EQ(fetch(later.order_id)->announced_version, 2);
}

TEST_P(StoreContract, a_second_an_overtaken_and_a_mistaken_completion_change_nothing) {
    const order::Change twice = create();
    const order::Change overtaken = create();
    const order::Change cancelled = create();
    const order::Change ahead = create();
    apply({twice, overtaken, cancelled, ahead, replace(overtaken), set_status(cancelled, Status::cancelled)});

    const std::vector<ports::StepResult> results =
        complete({processed({twice.order_id, 1}, 11), processed({twice.order_id, 1}, 22), failed({twice.order_id, 1}),
                  processed({overtaken.order_id, 1}), processed({cancelled.order_id, 1}),
                  processed({ahead.order_id, 2}), processed({new_id(), 1}), processed({overtaken.order_id, 2})});
    for (std::size_t i = 0; i < results.size(); ++i) {
        EXPECT_EQ(results[i].applied, i == 0 || i == 7) << i;
        EXPECT_EQ(results[i].order.has_value(), i != 6) << i;
    }
    EXPECT_EQ(results[1].order->processed_version, 1);
    EXPECT_EQ(results[3].order->version, 2);
    EXPECT_EQ(results[4].order->status, Status::cancelled);
    EXPECT_EQ(fetch(twice.order_id)->total_amount, order::Money::of_cents(11));
    EXPECT_EQ(fetch(twice.order_id)->status, Status::done);
    EXPECT_EQ(fetch(cancelled.order_id)->status, Status::cancelled);
    EXPECT_EQ(fetch(cancelled.order_id)->processed_version, 0);
    EXPECT_EQ(fetch(ahead.order_id)->status, Status::new_);
}

TEST_P(StoreContract, a_zombies_late_result_does_not_undo_the_newer_one) {
    const order::Change created = create();
    apply({created, replace(created)});
    complete(processed({created.order_id, 2}, 200));
    EXPECT_FALSE(complete(processed({created.order_id, 1}, 100)).applied);
    EXPECT_FALSE(begin({created.order_id, 1}).applied);
    EXPECT_EQ(fetch(created.order_id)->total_amount, order::Money::of_cents(200));
    EXPECT_EQ(fetch(created.order_id)->processed_version, 2);
}

TEST_P(StoreContract, a_result_that_is_refused_leaves_its_batch_as_it_was) {
    const order::Change good = create();
    const order::Change bad = create();
    apply({good, bad});
    ports::Step refused = processed({bad.order_id, 1});
    refused.currency = "chf";
    const auto together = store().take_steps(std::vector{processed({good.order_id, 1}), refused});
    ASSERT_FALSE(together);
    EXPECT_EQ(together.error().fault, ports::StoreFault::rejected);
    EXPECT_EQ(fetch(good.order_id)->processed_version, 0);
    EXPECT_TRUE(complete(processed({good.order_id, 1})).applied);
    EXPECT_TRUE(complete(failed({bad.order_id, 1}, together.error().message)).applied);
}

}  // namespace
}  // namespace orderstream::contract
