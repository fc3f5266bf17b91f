#include <gmock/gmock.h>

#include "order/limits.h"
#include "unit/pipeline/support/world.h"

namespace orderstream::pipeline::testing {
namespace {

namespace limits = order::limits;
using order::Status;
using ::testing::ElementsAre;

ports::Ack ack_of(int number, int version, Status status, int processed_version) {
    ports::Ack ack;
    ack.order_id = order_id(number);
    ack.version = version;
    ack.order_status = status;
    ack.processed_version = processed_version;
    return ack;
}

ports::Ack superseded(ports::Ack ack) {
    ack.status = ports::Ack::Status::superseded;
    return ack;
}

void hear(World& world, const ports::Ack& ack) { world.waiters().hear({&ack, 1}); }

TEST(AckWaiters, AnAckAnswersWhoeverWaitsForItsVersion) {
    World world;
    const Caller caller = world.store(create(1));
    const Caller other = world.store(create(2));
    hear(world, ack_of(1, 1, Status::done, 1));
    EXPECT_EQ(caller.result(), Result::processed);
    EXPECT_EQ(caller.outcome().status, Status::done);
    EXPECT_FALSE(other.answered());
    EXPECT_EQ(world.waiters().size(), 1U);
}

TEST(AckWaiters, AnAckOfAnOlderVersionAnswersNobodyWhoWaitsForANewerOne) {
    World world;
    world.store(create(1), 0ms);
    const Caller caller = world.store(replace(1, 200));
    hear(world, ack_of(1, 1, Status::done, 1));
    hear(world, superseded(ack_of(1, 1, Status::processing, 0)));
    EXPECT_FALSE(caller.answered());
}

TEST(AckWaiters, AnAckOfAGreaterVersionIsSuccessForWhoWasOvertaken) {
    World world;
    const Caller first = world.store(create(1));
    const Caller second = world.store(replace(1, 200));
    hear(world, ack_of(1, 2, Status::failed, 2));
    EXPECT_EQ(first.result(), Result::processed) << "its version did not fail";
    EXPECT_EQ(second.result(), Result::failed);
}

TEST(AckWaiters, SupersededIsSuccess) {
    World world;
    const Caller caller = world.store(create(1));
    hear(world, superseded(ack_of(1, 1, Status::new_, 0)));
    EXPECT_EQ(caller.result(), Result::processed);
}

TEST(AckWaiters, AProcessedVersionThatIsGreaterIsEnough) {
    World world;
    const Caller first = world.store(create(1));
    const Caller second = world.store(replace(1, 200));
    const Caller third = world.store(replace(1, 300));
    // A redelivery of the first event, when the third is done already.
    ports::Ack ack = superseded(ack_of(1, 1, Status::failed, 3));
    ack.error = "out of stock";
    hear(world, ack);
    EXPECT_EQ(first.result(), Result::processed);
    EXPECT_EQ(second.result(), Result::processed);
    EXPECT_EQ(third.result(), Result::failed);
    EXPECT_EQ(third.outcome().reason, "out of stock");
}

TEST(AckWaiters, AFailureTellsItsReason) {
    World world;
    const Caller caller = world.store(create(1));
    ports::Ack ack = ack_of(1, 1, Status::failed, 1);
    ack.status = ports::Ack::Status::failed;
    ack.error = "out of stock";
    hear(world, ack);
    EXPECT_EQ(caller.result(), Result::failed);
    EXPECT_EQ(caller.outcome().reason, "out of stock");
    EXPECT_EQ(caller.outcome().status, Status::failed);
}

TEST(AckWaiters, ALostAckCostsASecondAndIsNeverATimeOut) {
    World world;
    world.bus().lose_acks = true;
    const Caller caller = world.store(create(1));
    world.work();
    world.pass(limits::first_lookup_after - 1ms);
    world.keep_house();
    EXPECT_FALSE(caller.answered());
    EXPECT_EQ(world.faults().calls(Call::fetch_heads), 0);
    world.pass(1ms);
    world.keep_house();
    EXPECT_EQ(caller.result(), Result::processed);
    EXPECT_EQ(world.waiters().fallbacks(), 1U);
}

TEST(AckWaiters, ALookUpTellsOfFailuresTooAndOfBeingOvertaken) {
    World world;
    world.bus().lose_acks = true;
    world.processor.script = [](const ports::Event& event) -> std::optional<ports::ProcessingResult> {
        if (event.order->id == order_id(1)) return ports::Refused{"out of stock"};
        return std::nullopt;
    };
    const Caller failed = world.store(create(1));
    const Caller overtaken = world.store(create(2));
    const Caller waiting = world.store(replace(2, 300));
    world.bus().away = true;  // nothing more is processed
    world.worker().turn(0ms);
    world.pass(1s);
    world.keep_house();
    EXPECT_EQ(failed.result(), Result::failed);
    EXPECT_EQ(failed.outcome().reason, "out of stock");
    EXPECT_EQ(overtaken.result(), Result::processed);
    EXPECT_EQ(waiting.result(), Result::processed);
}

TEST(AckWaiters, WhoHearsNothingIsLookedUpAfterOneTwoFourAndEightSeconds) {
    World world;
    const Caller caller = world.store(create(1), 60s);
    std::vector<int> looked_at;
    for (int tenth = 1; tenth <= 400; ++tenth) {
        world.pass(100ms);
        const int before = world.faults().calls(Call::fetch_heads);
        world.keep_house();
        if (world.faults().calls(Call::fetch_heads) > before) looked_at.push_back(tenth);
    }
    EXPECT_THAT(looked_at, ElementsAre(10, 30, 70, 150, 230, 310, 390));
    EXPECT_FALSE(caller.answered());
}

TEST(AckWaiters, ALookUpAsksForAThousandOrdersAtMost) {
    World::Setup setup;
    setup.limits.waiters = 10'000;
    World world(setup);
    for (int i = 1; i <= 2500; ++i) world.submit(create(i));
    while (world.write()) {
    }
    world.pass(1s);
    world.keep_house();
    EXPECT_THAT(world.faults().sizes(Call::fetch_heads), ElementsAre(1000, 1000, 500));
    world.keep_house();
    EXPECT_EQ(world.faults().calls(Call::fetch_heads), 3) << "the next look is two seconds away";
}

TEST(AckWaiters, AllWaitersOfAnOrderShareOneLookUp) {
    World world;
    world.bus().lose_acks = true;
    const Caller a = world.store(create_once(1));
    const Caller b = world.store(create_once(1));
    world.work();
    world.pass(1s);
    world.keep_house();
    EXPECT_THAT(world.faults().sizes(Call::fetch_heads), ElementsAre(1));
    EXPECT_EQ(a.result(), Result::processed);
    EXPECT_EQ(b.result(), Result::processed);
}

TEST(AckWaiters, BeforeItIsToldStoredTheStoreIsAsked) {
    World world;
    world.bus().lose_acks = true;
    const Caller caller = world.store(create(1), 500ms);
    world.work();
    world.pass(500ms);
    world.keep_house();
    EXPECT_EQ(caller.result(), Result::processed) << "never 202 for an order that is done";
}

TEST(AckWaiters, WhoseTimeIsUpIsToldStored) {
    World world;
    const Caller caller = world.store(create(1), 500ms);
    world.pass(499ms);
    world.keep_house();
    EXPECT_FALSE(caller.answered());
    world.pass(1ms);
    world.keep_house();
    EXPECT_EQ(caller.result(), Result::stored);
    EXPECT_EQ(caller.outcome().version, 1);
    EXPECT_EQ(world.waiters().size(), 0U);
    world.work();
    EXPECT_EQ(caller.answers->size(), 1U) << "the ACK comes too late for it";
}

TEST(AckWaiters, TheTimeOneWaitsBeganWithTheRequest) {
    World world;
    const Caller caller = world.submit(create(1), 3s);
    world.pass(2s);
    world.write();
    world.pass(1s);
    world.keep_house();
    EXPECT_EQ(caller.result(), Result::stored);
}

TEST(AckWaiters, WhileTheStoreIsAwayWhoseTimeIsUpIsToldStored) {
    World world;
    const Caller hasty = world.store(create(1), 1s);
    const Caller patient = world.store(create(2), 30s);
    world.faults().set_away(true);
    world.pass(1s);
    world.keep_house();
    EXPECT_EQ(hasty.result(), Result::stored);
    EXPECT_FALSE(patient.answered());
    world.faults().set_away(false);
    world.work();
    EXPECT_EQ(patient.result(), Result::processed);
}

TEST(AckWaiters, WhenTheStoreDoesNotAnswerAtAllTheDeadlineHoldsAllTheSame) {
    World world;
    const Caller caller = world.store(create(1), 5s);
    world.pass(5s);
    world.waiters().expire();
    EXPECT_FALSE(caller.answered()) << "the look-up has its chance first";
    world.pass(1s);
    world.waiters().expire();
    EXPECT_EQ(caller.result(), Result::stored);
}

TEST(AckWaiters, WhoHangsUpIsForgotten) {
    World world;
    const Caller gone = world.store(create(1));
    const Caller here = world.store(create_once(2));
    world.orders().abandon(gone.submission);
    world.orders().abandon(gone.submission);
    EXPECT_EQ(world.waiters().size(), 1U);
    world.work();
    EXPECT_FALSE(gone.answered());
    EXPECT_EQ(here.result(), Result::processed);
}

TEST(AckWaiters, ShorterDeadlinesAreForThoseWhoWaitNow) {
    World world;
    const Caller before = world.store(create(1));
    world.waiters().shorten_deadlines(world.clock.now());
    const Caller after = world.store(create(2));
    world.keep_house();
    EXPECT_EQ(before.result(), Result::stored);
    EXPECT_FALSE(after.answered());
}

TEST(AckWaiters, TheEndIsForThoseWhoComeLaterToo) {
    World world;
    const Caller before = world.store(create(1));
    world.waiters().end_by(world.clock.now() + 3s);
    const Caller after = world.store(create(2));
    const Caller hasty = world.store(create(3), 1s);
    world.pass(1s);
    world.keep_house();
    EXPECT_EQ(hasty.result(), Result::stored);
    EXPECT_FALSE(before.answered());
    world.pass(2s);
    world.keep_house();
    EXPECT_EQ(before.result(), Result::stored);
    EXPECT_EQ(after.result(), Result::stored);
}

TEST(AckWaiters, AnAckThatComesWhileTheStoreIsAskedAnswersOnce) {
    World world;
    const Caller caller = world.store(create(1), 1s);
    world.faults().after(Call::fetch_heads, [&] { world.work(); });  // the rows were read before it
    world.pass(1s);
    world.keep_house();
    EXPECT_EQ(caller.result(), Result::processed);
}

TEST(AckWaiters, AnAckThatComesAsSoonAsTheEventIsOutFindsItsWaiter) {
    World world;
    const Caller caller = world.submit(create(1));
    world.bus().when_published = [&] { world.work(); };
    world.write();
    EXPECT_EQ(caller.result(), Result::processed) << "before write() had returned";
}

TEST(AckWaiters, WhatALookUpHasToldIsNotContradictedByTheCache) {
    World world;
    world.store(create(1), 0ms);
    world.work();
    world.get(1);
    world.read();
    ASSERT_NE(world.orders().peek(order_id(1)), nullptr);
    world.bus().lose_acks = true;
    const Caller caller = world.store(replace(1, 200));
    world.work();
    // The change itself has voided the entry; a slower reader may have brought an older view of a third version.
    const order::Change theirs = replace(1, 300);
    const order::Change* const batch[] = {&theirs};
    world.get(1);
    world.read();
    ASSERT_NE(world.orders().peek(order_id(1)), nullptr);
    ASSERT_TRUE(world.faults().apply(note_id(1), batch, {}));
    world.pass(1s);
    world.keep_house();
    EXPECT_EQ(caller.result(), Result::processed);
    EXPECT_EQ(world.orders().peek(order_id(1)), nullptr) << "the look-up has seen version 3";
}

TEST(AckWaiters, NobodyWaitsWhoDoesNotWant) {
    World world;
    EXPECT_EQ(world.store(create(1), 0ms).result(), Result::stored);
    EXPECT_EQ(world.waiters().size(), 0U);
}

}  // namespace
}  // namespace orderstream::pipeline::testing
