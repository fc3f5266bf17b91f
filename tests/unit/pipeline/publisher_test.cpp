#include <gmock/gmock.h>

#include "order/limits.h"
#include "unit/pipeline/support/world.h"

namespace orderstream::pipeline::testing {
namespace {

namespace limits = order::limits;
using order::EventType;
using ports::StoreFault;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A bus that holds so many events at once.
World::Setup small_bus(std::size_t events) {
    World::Setup setup;
    setup.bus.events_max = events;
    return setup;
}

std::vector<int> published_cents(World& world) {
    std::vector<int> cents;
    for (const ports::Event& event : world.bus().published) {
        cents.push_back(static_cast<int>(event.order->total_amount.cents()));
    }
    return cents;
}

void expect_each_published_once(World& world, std::size_t count) {
    const auto times = world.bus().times_published();
    EXPECT_EQ(times.size(), count);
    for (const auto& [event, number] : times) EXPECT_EQ(number, 1) << to_string(event.first) << " v" << event.second;
}

TEST(Publisher, AnEventIsTheOrderAsTheChangeLeftIt) {
    World world;
    world.submit(create(1, 100));
    world.submit(replace(1, 200));
    world.submit(remove(1));
    world.write();
    ASSERT_THAT(world.bus().published, SizeIs(3));
    const auto& [created, updated, deleted] =
        std::tie(world.bus().published[0], world.bus().published[1], world.bus().published[2]);
    EXPECT_EQ(created.type, EventType::created);
    EXPECT_EQ(created.order->version, 1);
    EXPECT_EQ(created.order->status, order::Status::new_);
    EXPECT_EQ(*created.order->payload, *create(1, 100).document.payload);
    EXPECT_EQ(created.request_id, "request-1");
    EXPECT_EQ(created.traceparent, "trace-1");
    EXPECT_EQ(created.event_id, order::event_id_for(order_id(1), 1, "order.created"));
    EXPECT_EQ(updated.type, EventType::updated);
    EXPECT_EQ(updated.order->version, 2);
    EXPECT_EQ(*updated.order->payload, *replace(1, 200).document.payload);
    EXPECT_EQ(deleted.type, EventType::deleted);
    EXPECT_EQ(deleted.order->status, order::Status::deleted);
    EXPECT_EQ(*deleted.order->payload, *replace(1, 200).document.payload) << "the event carries the document";
}

TEST(Publisher, AChangeThatChangedNothingPublishesNothingAndLeavesNoNote) {
    World world;
    world.store(replace(1, 100), 0ms);
    EXPECT_THAT(world.bus().published, IsEmpty());
    EXPECT_THAT(world.notes(), IsEmpty());
}

TEST(Publisher, ASettledNoteGoesWithTheNextBatch) {
    World world;
    world.store(create(1), 0ms);
    EXPECT_THAT(world.notes(), SizeIs(1));
    world.store(create(2), 0ms);
    EXPECT_THAT(world.notes(), SizeIs(2)) << "the worker has not done the first yet";
    world.work();
    world.store(create(3), 0ms);
    EXPECT_THAT(world.notes(), SizeIs(1));
    EXPECT_EQ(world.faults().calls(Call::delete_notes), 0);
}

TEST(Publisher, ASettledNoteGoesWithinASecondWhenIdle) {
    World world;
    world.store(create(1), 0ms);
    world.work();
    world.keep_house();
    world.pass(limits::note_idle_wait - 1ms);
    world.keep_house();
    EXPECT_THAT(world.notes(), SizeIs(1));
    world.pass(1ms);
    world.keep_house();
    EXPECT_THAT(world.notes(), IsEmpty());
    world.keep_house();
    EXPECT_EQ(world.faults().calls(Call::delete_notes), 1);
}

TEST(Publisher, ANoteThatCouldNotBeDeletedIsDeletedLater) {
    World world;
    world.store(create(1), 0ms);
    world.work();
    world.keep_house();
    world.faults().fail(Call::delete_notes, StoreFault::unavailable);
    world.pass(1s);
    world.keep_house();
    EXPECT_THAT(world.notes(), SizeIs(1));
    world.pass(1s);
    world.keep_house();
    EXPECT_THAT(world.notes(), IsEmpty());
    expect_each_published_once(world, 1);
}

TEST(Publisher, AnOrderlyEndLeavesNoSettledNotes) {
    World world;
    world.store(create(1), 0ms);
    world.work();
    world.publisher().finish();
    EXPECT_THAT(world.notes(), IsEmpty());
}

TEST(Publisher, WhatAFullBusRefusesStaysInItsNoteUntilThereIsRoom) {
    World world(small_bus(2));
    for (int i = 1; i <= 5; ++i) world.store(create(i, i), 0ms);
    EXPECT_THAT(published_cents(world), ElementsAre(1, 2));
    EXPECT_THAT(world.notes(), SizeIs(5));
    world.keep_house();
    EXPECT_THAT(published_cents(world), ElementsAre(1, 2)) << "it is still full";
    world.work();
    world.keep_house();
    EXPECT_THAT(published_cents(world), ElementsAre(1, 2, 3, 4)) << "oldest first";
    world.work();
    world.keep_house();
    world.work();
    expect_each_published_once(world, 5);
    for (int i = 1; i <= 5; ++i) EXPECT_EQ(world.row(i)->status, order::Status::done) << i;
    world.let_notes_go();
    EXPECT_THAT(world.notes(), IsEmpty());
}

TEST(Publisher, ItsOwnNotesNeedNoReceiptOnceTheyAreSafe) {
    World world(small_bus(1));
    world.store(create(1), 0ms);
    world.store(create(2), 0ms);
    const ports::NoteId left_behind = world.notes().back().id;
    world.work();
    world.keep_house();
    world.work();
    world.let_notes_go();
    EXPECT_FALSE(world.has_receipt(left_behind)) << "nobody asks for it: the writer knows";
}

TEST(Publisher, AFullBusIsNotAskedAgainAndAgain) {
    World world(small_bus(1));
    world.store(create(1), 0ms);
    world.store(create(2), 0ms);
    for (int i = 0; i < 50; ++i) {
        world.keep_house();
        world.pass(10ms);
    }
    EXPECT_LE(world.faults().calls(Call::open_notes), 2);
    world.work();
    world.keep_house();
    EXPECT_EQ(world.bus().published.size(), 2U) << "but as soon as it has room";
}

TEST(Publisher, WhileBehindNewNotesWaitTheirTurn) {
    World world(small_bus(2));
    for (int i = 1; i <= 3; ++i) world.store(create(i, i), 0ms);
    world.work();  // there is room again, but nobody has looked into the notes yet
    world.store(create(4, 4), 0ms);
    EXPECT_THAT(published_cents(world), ElementsAre(1, 2));
    world.keep_house();
    EXPECT_THAT(published_cents(world), ElementsAre(1, 2, 3, 4));
    world.work();
    world.keep_house();
    world.store(create(5, 5), 0ms);
    EXPECT_THAT(published_cents(world), ElementsAre(1, 2, 3, 4, 5)) << "no longer behind: at once";
}

TEST(Publisher, ManyNotesAreReadPageByPage) {
    World world(small_bus(1));
    const int count = static_cast<int>(limits::notes_read_max) * 2 + 10;
    for (int i = 1; i <= count; ++i) world.store(create(i, i), 0ms);
    for (int i = 1; i <= count; ++i) {
        world.work();
        world.keep_house();
    }
    world.work();
    expect_each_published_once(world, static_cast<std::size_t>(count));
    const std::vector<int> order = published_cents(world);
    EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(Publisher, ALookGoesOnWhereTheLastOneStopped) {
    World world;
    const auto leave_behind = [&](int number) {
        world.bus().away = true;
        world.store(create(number), 0ms);
        world.bus().away = false;
    };
    for (int i = 1; i <= 130; ++i) world.store(create(i), 0ms);
    leave_behind(131);
    world.keep_house();
    const int calls = world.faults().calls(Call::open_notes);
    world.store(create(132), 0ms);  // straight to the bus
    leave_behind(133);
    world.keep_house();
    EXPECT_EQ(world.faults().calls(Call::open_notes), calls + 1) << "not over all the notes in flight again";
    expect_each_published_once(world, 133);
}

TEST(Publisher, ANoteWhoseBatchIsStillInTheWritersHandIsLeftToIt) {
    World world;
    world.bus().away = true;
    world.store(create(1), 0ms);
    world.bus().away = false;
    // Stored, but its callers are not registered yet: its event must not go out before them.
    const Caller caller = world.submit(create(2));
    world.faults().after(Call::apply, [&] { world.publisher().keep_house(); });
    world.write();
    world.faults().after(Call::apply, [] {});
    expect_each_published_once(world, 2);
    world.work();
    EXPECT_EQ(caller.result(), Result::processed);
}

TEST(Publisher, ANoteThatSettlesDuringALookIsNotPublishedAgain) {
    World world(small_bus(2));
    world.store(create(1, 1), 0ms);
    world.store(create(2, 2), 0ms);
    world.store(create(3, 3), 0ms);  // refused: behind
    world.pass(2s);
    int looks = 0;
    world.faults().after(Call::open_notes, [&] {
        if (++looks > 1) return;
        // The notes of 1, 2 and 3 are in the look's hand. Now 1 and 2 are done, and two batches let them go.
        world.work();
        world.store(create(4, 4), 0ms);
        world.store(create(5, 5), 0ms);
    });
    world.keep_house();
    world.faults().after(Call::open_notes, [] {});
    for (int i = 0; i < 5; ++i) {
        world.work();
        world.keep_house();
    }
    expect_each_published_once(world, 5);
}

TEST(Publisher, ABusThatIsBackGetsWhatIsStillTheRowsVersion) {
    World world;
    world.bus().away = true;
    world.store(create(1, 100), 0ms);
    world.store(replace(1, 200), 0ms);
    world.store(create(2, 100), 0ms);
    world.store(remove(2), 0ms);
    world.store(create(3, 300), 0ms);
    world.keep_house();
    EXPECT_EQ(world.faults().calls(Call::open_notes), 0) << "while it is away, nothing is read for it";
    world.bus().away = false;
    world.keep_house();
    EXPECT_THAT(world.bus().times_published(),
                ElementsAre(std::pair(std::pair(order_id(1), 2), 1), std::pair(std::pair(order_id(2), 2), 1),
                            std::pair(std::pair(order_id(3), 1), 1)));
    EXPECT_EQ(world.bus().published[0].type, EventType::updated);
    EXPECT_EQ(world.bus().published[1].type, EventType::deleted);
    EXPECT_EQ(world.bus().published[2].type, EventType::created);
    world.work();
    world.let_notes_go();
    EXPECT_THAT(world.notes(), IsEmpty()) << "a note of which nothing was left to publish goes too";
}

TEST(Publisher, WhatTimedOutInTheProducerIsPublishedAgain) {
    World world;
    world.bus().publishes_to_lose = 1;
    world.store(create(1), 0ms);
    world.store(create(2), 0ms);
    EXPECT_THAT(world.bus().published, IsEmpty()) << "the second waits its turn";
    world.keep_house();
    expect_each_published_once(world, 2);
    world.work();
    world.let_notes_go();
    EXPECT_THAT(world.notes(), IsEmpty());
}

TEST(Publisher, NothingIsPublishedTwiceOnSuspicion) {
    World world;
    for (int i = 1; i <= 10; ++i) world.store(create(i), 0ms);
    world.bus().publishes_to_lose = 1;
    world.store(create(11), 0ms);
    for (int i = 0; i < 100; ++i) {
        world.pass(1s);
        world.keep_house();
    }
    expect_each_published_once(world, 11);
    EXPECT_EQ(world.bus().waiting(), 11U) << "though nobody has worked on them for minutes";
}

TEST(Publisher, ALookThatTheStoreStopsGoesOnLater) {
    World world;
    world.bus().away = true;
    for (int i = 1; i <= 3; ++i) world.store(create(i, i), 0ms);
    world.bus().away = false;
    world.faults().fail(Call::open_notes, StoreFault::unavailable);
    world.keep_house();
    EXPECT_THAT(world.bus().published, IsEmpty());
    int fetches = 0;
    world.faults().before(Call::fetch, [&] {
        if (++fetches == 2) world.faults().fail(Call::fetch, StoreFault::unavailable);
    });
    world.keep_house();
    EXPECT_THAT(published_cents(world), ElementsAre(1));
    world.keep_house();
    EXPECT_THAT(published_cents(world), ElementsAre(1, 2, 3));
}

TEST(Publisher, ADeadSessionsNotesAreAdoptedAndPublished) {
    World world;
    world.bus().away = true;
    world.store(create(1, 100), 0ms);
    world.store(replace(1, 200), 0ms);
    world.store(create(2, 100), 0ms);
    world.store(set_status(2, order::Status::cancelled), 0ms);
    const std::vector<ports::Note> left = world.notes();
    ASSERT_THAT(left, SizeIs(4));
    world.restart();
    EXPECT_THAT(world.notes(), IsEmpty()) << "they are nobody's yet";
    world.keep_house();
    EXPECT_THAT(world.bus().times_published(),
                ElementsAre(std::pair(std::pair(order_id(1), 2), 1), std::pair(std::pair(order_id(2), 2), 1)));
    EXPECT_EQ(world.bus().published[0].type, EventType::updated);
    EXPECT_EQ(world.bus().published[0].event_id, order::event_id_for(order_id(1), 2, "order.updated"));
    EXPECT_EQ(*world.bus().published[0].order->payload, *replace(1, 200).document.payload);
    EXPECT_EQ(world.bus().published[1].type, EventType::cancelled);
    world.work();
    world.keep_house();
    EXPECT_THAT(world.notes(), IsEmpty());
    for (const ports::Note& note : left) EXPECT_TRUE(world.has_receipt(note.id)) << "whoever wrote it may still ask";
    world.restart();
    world.keep_house();
    EXPECT_THAT(world.bus().published, IsEmpty()) << "a receipt is not published again";
}

TEST(Publisher, ReceiptsGoAfterAnHour) {
    World world;
    world.bus().away = true;
    world.store(create(1), 0ms);
    const ports::NoteId note = world.notes()[0].id;
    world.restart();
    world.keep_house();
    world.work();
    world.keep_house();
    world.pass(limits::receipt_age - 1s);
    world.keep_house();
    EXPECT_TRUE(world.has_receipt(note));
    world.pass(2min);
    world.keep_house();
    EXPECT_FALSE(world.has_receipt(note));
}

TEST(Publisher, AReceiptThatCouldNotBeMarkedIsMarkedLater) {
    World world;
    world.bus().away = true;
    world.store(create(1), 0ms);
    world.restart();
    world.keep_house();
    world.work();
    world.faults().fail(Call::mark_published, StoreFault::unavailable, 1);
    world.keep_house();
    EXPECT_THAT(world.notes(), SizeIs(1));
    world.keep_house();
    EXPECT_THAT(world.notes(), IsEmpty());
    expect_each_published_once(world, 1);
}

TEST(Publisher, SessionsThatAreGoneAreLookedForEverySecond) {
    World world;
    world.keep_house();
    const int at_first = world.faults().calls(Call::adopt_notes);
    EXPECT_EQ(at_first, 1);
    for (int i = 0; i < 100; ++i) {
        world.pass(20ms);
        world.keep_house();
    }
    EXPECT_EQ(world.faults().calls(Call::adopt_notes), 3);
}

TEST(Publisher, ALoneStoredOrderSurvivesTheProcess) {
    World world;
    world.store(create(1, 4999), 0ms);  // stored and published, and the process dies before the worker begins
    world.restart();
    world.keep_house();
    world.run();
    EXPECT_EQ(world.row(1)->status, order::Status::done);
    EXPECT_EQ(world.row(1)->total_amount.cents(), 4999);
}

}  // namespace
}  // namespace orderstream::pipeline::testing
