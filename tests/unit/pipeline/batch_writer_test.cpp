#include <gmock/gmock.h>

#include "order/limits.h"
#include "unit/pipeline/support/world.h"

namespace orderstream::pipeline::testing {
namespace {

namespace limits = order::limits;
using ports::StoreFault;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Caller> submit_many(World& world, int first, int last, std::chrono::milliseconds wait = 30s) {
    std::vector<Caller> callers;
    for (int i = first; i <= last; ++i) callers.push_back(world.submit(create(i), wait));
    return callers;
}

TEST(BatchWriter, AnOrderThatTheStoreItselfRefusesStandsAlone) {
    World world;
    const auto before = submit_many(world, 1, 5);
    const Caller bad = world.submit(refused_by_the_store(create(6)));
    const auto after = submit_many(world, 7, 16);
    world.write();
    world.run();
    for (const auto& callers : {before, after}) {
        for (const Caller& caller : callers) EXPECT_EQ(caller.result(), Result::processed);
    }
    EXPECT_EQ(bad.result(), Result::refused);
    EXPECT_THAT(bad.outcome().reason, HasSubstr("CHECK"));
    EXPECT_EQ(world.row(6), nullptr);
    EXPECT_THAT(world.log_text, HasSubstr(order::to_string(order_id(6))));
}

TEST(BatchWriter, HalvingKeepsTheOrderOfChangesAndTellsEachByItself) {
    World world;
    std::vector<Caller> callers{world.submit(create(1, 100))};
    for (int i = 2; i <= 4; ++i) callers.push_back(world.submit(replace(1, 100 * i)));
    const Caller bad = world.submit(refused_by_the_store(replace(1, 500)));
    const Caller last = world.submit(replace(1, 600));
    world.run();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(callers[static_cast<std::size_t>(i)].outcome().version, i + 1);
    EXPECT_EQ(bad.result(), Result::refused);
    EXPECT_EQ(last.outcome().version, 5) << "the refused change took no version";
    EXPECT_EQ(world.row(1)->total_amount.cents(), 600);
}

TEST(BatchWriter, SeveralBadOrdersAreEachFound) {
    World world;
    const auto callers = submit_many(world, 1, 32);
    for (const int bad : {1, 17, 18, 32}) world.faults().reject(order_id(bad));
    world.run();
    for (int i = 1; i <= 32; ++i) {
        const bool bad = i == 1 || i == 17 || i == 18 || i == 32;
        EXPECT_EQ(callers[static_cast<std::size_t>(i - 1)].result(), bad ? Result::refused : Result::processed) << i;
    }
    world.let_notes_go();
    EXPECT_THAT(world.notes(), IsEmpty()) << "each piece had a note of its own, and all of them have settled";
}

TEST(BatchWriter, ACollisionIsRepeatedWithTheWholeBatch) {
    World world;
    const auto callers = submit_many(world, 1, 3);
    world.faults().fail(Call::apply, StoreFault::conflict, limits::conflict_attempts_max - 1);
    world.run();
    for (const Caller& caller : callers) EXPECT_EQ(caller.result(), Result::processed);
    EXPECT_EQ(world.faults().sizes(Call::apply), std::vector<std::size_t>(limits::conflict_attempts_max, 3));
    EXPECT_GT(world.clock.slept(), 0ms) << "with pauses";
    EXPECT_LT(world.clock.slept(), 1s) << "that are short";
}

TEST(BatchWriter, CollisionsWithoutEndAreUnavailable) {
    World world;
    const Caller caller = world.submit(create(1));
    world.faults().fail(Call::apply, StoreFault::conflict, 1000);
    world.write();
    EXPECT_EQ(caller.result(), Result::unavailable);
    EXPECT_EQ(world.faults().calls(Call::apply), limits::conflict_attempts_max);
}

TEST(BatchWriter, WhileTheStoreIsAwayNothingIsAccepted) {
    World world;
    const auto callers = submit_many(world, 1, 3);
    world.faults().set_away(true);
    world.write();
    for (const Caller& caller : callers) EXPECT_EQ(caller.result(), Result::unavailable);
    EXPECT_EQ(world.faults().calls(Call::apply), 1) << "it is no order's fault, so nothing is halved";
    world.faults().set_away(false);
    EXPECT_EQ(world.row(1), nullptr);
    EXPECT_THAT(world.bus().published, IsEmpty());
    EXPECT_EQ(world.store(create(1), 0ms).result(), Result::stored);
}

TEST(BatchWriter, TheStoreGoingAwayBetweenTwoHalvesLeavesEachAnswerTrue) {
    World world;
    const auto callers = submit_many(world, 1, 4, 0ms);
    world.faults().fail(Call::apply, StoreFault::rejected);  // the whole batch
    int pieces = 0;
    world.faults().after(Call::apply, [&] {
        if (++pieces == 2) world.faults().set_away(true);  // after the first half
    });
    world.write();
    world.faults().set_away(false);
    for (int i = 1; i <= 4; ++i) {
        const Result result = callers[static_cast<std::size_t>(i - 1)].result();
        EXPECT_EQ(result, i <= 2 ? Result::stored : Result::unavailable) << i;
        EXPECT_EQ(world.row(i) != nullptr, i <= 2) << i;
    }
}

TEST(BatchWriter, AnUnknownFateThatHappenedIsAnsweredFromTheNote) {
    World world;
    const Caller created = world.submit(create(1, 100));
    const Caller updated = world.submit(replace(1, 200));
    const Caller missed = world.submit(replace(2, 200));
    const Caller other = world.submit(create(3), 0ms);
    world.faults().lose_the_answer(Call::apply);
    world.write();
    EXPECT_EQ(world.faults().calls(Call::apply), 1) << "never applied twice";
    EXPECT_EQ(missed.result(), Result::not_found);
    EXPECT_EQ(other.result(), Result::stored);
    EXPECT_EQ(other.outcome().version, 1);
    ASSERT_THAT(world.bus().published, SizeIs(3));
    EXPECT_EQ(world.bus().published[0].order->version, 1);
    EXPECT_EQ(*world.bus().published[0].order->payload, *create(1, 100).document.payload)
        << "each with its own document";
    EXPECT_EQ(world.bus().published[1].order->version, 2);
    EXPECT_EQ(*world.bus().published[1].order->payload, *replace(1, 200).document.payload);
    world.work();
    EXPECT_EQ(created.result(), Result::processed);
    EXPECT_EQ(created.outcome().version, 1);
    EXPECT_EQ(updated.result(), Result::processed);
    EXPECT_EQ(updated.outcome().version, 2);
    world.let_notes_go();
    EXPECT_THAT(world.notes(), IsEmpty());
}

TEST(BatchWriter, AnUnknownFateThatDidNotHappenIsRunAgainOnce) {
    World world;
    const Caller caller = world.submit(create(1));
    world.faults().fail(Call::apply, StoreFault::fate_unknown);
    world.run();
    EXPECT_EQ(caller.result(), Result::processed);
    EXPECT_EQ(world.faults().calls(Call::apply), 2);
    EXPECT_EQ(world.row(1)->version, 1);
}

TEST(BatchWriter, AnUnknownFateWaitsForTheStoreAndIsNeverAppliedTwice) {
    World world;
    world.store(create(1), 0ms);
    const Caller caller = world.submit(replace(1, 200));
    world.faults().lose_the_answer(Call::apply);
    world.faults().after(Call::apply, [&] { world.faults().set_away(true); });
    const MonotonicTime began = world.clock.now();
    world.clock.on_sleep([&] {
        if (world.clock.now() - began >= 20s) world.faults().set_away(false);
    });
    world.write();
    EXPECT_EQ(world.faults().calls(Call::apply), 2);
    EXPECT_EQ(world.row(1)->version, 2);
    world.run();
    EXPECT_EQ(caller.result(), Result::processed);
    EXPECT_EQ(caller.outcome().version, 2);
}

TEST(BatchWriter, AfterThirtySecondsNobodyKnows) {
    World world;
    const Caller caller = world.submit(create(1));
    world.faults().lose_the_answer(Call::apply);
    world.faults().after(Call::apply, [&] { world.faults().set_away(true); });
    world.write();
    EXPECT_EQ(caller.result(), Result::fate_unknown);
    EXPECT_EQ(caller.outcome().order_id, order_id(1));
    EXPECT_GE(world.clock.slept(), limits::unknown_fate_wait);
    EXPECT_LT(world.clock.slept(), limits::unknown_fate_wait + 1s);
    EXPECT_EQ(world.faults().calls(Call::apply), 1) << "dropped: it is not run again behind the callers' backs";
}

TEST(BatchWriter, WhatWasStoredThoughNobodyKnewIsStillPublished) {
    World world;
    world.submit(create(1));
    world.faults().lose_the_answer(Call::apply);
    world.faults().after(Call::apply, [&] { world.faults().set_away(true); });
    world.write();
    world.keep_house();
    EXPECT_THAT(world.bus().published, IsEmpty());
    world.faults().set_away(false);
    world.keep_house();
    world.work();
    EXPECT_EQ(world.row(1)->status, order::Status::done);
}

TEST(BatchWriter, WhoLeavesDoesNotWaitForAnUnknownFate) {
    World world;
    const Caller caller = world.submit(create(1));
    world.faults().lose_the_answer(Call::apply);
    world.leaving = true;
    world.write();
    EXPECT_EQ(caller.result(), Result::fate_unknown);
    EXPECT_EQ(world.clock.slept(), 0ms);
}

TEST(BatchWriter, WhoBeginsToLeaveStopsWaitingForAnUnknownFate) {
    World world;
    const Caller caller = world.submit(create(1));
    world.faults().fail(Call::apply, StoreFault::fate_unknown);
    world.faults().fail(Call::receipt, StoreFault::unavailable, 1000);
    world.clock.on_sleep([&] { world.leaving = world.clock.slept() >= 1s; });
    world.write();
    EXPECT_EQ(caller.result(), Result::fate_unknown);
    EXPECT_LT(world.clock.slept(), 2s);
}

TEST(BatchWriter, TheReplayOfACreateOfUnknownFateSettlesIt) {
    World world;
    world.submit(create_once(1));
    world.faults().lose_the_answer(Call::apply);
    world.leaving = true;
    world.write();
    world.leaving = false;
    const Caller again = world.store(create_once(1));
    world.keep_house();
    world.run();
    EXPECT_EQ(again.result(), Result::processed);
    EXPECT_TRUE(again.outcome().replayed);
    EXPECT_EQ(world.row(1)->version, 1);
}

TEST(BatchWriter, SettledNotesGoWithTheNextBatchAlsoWhenThatFailsFirst) {
    World world;
    world.store(create(1), 0ms);
    world.work();
    ASSERT_THAT(world.notes(), SizeIs(1));
    world.faults().fail(Call::apply, StoreFault::unavailable);
    world.store(create(2), 0ms);
    EXPECT_THAT(world.notes(), SizeIs(1));
    world.store(create(3), 0ms);
    const std::vector<ports::Note> notes = world.notes();
    ASSERT_THAT(notes, SizeIs(1));
    EXPECT_EQ(notes[0].entries[0].order_id, order_id(3));
}

}  // namespace
}  // namespace orderstream::pipeline::testing
