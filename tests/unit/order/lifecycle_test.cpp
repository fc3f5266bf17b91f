#include "order/lifecycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace orderstream::order {
namespace {

using enum Status;

constexpr Status every_status[] = {new_,      pending,  processing, done,    confirmed, shipped,
                                   delivered, refunded, cancelled,  deleted, failed};

/// DESIGN 3 once more, written out by hand: where a client may take an order from each status. What is not here
/// leads nowhere.
const std::map<Status, StatusSet> simple_steps = {
    {new_, {cancelled, deleted}},
    {processing, {cancelled, deleted}},
    {done, {cancelled, deleted}},
    {failed, {deleted}},
};
const std::map<Status, StatusSet> checkout_steps = {
    {pending, {cancelled, deleted}},
    {confirmed, {processing, cancelled, deleted}},
    {processing, {shipped, cancelled, deleted}},
    {shipped, {delivered, deleted}},
    {delivered, {refunded, deleted}},
    {refunded, {deleted}},
    {failed, {deleted}},
};

struct Case {
    Kind kind;
    const std::map<Status, StatusSet>& steps;
};

class LifecycleSteps : public testing::TestWithParam<Case> {
  protected:
    const Lifecycle& lifecycle_ = lifecycle_of(GetParam().kind);

    [[nodiscard]] static bool expected(Status from, Status to) {
        const auto step = GetParam().steps.find(from);
        return step != GetParam().steps.end() && step->second.contains(to);
    }
};

TEST_P(LifecycleSteps, allow_and_refuse_every_pair_of_statuses) {
    for (const Status from : every_status) {
        for (const Status to : every_status) {
            EXPECT_EQ(lifecycle_.allowed_from(from).contains(to), expected(from, to))
                << to_string(from) << " -> " << to_string(to);
        }
    }
}

TEST_P(LifecycleSteps, read_backwards_are_the_same) {
    for (const Status from : every_status) {
        for (const Status to : every_status) {
            EXPECT_EQ(lifecycle_.sources_of(to).contains(from), lifecycle_.allowed_from(from).contains(to))
                << to_string(from) << " -> " << to_string(to);
        }
    }
}

TEST_P(LifecycleSteps, lead_only_to_what_a_client_may_ask_for) {
    for (const Status from : every_status) {
        for (const Status to : lifecycle_.allowed_from(from).list()) {
            EXPECT_TRUE(lifecycle_.client_sets.contains(to)) << to_string(to);
        }
    }
}

TEST_P(LifecycleSteps, never_leave_a_final_status) {
    for (const Status status : {deleted, cancelled}) {
        EXPECT_TRUE(is_final(status));
        EXPECT_TRUE(lifecycle_.allowed_from(status).empty());
        EXPECT_FALSE(lifecycle_.replaceable.contains(status));
    }
}

TEST_P(LifecycleSteps, give_no_status_of_the_workers_to_a_client) {
    for (const Status status : {new_, done, failed}) {
        EXPECT_FALSE(lifecycle_.client_sets.contains(status)) << to_string(status);
    }
    EXPECT_EQ(lifecycle_.client_sets.contains(processing), GetParam().kind == Kind::checkout);
}

INSTANTIATE_TEST_SUITE_P(EveryKind, LifecycleSteps,
                         testing::Values(Case{Kind::generic, simple_steps}, Case{Kind::marketplace, simple_steps},
                                         Case{Kind::checkout, checkout_steps}),
                         [](const auto& param) { return std::string(to_string(param.param.kind)); });

TEST(Lifecycle, of_generic_and_marketplace_orders_is_new_processing_done) {
    for (const Kind kind : {Kind::generic, Kind::marketplace}) {
        const Lifecycle& lifecycle = lifecycle_of(kind);
        EXPECT_EQ(lifecycle.arrival, new_);
        EXPECT_EQ(lifecycle.working, processing);
        EXPECT_EQ(lifecycle.processed, done);
        EXPECT_EQ(lifecycle.replaceable, (StatusSet{new_, processing, done, failed}));
    }
}

TEST(Lifecycle, of_checkouts_shows_nobody_at_work) {
    const Lifecycle& lifecycle = lifecycle_of(Kind::checkout);
    EXPECT_EQ(lifecycle.arrival, pending);
    EXPECT_EQ(lifecycle.working, lifecycle.arrival);
    EXPECT_EQ(lifecycle.processed, confirmed);
    EXPECT_EQ(lifecycle.replaceable, (StatusSet{pending, confirmed, failed}));
}

TEST(Lifecycle, ends_with_deleted_and_cancelled_only) {
    for (const Status status : every_status) {
        EXPECT_EQ(is_final(status), status == deleted || status == cancelled) << to_string(status);
    }
}

TEST(StatusSet, lists_its_statuses_in_the_order_of_the_enum) {
    EXPECT_THAT((StatusSet{deleted, new_, failed, cancelled}).list(),
                testing::ElementsAre(new_, cancelled, deleted, failed));
    EXPECT_THAT(StatusSet().list(), testing::IsEmpty());
}

TEST(StatusSet, knows_what_was_added) {
    StatusSet set;
    EXPECT_TRUE(set.empty());
    set.add(shipped);
    EXPECT_FALSE(set.empty());
    EXPECT_TRUE(set.contains(shipped));
    EXPECT_FALSE(set.contains(delivered));
    EXPECT_EQ(set, StatusSet{shipped});
}

}  // namespace
}  // namespace orderstream::order
