#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "unit/pipeline/support/world.h"

namespace orderstream::pipeline::testing {
namespace {

using ::testing::ElementsAre;

void make_done(World& world, int number, int cents = 100) {
    world.store(create(number, cents), 0ms);
    world.work();
}

int version_of(const Reader& reader) {
    const auto answer = reader.answer();
    return answer && *answer ? (*answer)->version : 0;
}

TEST(Reads, AnOrderIsReadFromTheStoreThenFromTheCache) {
    World world;
    make_done(world, 1);
    EXPECT_EQ(world.orders().peek(order_id(1)), nullptr);
    const Reader first = world.get(1);
    EXPECT_FALSE(first.answered());
    EXPECT_TRUE(world.read());
    ASSERT_TRUE(first.answer());
    EXPECT_EQ((*first.answer())->status, order::Status::done);
    EXPECT_NE((*first.answer())->payload, nullptr);
    ASSERT_NE(world.orders().peek(order_id(1)), nullptr);
    const Reader second = world.get(1);
    world.read();
    EXPECT_EQ(version_of(second), 1);
    EXPECT_EQ(world.faults().calls(Call::fetch), 1);
    EXPECT_FALSE(world.read());
}

TEST(Reads, AnUnknownOrderIsNullAndNoFault) {
    World world;
    const Reader reader = world.get(7);
    world.read();
    ASSERT_TRUE(reader.answer());
    EXPECT_EQ(*reader.answer(), nullptr);
}

TEST(Reads, AnOrderThatAWorkerStillHasIsNotKept) {
    World world;
    world.store(create(1), 0ms);
    const Reader reader = world.get(1);
    world.read();
    EXPECT_EQ(version_of(reader), 1);
    EXPECT_EQ(world.orders().peek(order_id(1)), nullptr);
}

TEST(Reads, AllThatWaitIsOneLookUpAndReadsOfOneOrderAreJoined) {
    World world;
    make_done(world, 1);
    make_done(world, 2);
    std::vector<Reader> readers;
    for (int i = 0; i < 20; ++i) readers.push_back(world.get(i % 2 + 1));
    world.read();
    EXPECT_THAT(world.faults().sizes(Call::fetch), ElementsAre(2));
    for (const Reader& reader : readers) EXPECT_EQ(version_of(reader), 1);
}

TEST(Reads, AReadUnderWayTakesJoiners) {
    World world;
    make_done(world, 1);
    const Reader first = world.get(1);
    Reader joined;
    world.faults().before(Call::fetch, [&] { joined = world.get(1); });
    world.read();
    EXPECT_EQ(version_of(first), 1);
    EXPECT_EQ(version_of(joined), 1);
    EXPECT_EQ(world.faults().calls(Call::fetch), 1);
    EXPECT_FALSE(world.read());
}

TEST(Reads, AReadUnderWayWhenItsOrderChangesFillsNothingAndTakesNoJoiners) {
    World world;
    make_done(world, 1);
    const Reader before = world.get(1);
    Reader after;
    world.faults().after(Call::fetch, [&] {
        world.faults().after(Call::fetch, [] {});
        // The old row is in the reader's hand. The change is stored, done and answered; then somebody else reads.
        const Caller caller = world.store(replace(1, 200));
        world.work();
        ASSERT_EQ(caller.result(), Result::processed);
        after = world.get(1);
        EXPECT_FALSE(after.answered());
    });
    world.read();
    EXPECT_EQ(version_of(before), 1) << "it began before the change was answered";
    EXPECT_FALSE(after.answered());
    EXPECT_EQ(world.orders().peek(order_id(1)), nullptr);
    world.read();
    EXPECT_EQ(version_of(after), 2);
    EXPECT_EQ(world.orders().peek(order_id(1))->version, 2);
}

TEST(Reads, AnAckVoidsReadsUnderWayToo) {
    World world;
    world.store(create(1), 0ms);
    Reader after;
    world.get(1);
    world.faults().after(Call::fetch, [&] {
        world.faults().after(Call::fetch, [] {});
        world.work();
        after = world.get(1);
    });
    world.read();
    EXPECT_FALSE(after.answered());
    world.read();
    EXPECT_EQ((*after.answer())->status, order::Status::done);
}

TEST(Reads, AReadThatMetTheCacheBeforeItWasToldTakesNobodyInAfterwards) {
    World world;
    make_done(world, 1);
    world.get(1);
    world.read();
    ASSERT_NE(world.orders().peek(order_id(1)), nullptr);
    // The change is stored. Before the cache hears of it, a reader finds the old entry and stops there.
    Reader early;
    std::promise<void> found;
    std::promise<void> go_on;
    std::thread reader;
    world.cache().after_get = [&] {
        found.set_value();
        go_on.get_future().wait();
    };
    world.cache().before_advance = [&] {
        early = world.get(1);
        reader = std::thread([&] { world.read(); });
        found.get_future().wait();
    };
    const Caller caller = world.store(replace(1, 200), 0ms);
    ASSERT_EQ(caller.result(), Result::stored);
    const Reader late = world.get(1);
    go_on.set_value();
    reader.join();
    world.cache().after_get = {};
    EXPECT_EQ(version_of(early), 1) << "it began before the change was answered";
    EXPECT_FALSE(late.answered()) << "it began afterwards";
    world.read();
    EXPECT_EQ(version_of(late), 2);
}

TEST(Reads, PastACacheThatCouldNotBeToldForASecond) {
    World world;
    make_done(world, 1);
    world.get(1);
    world.read();
    world.cache().untold = true;
    world.store(replace(1, 200), 0ms);
    world.cache().untold = false;
    const int before = world.faults().calls(Call::fetch);
    const Reader reader = world.get(1);
    world.read();
    EXPECT_EQ(version_of(reader), 2) << "the cache still has version 1";
    EXPECT_EQ(world.faults().calls(Call::fetch), before + 1);
    world.pass(999ms);
    const Reader again = world.get(1);
    world.read();
    EXPECT_EQ(version_of(again), 2);
    EXPECT_EQ(world.faults().calls(Call::fetch), before + 2);
    world.pass(1ms);
    world.get(1);
    world.read();
    EXPECT_EQ(world.faults().calls(Call::fetch), before + 2) << "then the cache is asked again";
}

TEST(Reads, AChangeThatTheCacheCouldNotBeToldVoidsReadsUnderWay) {
    World world;
    make_done(world, 1);
    world.get(1);
    world.read();
    const Reader before = world.get(1);  // will meet the old entry
    Reader after;
    world.cache().before_get = [&] {
        world.cache().before_get = {};
        world.cache().untold = true;
        world.store(replace(1, 200), 0ms);
        world.cache().untold = false;
        after = world.get(1);
    };
    world.read();
    EXPECT_EQ(version_of(before), 1);
    EXPECT_FALSE(after.answered());
    world.read();
    EXPECT_EQ(version_of(after), 2);
}

TEST(Reads, AReadUnderWayBringsNothingOldToACacheThatCouldNotBeTold) {
    World world;
    make_done(world, 1);
    world.get(1);
    world.faults().after(Call::fetch, [&] {
        world.faults().after(Call::fetch, [] {});
        world.cache().untold = true;
        world.store(replace(1, 200), 0ms);
        world.cache().untold = false;
    });
    world.read();
    EXPECT_EQ(world.orders().peek(order_id(1)), nullptr);
}

TEST(Reads, WhileTheStoreIsAwayOnlyTheCacheAnswers) {
    World world;
    make_done(world, 1);
    make_done(world, 2);
    world.get(1);
    world.read();
    world.faults().set_away(true);
    const Reader cached = world.get(1);
    const Reader missing = world.get(2);
    const Reader external = world.find_by_external("x");
    world.read();
    EXPECT_EQ(version_of(cached), 1);
    EXPECT_EQ(missing.answer().error(), ReadFault::unavailable);
    EXPECT_EQ(external.answer().error(), ReadFault::unavailable);
    world.faults().set_away(false);
    const Reader again = world.get(2);
    world.read();
    EXPECT_EQ(version_of(again), 1);
}

TEST(Reads, TooManyWhoWaitAreOverloadAndPlacesComeBack) {
    World::Setup setup;
    setup.reads_waiting = 3;
    World world(setup);
    make_done(world, 1);
    const Reader first = world.get(1);
    const Reader joined = world.get(1);
    const Reader external = world.find_by_external("x");
    EXPECT_EQ(world.get(1).answer().error(), ReadFault::overloaded);
    EXPECT_EQ(world.get(2).answer().error(), ReadFault::overloaded);
    EXPECT_EQ(world.find_by_external("x").answer().error(), ReadFault::overloaded);
    world.read();
    EXPECT_EQ(version_of(first), 1);
    EXPECT_EQ(version_of(joined), 1);
    EXPECT_TRUE(external.answered());
    EXPECT_FALSE(world.get(1).answered());
    EXPECT_FALSE(world.get(1).answered());
    EXPECT_FALSE(world.find_by_external("x").answered());
}

TEST(Reads, OnceClosedNothingMoreIsReadAndWhatWaitsIsAnswered) {
    World world;
    make_done(world, 1);
    const Reader before = world.get(1);
    world.reads().close();
    EXPECT_EQ(world.get(1).answer().error(), ReadFault::unavailable);
    EXPECT_EQ(world.find_by_external("x").answer().error(), ReadFault::unavailable);
    world.reads().run();
    EXPECT_EQ(version_of(before), 1);
}

TEST(Reads, TheNewestOrderWithAnExternalId) {
    World world;
    for (int i = 1; i <= 3; ++i) {
        order::Change change = create(i);
        change.document.external_id = "their-1";
        world.store(change, 0ms);
        world.pass(1s);
    }
    world.store(remove(3), 0ms);
    const Reader known = world.find_by_external("their-1");
    const Reader unknown = world.find_by_external("their-2");
    world.read();
    EXPECT_EQ((*known.answer())->id, order_id(2)) << "the deleted one is not shown";
    EXPECT_EQ(*unknown.answer(), nullptr);
    EXPECT_THAT(world.faults().sizes(Call::find_by_external), ElementsAre(2));
}

TEST(Reads, AReadBegunAfterAnAnswerSeesItWhateverTheCacheHeld) {
    World world;
    make_done(world, 1);
    for (int version = 2; version <= 20; ++version) {
        world.get(1);
        world.read();
        const Caller caller = world.store(replace(1, version));
        if (version % 2 == 0) world.work();
        const Reader reader = world.get(1);
        world.read();
        EXPECT_EQ(version_of(reader), version);
        EXPECT_EQ(caller.answered(), version % 2 == 0);
    }
}

}  // namespace
}  // namespace orderstream::pipeline::testing
