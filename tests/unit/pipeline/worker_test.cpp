#include <gmock/gmock.h>

#include "unit/pipeline/support/world.h"

namespace orderstream::pipeline::testing {
namespace {

using order::Status;
using ports::StoreFault;
using AckStatus = ports::Ack::Status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

World::Setup worker_told(Worker::Options options) {
    World::Setup setup;
    setup.worker = options;
    return setup;
}

/// The statuses that a reader saw while the processor was at work.
std::vector<Status> shown_meanwhile(World& world, std::initializer_list<int> numbers) {
    std::vector<Status> shown;
    world.processor.meanwhile = [&] {
        for (const int number : numbers) shown.push_back(world.row(number)->status);
    };
    world.work();
    world.processor.meanwhile = {};
    return shown;
}

TEST(Worker, ProcessesPricesAndTells) {
    World world;
    world.store(create(1, 4999), 0ms);
    EXPECT_TRUE(world.work());
    const order::OrderPtr row = world.row(1);
    EXPECT_EQ(row->status, Status::done);
    EXPECT_EQ(row->total_amount.cents(), 4999);
    EXPECT_EQ(row->processed_version, 1);
    EXPECT_EQ(row->announced_version, 1);
    ASSERT_THAT(world.bus().acks, SizeIs(1));
    const ports::Ack& ack = world.bus().acks[0];
    EXPECT_EQ(ack.event_id, world.bus().published[0].event_id);
    EXPECT_EQ(ack.order_id, order_id(1));
    EXPECT_EQ(ack.version, 1);
    EXPECT_EQ(ack.status, AckStatus::created);
    EXPECT_EQ(ack.order_status, Status::done);
    EXPECT_EQ(ack.processed_version, 1);
    EXPECT_EQ(ack.processed_at, row->updated_at);
    EXPECT_EQ(ack.request_id, "request-1");
    EXPECT_EQ(ack.traceparent, "trace-1");
    ASSERT_THAT(world.bus().announcements, SizeIs(1));
    const ports::Announcement& announced = world.bus().announcements[0];
    EXPECT_EQ(announced.order->status, Status::done);
    EXPECT_EQ(announced.order->total_amount.cents(), 4999);
    EXPECT_EQ(*announced.order->payload, *create(1, 4999).document.payload);
    EXPECT_EQ(announced.request_id, "request-1");
    EXPECT_EQ(announced.traceparent, "trace-1");
    EXPECT_EQ(world.bus().waiting(), 0U) << "done() was said";
    EXPECT_FALSE(world.work());
}

TEST(Worker, ShowsThatItIsAtWork) {
    World world;
    world.store(create(1), 0ms);
    world.store(create_checkout(2), 0ms);
    EXPECT_THAT(shown_meanwhile(world, {1, 2}), ElementsAre(Status::processing, Status::pending));
    EXPECT_EQ(world.row(2)->status, Status::confirmed);
}

TEST(Worker, ShowsNothingWhenToldNotTo) {
    World world(worker_told({.mark_processing = false, .batch_events = 512}));
    world.store(create(1), 0ms);
    EXPECT_THAT(shown_meanwhile(world, {1}), ElementsAre(Status::new_));
    EXPECT_EQ(world.faults().calls(Call::begin), 0);
    EXPECT_EQ(world.row(1)->status, Status::done);
}

TEST(Worker, AnOrderThatCannotBeShownAsWorkedOnIsWorkedOnAllTheSame) {
    World world;
    const Caller caller = world.store(create(1));
    world.faults().fail(Call::begin, StoreFault::rejected);
    world.work();
    EXPECT_EQ(caller.result(), Result::processed);
}

TEST(Worker, AnEventThatComesAgainGetsItsAckAndItsAnnouncementAgainAndNoSecondEffect) {
    World world;
    world.store(create(1, 100), 0ms);
    world.work();
    const order::OrderPtr before = world.row(1);
    world.pass(5s);
    world.bus().deliver_again(world.bus().published[0]);
    world.work();
    EXPECT_EQ(world.row(1)->updated_at, before->updated_at);
    EXPECT_THAT(world.processor.seen, SizeIs(1));
    ASSERT_THAT(world.bus().acks, SizeIs(2));
    EXPECT_EQ(world.bus().acks[0].event_id, world.bus().acks[1].event_id);
    EXPECT_EQ(world.bus().acks[1].status, AckStatus::created);
    EXPECT_EQ(world.bus().acks[1].processed_version, 1);
    ASSERT_THAT(world.bus().announcements, SizeIs(2));
    EXPECT_EQ(world.bus().announcements[0].event_id, world.bus().announcements[1].event_id);
    EXPECT_EQ(*world.bus().announcements[1].order->payload, *create(1, 100).document.payload);
}

TEST(Worker, WithoutShowingItsWorkAnEventThatComesAgainIsProcessedAgainButHasNoSecondEffect) {
    World world(worker_told({.mark_processing = false, .batch_events = 512}));
    world.store(create(1), 0ms);
    world.work();
    const order::OrderPtr before = world.row(1);
    world.pass(5s);
    world.bus().deliver_again(world.bus().published[0]);
    world.work();
    ASSERT_THAT(world.processor.seen, SizeIs(2));
    EXPECT_EQ(world.processor.seen[0].event_id, world.processor.seen[1].event_id) << "it can tell by the id";
    EXPECT_EQ(world.row(1)->updated_at, before->updated_at);
    EXPECT_THAT(world.bus().acks, SizeIs(2));
}

TEST(Worker, AFailureThatComesAgainIsToldAgain) {
    World world;
    world.processor.script = [](const ports::Event&) { return ports::Refused{"out of stock"}; };
    world.store(create(1), 0ms);
    world.work();
    world.bus().deliver_again(world.bus().published[0]);
    world.work();
    ASSERT_THAT(world.bus().acks, SizeIs(2));
    for (const ports::Ack& ack : world.bus().acks) {
        EXPECT_EQ(ack.status, AckStatus::failed);
        EXPECT_EQ(ack.order_status, Status::failed);
        EXPECT_EQ(ack.error, "out of stock");
    }
    EXPECT_THAT(world.bus().announcements, IsEmpty());
}

TEST(Worker, AnOvertakenEventChangesNothingAndSaysSo) {
    World world;
    world.store(create(1, 100), 0ms);
    const ports::Event created = world.bus().published[0];
    world.store(replace(1, 200), 0ms);
    world.work();
    const order::OrderPtr before = world.row(1);
    world.bus().deliver_again(created);
    world.work();
    ASSERT_THAT(world.bus().acks, SizeIs(2));
    EXPECT_EQ(world.bus().acks[1].version, 1);
    EXPECT_EQ(world.bus().acks[1].status, AckStatus::superseded);
    EXPECT_EQ(world.bus().acks[1].processed_version, 2);
    EXPECT_EQ(world.row(1)->total_amount.cents(), 200);
    EXPECT_EQ(world.row(1)->updated_at, before->updated_at);
}

TEST(Worker, AnOrderThatIsOvertakenWhileItIsProcessedKeepsTheNewerDocument) {
    World world;
    world.store(create(1, 100), 0ms);
    world.processor.meanwhile = [&] {
        world.processor.meanwhile = {};
        world.store(replace(1, 200), 0ms);
    };
    world.work();
    ASSERT_THAT(world.bus().acks, SizeIs(2));
    EXPECT_EQ(world.bus().acks[0].version, 1);
    EXPECT_EQ(world.bus().acks[0].status, AckStatus::superseded);
    EXPECT_EQ(world.bus().acks[0].processed_version, 0) << "the older result was not written";
    EXPECT_EQ(world.bus().acks[1].version, 2);
    EXPECT_EQ(world.bus().acks[1].status, AckStatus::updated);
    EXPECT_EQ(world.row(1)->total_amount.cents(), 200);
    EXPECT_EQ(world.row(1)->announced_version, 2);
    EXPECT_THAT(world.bus().announcements, SizeIs(1));
}

TEST(Worker, ADeleteThatRacesTheProcessingWins) {
    World world;
    world.store(create(1), 0ms);
    world.processor.meanwhile = [&] {
        world.processor.meanwhile = {};
        world.store(remove(1), 0ms);
    };
    world.work();
    EXPECT_EQ(world.row(1)->status, Status::deleted);
    world.work();
    EXPECT_EQ(world.row(1)->status, Status::deleted);
    EXPECT_EQ(world.row(1)->processed_version, 2);
    ASSERT_THAT(world.bus().acks, SizeIs(2));
    EXPECT_EQ(world.bus().acks[0].status, AckStatus::superseded);
    EXPECT_EQ(world.bus().acks[1].status, AckStatus::deleted);
    EXPECT_THAT(world.bus().announcements, IsEmpty()) << "it was never processed";
}

TEST(Worker, OfEachOrderOnlyTheNewestInABatchIsProcessed) {
    World world;
    for (int i = 1; i <= 5; ++i) world.store(i == 1 ? create(1) : replace(1, 100 * i), 0ms);
    world.store(create(2), 0ms);
    // Out of order, and one of them twice.
    world.bus().deliver_again(world.bus().published[1]);
    world.work();
    EXPECT_THAT(world.processor.seen, SizeIs(2));
    EXPECT_EQ(world.row(1)->total_amount.cents(), 500);
    EXPECT_EQ(world.row(1)->processed_version, 5);
    ASSERT_THAT(world.bus().acks, SizeIs(2));
    EXPECT_EQ(world.bus().acks[0].version, 5);
    EXPECT_THAT(world.bus().announcements, SizeIs(2));
    EXPECT_EQ(world.bus().waiting(), 0U);
}

TEST(Worker, TheFirstSuccessIsAnnouncedWhicheverVersionItIs) {
    World world;
    world.processor.script = [](const ports::Event& event) -> std::optional<ports::ProcessingResult> {
        if (event.order->version < 3) return ports::Refused{"not yet"};
        return std::nullopt;
    };
    world.store(create(1, 100), 0ms);
    world.work();
    world.store(replace(1, 200), 0ms);
    world.work();
    EXPECT_THAT(world.bus().announcements, IsEmpty());
    world.store(replace(1, 300), 0ms);
    world.work();
    ASSERT_THAT(world.bus().announcements, SizeIs(1));
    EXPECT_EQ(world.bus().announcements[0].order->version, 3);
    world.store(replace(1, 400), 0ms);
    world.work();
    EXPECT_THAT(world.bus().announcements, SizeIs(1)) << "once";
    EXPECT_EQ(world.row(1)->announced_version, 3);
}

TEST(Worker, AnAnnouncedVersionThatIsDroppedForANewerInItsBatchCountsAsMet) {
    World world;
    world.store(create(1, 100), 0ms);
    world.work();
    world.store(replace(1, 200), 0ms);
    const ports::Event updated = world.bus().published[1];
    world.work();
    ASSERT_THAT(world.bus().announcements, SizeIs(1));
    // Redelivered together: the announcement may have been what was lost.
    world.bus().deliver_again(updated);
    world.bus().deliver_again(world.bus().published[0]);
    world.work();
    ASSERT_THAT(world.bus().announcements, SizeIs(2));
    EXPECT_EQ(world.bus().announcements[0].event_id, world.bus().announcements[1].event_id);
    EXPECT_EQ(world.bus().announcements[1].order->version, 2);
    EXPECT_EQ(*world.bus().announcements[1].order->payload, *replace(1, 200).document.payload);
}

TEST(Worker, AnAnnouncementSaidAgainShowsTheOrderAsItIsNow) {
    World world;
    world.store(create(1, 100), 0ms);
    world.work();
    world.store(replace(1, 200), 0ms);
    world.work();
    world.bus().deliver_again(world.bus().published[0]);
    world.work();
    ASSERT_THAT(world.bus().announcements, SizeIs(2));
    const order::Order& shown = *world.bus().announcements[1].order;
    EXPECT_EQ(shown.version, 2);
    EXPECT_EQ(shown.total_amount.cents(), 200);
    EXPECT_EQ(*shown.payload, *replace(1, 200).document.payload) << "never one version's row with another's document";
}

TEST(Worker, StatusChangesDoNotGoThroughTheProcessor) {
    World world;
    world.store(create_checkout(1), 0ms);
    world.work();
    for (const Status status : {Status::processing, Status::shipped, Status::delivered}) {
        order::Change change = set_status(1, status);
        change.kind = order::Kind::checkout;
        const Caller caller = world.store(change);
        world.work();
        EXPECT_EQ(caller.result(), Result::processed);
        EXPECT_EQ(world.row(1)->status, status);
    }
    EXPECT_EQ(world.row(1)->processed_version, 4);
    EXPECT_EQ(world.row(1)->total_amount.cents(), 500);
    EXPECT_THAT(world.processor.seen, SizeIs(1));
    EXPECT_EQ(world.bus().acks.back().status, AckStatus::status_changed);
    EXPECT_THAT(world.bus().announcements, SizeIs(1));
}

TEST(Worker, AResultThatTheStoreRefusesAloneIsAFailureAndItsNeighboursAreDone) {
    World world;
    world.processor.script = [](const ports::Event& event) -> std::optional<ports::ProcessingResult> {
        if (event.order->id == order_id(3)) return ports::Processed{order::Money::of_cents(1), "a currency"};
        return std::nullopt;
    };
    std::vector<Caller> callers;
    for (int i = 1; i <= 9; ++i) callers.push_back(world.submit(create(i)));
    world.write();
    world.work();
    for (int i = 1; i <= 9; ++i) {
        EXPECT_EQ(world.row(i)->status, i == 3 ? Status::failed : Status::done) << i;
        EXPECT_EQ(callers[static_cast<std::size_t>(i - 1)].result(), i == 3 ? Result::failed : Result::processed) << i;
    }
    EXPECT_THAT(callers[2].outcome().reason, HasSubstr("CHECK"));
}

TEST(Worker, AnOrderWhoseEndTheStoreTakesInNoWayGoesToTheDeadLetters) {
    World world;
    world.store(create(1), 0ms);
    world.store(create(2), 0ms);
    world.faults().reject(order_id(1));
    world.work();
    ASSERT_THAT(world.bus().dead_letters, SizeIs(1));
    EXPECT_EQ(world.bus().dead_letters[0].first.order->id, order_id(1));
    EXPECT_EQ(world.bus().dead_letters[0].second, "told to fail");
    EXPECT_EQ(world.row(2)->status, Status::done);
    EXPECT_EQ(world.bus().waiting(), 0U) << "no order stops the others";
}

TEST(Worker, AnEventOfAnUnknownOrderGoesToTheDeadLetters) {
    World world;
    for (const bool status_change : {false, true}) {
        order::Order unknown;
        unknown.id = order_id(99);
        unknown.version = 1;
        unknown.payload = create(99).document.payload;
        ports::Event event;
        event.type = status_change ? order::EventType::deleted : order::EventType::created;
        event.order = std::make_shared<const order::Order>(unknown);
        world.bus().deliver_again(event);
    }
    world.work();
    world.store(create(1), 0ms);
    world.work();
    ASSERT_THAT(world.bus().dead_letters, SizeIs(1)) << "the second was the same version again";
    EXPECT_EQ(world.bus().dead_letters[0].second, "unknown order");
    EXPECT_EQ(world.row(1)->status, Status::done);
}

TEST(Worker, WhileTheStoreIsAwayItInsistsAndThenGoesOn) {
    for (const Call step : {Call::begin, Call::complete}) {
        for (const StoreFault fault : {StoreFault::unavailable, StoreFault::conflict, StoreFault::fate_unknown}) {
            World world;
            const Caller caller = world.store(create(1));
            world.faults().fail(step, fault, 7);
            world.work();
            EXPECT_EQ(caller.result(), Result::processed);
            EXPECT_EQ(world.faults().calls(step), 8);
            EXPECT_GT(world.clock.slept(), 5s) << "with longer and longer pauses";
            EXPECT_LT(world.clock.slept(), 20s);
            EXPECT_THAT(world.processor.seen, SizeIs(1));
        }
    }
}

TEST(Worker, AnEndWrittenWithoutAnAnswerIsWrittenOnce) {
    World world;
    const Caller caller = world.store(create(1));
    world.faults().lose_the_answer(Call::complete);
    world.work();
    EXPECT_EQ(caller.result(), Result::processed);
    EXPECT_THAT(world.bus().acks, SizeIs(1));
    EXPECT_EQ(world.bus().acks[0].status, AckStatus::created);
    EXPECT_THAT(world.bus().announcements, SizeIs(1)) << "it cannot know whether it was said";
}

TEST(Worker, WhatTheBusWillNotSendIsSentAgainBeforeDone) {
    World world;
    const Caller caller = world.store(create(1));
    world.bus().sends_to_refuse = 3;
    world.work();
    EXPECT_EQ(caller.result(), Result::processed);
    EXPECT_EQ(world.bus().waiting(), 0U);
    EXPECT_GT(world.clock.slept(), 0ms);
}

TEST(Worker, WhenItStopsInTheMiddleTheBatchIsDeliveredAgain) {
    for (const Call step : {Call::begin, Call::complete}) {
        World world;
        const Caller caller = world.store(create(1, 300));
        world.faults().fail(step, StoreFault::unavailable, 1000);
        world.clock.on_sleep([&] { world.worker().stop(); });
        world.work();
        EXPECT_FALSE(caller.answered());
        EXPECT_EQ(world.bus().waiting(), 1U);
        EXPECT_THAT(world.bus().acks, IsEmpty());
        world.restart();
        world.keep_house();
        world.run();
        EXPECT_EQ(world.row(1)->status, Status::done);
        EXPECT_EQ(world.row(1)->total_amount.cents(), 300);
    }
}

TEST(Worker, WhenItStopsBeforeItsAcksAreOutTheNextOneSendsThem) {
    World world;
    const Caller caller = world.store(create(1));
    world.bus().sends_to_refuse = 1000;
    world.clock.on_sleep([&] { world.worker().stop(); });
    world.work();
    EXPECT_EQ(world.row(1)->status, Status::done);
    EXPECT_FALSE(caller.answered());
    EXPECT_EQ(world.bus().waiting(), 1U);
    world.bus().sends_to_refuse = 0;
    world.replace_worker();
    world.work();
    EXPECT_EQ(caller.result(), Result::processed);
    EXPECT_THAT(world.bus().announcements, SizeIs(1));
    EXPECT_THAT(world.processor.seen, SizeIs(1));
}

TEST(Worker, AWorkerThatIsToldToStopFinishesTheBatchInHand) {
    World world;
    const Caller caller = world.store(create(1));
    world.processor.meanwhile = [&] { world.worker().stop(); };
    world.worker().run();
    EXPECT_EQ(caller.result(), Result::processed);
    EXPECT_EQ(world.bus().waiting(), 0U);
}

TEST(Worker, ABatchHoldsNoMoreThanItIsTold) {
    World world(worker_told({.batch_events = 4}));
    for (int i = 1; i <= 10; ++i) world.store(create(i), 0ms);
    while (world.work()) {
    }
    EXPECT_THAT(world.faults().sizes(Call::begin), ElementsAre(4));
    EXPECT_THAT(world.faults().sizes(Call::complete), ElementsAre(4 + 4, 4 + 2, 2))
        << "the ends of a batch go in with the beginnings of the next";
}

TEST(Worker, EndsThatHaveNoBeginningsToGoInWithDoNotWait) {
    World world(worker_told({.mark_processing = false, .batch_events = 4}));
    for (int i = 1; i <= 6; ++i) world.store(create(i), 0ms);
    while (world.work()) {
    }
    EXPECT_THAT(world.faults().sizes(Call::complete), ElementsAre(4, 2));
}

TEST(Worker, OneThatIsRefusedLeavesTheOthersOfBothBatchesAlone) {
    World world(worker_told({.batch_events = 2}));
    for (int i = 1; i <= 4; ++i) world.store(create(i), 0ms);
    world.faults().reject(order_id(2));
    while (world.work()) {
    }
    for (const int other : {1, 3, 4}) EXPECT_EQ(world.row(other)->status, Status::done);
    ASSERT_THAT(world.bus().dead_letters, SizeIs(1));
    EXPECT_EQ(world.row(2)->status, Status::processing) << "which the store let it write";
}

}  // namespace
}  // namespace orderstream::pipeline::testing
