#include <gmock/gmock.h>

#include <thread>

#include "order/limits.h"
#include "unit/pipeline/support/world.h"

namespace orderstream::pipeline::testing {
namespace {

namespace limits = order::limits;
using ::testing::Each;
using ::testing::ElementsAre;

Intake::Limits roomy() {
    return {.queue_orders = 100, .queue_bytes = 1'000'000, .waiters = 100, .batch_orders = 50, .batch_bytes = 500'000};
}

World::Setup with(Intake::Limits limits) { return {.limits = limits}; }

Intake::Limits gathering(bool overlapping = false) {
    Intake::Limits limits = roomy();
    limits.gathering = 1h;  // nobody moves the clock so far: it ends by what happens
    limits.overlapping = overlapping;
    return limits;
}

/// The writer's thread; ends with the queue empty.
class Writer {
  public:
    explicit Writer(World& world) : world_(world), thread_([&world] { world.intake().run(); }) {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() { end(); }

    void end() {
        if (!thread_.joinable()) return;
        world_.intake().close();
        thread_.join();
    }

  private:
    World& world_;
    std::thread thread_;
};

void await(const std::function<bool()>& condition) {
    while (!condition()) std::this_thread::yield();
}

std::vector<Caller> submit_many(World& world, int first, int count, std::chrono::milliseconds wait = 30s) {
    std::vector<Caller> callers;
    for (int i = first; i < first + count; ++i) callers.push_back(world.submit(create(i), wait));
    return callers;
}

std::vector<Result> results(const std::vector<Caller>& callers) {
    std::vector<Result> all;
    for (const Caller& caller : callers) all.push_back(caller.result());
    return all;
}

TEST(Intake, AllThatWaitsGoesInOneBatch) {
    World world;
    const auto callers = submit_many(world, 1, 20);
    EXPECT_EQ(world.intake().queued(), 20U);
    EXPECT_TRUE(world.write());
    EXPECT_THAT(world.faults().sizes(Call::apply), ElementsAre(20));
    EXPECT_FALSE(world.write());
    world.work();
    EXPECT_THAT(results(callers), Each(Result::processed));
}

TEST(Intake, ALoneChangeGoesAtOnce) {
    World world;
    const Caller caller = world.store(create(1), 0ms);
    EXPECT_EQ(caller.result(), Result::stored);
    EXPECT_EQ(caller.outcome().version, 1);
    EXPECT_EQ(world.clock.slept(), 0ms);
}

TEST(Intake, ABatchIsCutByItsNumberOfOrders) {
    Intake::Limits limits = roomy();
    limits.batch_orders = 8;
    World world(with(limits));
    submit_many(world, 1, 20);
    while (world.write()) {
    }
    EXPECT_THAT(world.faults().sizes(Call::apply), ElementsAre(8, 8, 4));
}

TEST(Intake, ABatchIsCutByItsBytes) {
    Intake::Limits limits = roomy();
    limits.batch_bytes = 3 * create(1).bytes();
    World world(with(limits));
    submit_many(world, 1, 7);
    while (world.write()) {
    }
    EXPECT_THAT(world.faults().sizes(Call::apply), ElementsAre(3, 3, 1));
}

TEST(Intake, AChangeLargerThanABatchGoesAlone) {
    Intake::Limits limits = roomy();
    limits.batch_bytes = 10;
    World world(with(limits));
    const auto callers = submit_many(world, 1, 2, 0ms);
    while (world.write()) {
    }
    EXPECT_THAT(world.faults().sizes(Call::apply), ElementsAre(1, 1));
    EXPECT_THAT(results(callers), Each(Result::stored));
}

TEST(Intake, TooManyOrdersAreOverloadAndPlacesComeBack) {
    Intake::Limits limits = roomy();
    limits.queue_orders = 3;
    World world(with(limits));
    const auto taken = submit_many(world, 1, 3, 0ms);
    const Caller refused = world.submit(create(4), 0ms);
    EXPECT_EQ(refused.result(), Result::overloaded);
    EXPECT_EQ(refused.outcome().order_id, order_id(4));
    world.write();
    EXPECT_THAT(results(taken), Each(Result::stored));
    EXPECT_FALSE(world.submit(create(5), 0ms).answered());
    EXPECT_EQ(world.row(4), nullptr) << "nothing was accepted";
}

TEST(Intake, TooManyBytesAreOverloadAndPlacesComeBack) {
    Intake::Limits limits = roomy();
    limits.queue_bytes = 2 * create(1).bytes() + 1;
    World world(with(limits));
    submit_many(world, 1, 2);
    EXPECT_EQ(world.submit(create(3)).result(), Result::overloaded);
    EXPECT_EQ(world.intake().queued(), 2U);
    world.write();
    EXPECT_FALSE(world.submit(create(4)).answered());
}

TEST(Intake, TooManyWaitersAreOverloadForThoseWhoWaitOnly) {
    Intake::Limits limits = roomy();
    limits.waiters = 2;
    World world(with(limits));
    const auto waiting = submit_many(world, 1, 2);
    world.write();
    EXPECT_EQ(world.submit(create(3)).result(), Result::overloaded) << "waiting for the worker takes a place too";
    EXPECT_EQ(world.store(create(4), 0ms).result(), Result::stored);
    world.work();
    EXPECT_THAT(results(waiting), Each(Result::processed));
    // The callers still hold their submissions: it is the answer that frees the place.
    EXPECT_FALSE(world.submit(create(5)).answered());
}

TEST(Intake, AnAbandonedChangeIsDroppedBeforeItsBatchIsBuilt) {
    Intake::Limits limits = roomy();
    limits.queue_orders = 2;
    limits.waiters = 2;
    World world(with(limits));
    const Caller gone = world.submit(create(1));
    const Caller here = world.submit(create(2));
    world.orders().abandon(gone.submission);
    world.write();
    world.work();
    EXPECT_EQ(world.row(1), nullptr);
    EXPECT_FALSE(gone.answered());
    EXPECT_EQ(here.result(), Result::processed);
    EXPECT_FALSE(world.submit(create(3)).answered());
    EXPECT_FALSE(world.submit(create(4)).answered());
}

TEST(Intake, AQueueOfAbandonedChangesGivesItsPlacesBackWithoutTheStore) {
    Intake::Limits limits = roomy();
    limits.queue_orders = 2;
    World world(with(limits));
    for (const Caller& caller : submit_many(world, 1, 2)) world.orders().abandon(caller.submission);
    world.keep_time();
    EXPECT_EQ(world.intake().queued(), 0U);
    EXPECT_FALSE(world.submit(create(3)).answered());
}

TEST(Intake, AChangeAbandonedAfterItsBatchIsStoredAndProcessedAllTheSame) {
    World world;
    const Caller gone = world.store(create(1, 700));
    world.orders().abandon(gone.submission);
    EXPECT_EQ(world.waiters().size(), 0U);
    world.work();
    EXPECT_FALSE(gone.answered());
    EXPECT_EQ(world.row(1)->status, order::Status::done);
}

TEST(Intake, AChangeAbandonedWhileItsBatchIsWrittenIsNotWaitedFor) {
    World world;
    const Caller gone = world.submit(create(1));
    world.faults().after(Call::apply, [&] { world.orders().abandon(gone.submission); });
    world.write();
    EXPECT_EQ(world.waiters().size(), 0U);
    world.work();
    EXPECT_FALSE(gone.answered());
}

TEST(Intake, WhatNoBatchTakesWithinTenSecondsIsUnavailable) {
    World world;
    const Caller caller = world.submit(create(1), 0ms);
    const Caller patient = world.submit(create(2), 30s);
    world.pass(limits::queue_wait - 1ms);
    world.keep_time();
    EXPECT_FALSE(caller.answered());
    world.pass(1ms);
    world.keep_time();
    EXPECT_EQ(caller.result(), Result::unavailable);
    EXPECT_EQ(patient.result(), Result::unavailable);
    EXPECT_FALSE(world.write());
    EXPECT_EQ(world.row(1), nullptr);
}

TEST(Intake, ACallersOwnShorterWaitCountsToo) {
    World world;
    const Caller hasty = world.submit(create(1), 2s);
    const Caller patient = world.submit(create(2), 30s);
    world.pass(2s);
    world.keep_time();
    EXPECT_EQ(hasty.result(), Result::unavailable);
    EXPECT_FALSE(patient.answered());
    EXPECT_EQ(world.intake().queued(), 1U);
}

TEST(Intake, OnceClosedItTakesNoMoreAndStillWritesWhatWaits) {
    World world;
    const Caller before = world.submit(create(1), 0ms);
    world.intake().close();
    const Caller after = world.submit(create(2), 0ms);
    EXPECT_EQ(after.result(), Result::unavailable);
    world.intake().run();  // ends by itself: closed and empty
    EXPECT_EQ(before.result(), Result::stored);
    EXPECT_NE(world.row(1), nullptr);
    EXPECT_EQ(world.row(2), nullptr);
}

TEST(Intake, ManyChangesOfOneOrderInOneBatchApplyInOrderWithoutAGap) {
    World world;
    std::vector<Caller> callers{world.submit(create(1, 100))};
    for (int i = 2; i <= 30; ++i) callers.push_back(world.submit(replace(1, 100 * i)));
    world.write();
    EXPECT_EQ(world.faults().calls(Call::apply), 1);
    world.work();
    for (int i = 0; i < 30; ++i) {
        const Outcome outcome = callers[static_cast<std::size_t>(i)].outcome();
        EXPECT_EQ(outcome.result, Result::processed);
        EXPECT_EQ(outcome.version, i + 1);
    }
    const order::OrderPtr row = world.row(1);
    EXPECT_EQ(row->version, 30);
    EXPECT_EQ(row->processed_version, 30);
    EXPECT_EQ(row->total_amount.cents(), 3000);
    EXPECT_EQ(world.processor.seen.size(), 1U) << "only the newest is processed";
}

TEST(Intake, WhileTheWorkerHasTheLastBatchTheNextOneGrows) {
    World world(with(gathering()));
    Writer writer(world);
    world.submit(create(1));
    await([&] { return world.waiters().size() == 1; });
    submit_many(world, 2, 3);
    world.work();
    world.intake().acks_came();
    await([&] { return world.waiters().size() == 3; });
    EXPECT_THAT(world.faults().sizes(Call::apply), ElementsAre(1, 3));
}

TEST(Intake, WhereBatchesOverlapOneGrowsUntilItIsAsLargeAsAllThatIsOnItsWay) {
    World world(with(gathering(true)));
    Writer writer(world);
    for (int i = 1; i <= 2; ++i) {
        world.submit(create(i));
        await([&] { return world.waiters().size() == static_cast<std::size_t>(i); });
    }
    submit_many(world, 3, 2);
    await([&] { return world.waiters().size() == 4; });
    EXPECT_THAT(world.faults().sizes(Call::apply), ElementsAre(1, 1, 2));
}

TEST(Intake, WhereBatchesOverlapAcksLetASmallerOneGo) {
    World world(with(gathering(true)));
    submit_many(world, 1, 3);
    world.write();
    Writer writer(world);
    submit_many(world, 4, 2);
    world.work();
    world.intake().acks_came();
    await([&] { return world.waiters().size() == 2; });
    EXPECT_THAT(world.faults().sizes(Call::apply), ElementsAre(3, 2));
}

TEST(Intake, NoBatchGrowsForThoseWhoseAckIsOverdue) {
    World world(with(gathering()));
    Writer writer(world);
    world.submit(create(1));
    await([&] { return world.waiters().size() == 1; });
    world.pass(limits::first_lookup_after);
    world.keep_house();
    world.submit(create(2));
    await([&] { return world.waiters().size() == 2; });
    EXPECT_THAT(world.faults().sizes(Call::apply), ElementsAre(1, 1));
}

TEST(Intake, ABatchThatNobodyWaitsForKeepsNoneWaiting) {
    World world(with(gathering()));
    Writer writer(world);
    for (int i = 1; i <= 3; ++i) {
        const Caller caller = world.submit(create(i), 0ms);
        await([&] { return caller.submission->over(); });
    }
    EXPECT_THAT(world.faults().sizes(Call::apply), ElementsAre(1, 1, 1));
}

TEST(Intake, AFullBatchWaitsForNoWorker) {
    Intake::Limits limits = gathering();
    limits.batch_orders = 2;
    World world(with(limits));
    Writer writer(world);
    world.submit(create(1));
    await([&] { return world.waiters().size() == 1; });
    submit_many(world, 2, 2);
    await([&] { return world.waiters().size() == 3; });
    EXPECT_THAT(world.faults().sizes(Call::apply), ElementsAre(1, 2));
}

TEST(Intake, AtTheEndNoWorkerIsWaitedFor) {
    World world(with(gathering()));
    Writer writer(world);
    world.submit(create(1));
    await([&] { return world.waiters().size() == 1; });
    world.submit(create(2));
    writer.end();
    EXPECT_EQ(world.waiters().size(), 2U);
}

TEST(Intake, WhileTheBusIsAwayAnOrderIsStoredAndAnsweredAtOnce) {
    World world;
    world.bus().away = true;
    const Caller caller = world.store(create(1));
    EXPECT_EQ(caller.result(), Result::stored);
    EXPECT_EQ(world.waiters().size(), 0U);
    EXPECT_EQ(world.notes().size(), 1U) << "the note is the queue";
}

TEST(Intake, WhenTheBusGoesAwayThoseWhoWaitAreAnsweredToo) {
    World world;
    const Caller caller = world.store(create(1));
    EXPECT_FALSE(caller.answered());
    world.bus().away = true;
    world.keep_time();
    world.keep_house();
    EXPECT_EQ(caller.result(), Result::stored);
}

TEST(Intake, NobodyIsShownAnOrderOlderThanAnAnsweredChange) {
    World world;
    world.store(create(1, 100), 0ms);
    world.work();
    world.get(1);
    world.read();
    ASSERT_NE(world.orders().peek(order_id(1)), nullptr) << "it is in the cache";
    const Caller caller = world.store(replace(1, 200), 0ms);
    ASSERT_EQ(caller.result(), Result::stored);
    EXPECT_EQ(world.orders().peek(order_id(1)), nullptr);
    const Reader reader = world.get(1);
    world.read();
    EXPECT_EQ((*reader.answer())->version, 2);
}

TEST(Intake, NobodyIsShownAnOrderOlderThanARowThatWasInTheWay) {
    World world;
    world.store(create(1), 0ms);
    world.work();
    world.get(1);
    world.read();
    ASSERT_NE(world.orders().peek(order_id(1)), nullptr);
    const order::Change theirs = replace(1, 200);  // through another process
    const order::Change* const batch[] = {&theirs};
    ASSERT_TRUE(world.faults().apply(note_id(1), batch, {}));
    const Outcome outcome = world.store(if_match(1, replace(1, 300))).outcome();
    EXPECT_EQ(outcome.result, Result::version_mismatch);
    EXPECT_EQ(outcome.version, 2);
    EXPECT_EQ(world.orders().peek(order_id(1)), nullptr) << "the answer has told more than this";
}

}  // namespace
}  // namespace orderstream::pipeline::testing
