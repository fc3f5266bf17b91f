#include <gmock/gmock.h>

#include <stdexcept>

#include "order/limits.h"
#include "unit/pipeline/support/world.h"

namespace orderstream::pipeline::testing {
namespace {

namespace limits = order::limits;
using order::Status;
using ports::StoreFault;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// The processor fails for now as often as that, for each order of these numbers.
void fail_for_now(World& world, std::initializer_list<int> numbers, int times) {
    std::map<order::OrderId, int> left;
    for (const int number : numbers) left[order_id(number)] = times;
    world.processor.script = [left](const ports::Event& event) mutable -> std::optional<ports::ProcessingResult> {
        const auto found = left.find(event.order->id);
        if (found == left.end() || found->second-- <= 0) return std::nullopt;
        return ports::FailedForNow{"the till is closed"};
    };
}

TEST(WorkerRetry, AnOrderThatFailsForNowIsDoneLaterAndHoldsNobodyUp) {
    World world;
    fail_for_now(world, {1}, 1);
    const Caller unlucky = world.submit(create(1, 100));
    const Caller other = world.submit(create(2));
    world.write();
    world.work();
    EXPECT_EQ(other.result(), Result::processed);
    EXPECT_FALSE(unlucky.answered());
    EXPECT_EQ(world.row(1)->status, Status::processing);
    EXPECT_EQ(world.bus().waiting(), 0U) << "the offset moves on";
    EXPECT_FALSE(world.work());
    world.pass(200ms);
    EXPECT_TRUE(world.work());
    EXPECT_EQ(unlucky.result(), Result::processed);
    EXPECT_EQ(world.row(1)->status, Status::done);
    EXPECT_EQ(world.row(1)->total_amount.cents(), 100);
    ASSERT_THAT(world.processor.seen, SizeIs(3));
    EXPECT_EQ(world.processor.seen[0].event_id, world.processor.seen[2].event_id) << "a stable id";
    EXPECT_THAT(world.bus().announcements, SizeIs(2));
    world.pass(1h);
    EXPECT_FALSE(world.work()) << "the retry is gone";
}

TEST(WorkerRetry, ThePausesDouble) {
    World world;
    fail_for_now(world, {1}, 100);
    world.store(create(1), 0ms);
    std::vector<std::int64_t> tried_at;
    const MonotonicTime began = world.clock.now();
    for (int i = 0; i < 2000 && world.row(1)->status != Status::failed; ++i) {
        const std::size_t before = world.processor.seen.size();
        world.work();
        if (world.processor.seen.size() > before) {
            tried_at.push_back(
                std::chrono::duration_cast<std::chrono::milliseconds>(world.clock.now() - began).count());
        }
        world.pass(10ms);
    }
    EXPECT_THAT(tried_at, ElementsAre(0, 200, 600, 1400, 3000));
}

TEST(WorkerRetry, WhenItsAttemptsAreExhaustedTheOrderHasFailedWithTheLastError) {
    World world;
    world.processor.script = [&](const ports::Event&) {
        return ports::FailedForNow{"attempt " + std::to_string(world.processor.seen.size())};
    };
    const Caller caller = world.store(create(1), 60s);
    for (int i = 0; i < 100 && !caller.answered(); ++i) {
        world.work();
        world.pass(100ms);
    }
    EXPECT_THAT(world.processor.seen, SizeIs(5));
    EXPECT_EQ(caller.result(), Result::failed);
    EXPECT_EQ(caller.outcome().reason, "attempt 5");
    EXPECT_EQ(world.row(1)->status, Status::failed);
    EXPECT_EQ(world.row(1)->failure_reason, "attempt 5");
    world.pass(1h);
    world.work();
    EXPECT_THAT(world.processor.seen, SizeIs(5));
}

TEST(WorkerRetry, AProcessorThatThrowsHasFailedForNow) {
    World world;
    bool broken = true;
    world.processor.meanwhile = [&] {
        if (broken) throw std::runtime_error("out of paper");
    };
    const Caller caller = world.store(create(1));
    world.work();
    EXPECT_THAT(world.log_text, HasSubstr("out of paper"));
    EXPECT_EQ(world.row(1)->status, Status::processing);
    world.pass(200ms);
    world.processor.meanwhile = [] { throw 42; };
    world.work();
    EXPECT_EQ(world.row(1)->status, Status::processing) << "whatever it throws";
    broken = false;
    world.processor.meanwhile = {};
    world.pass(400ms);
    world.work();
    EXPECT_EQ(caller.result(), Result::processed);
}

TEST(WorkerRetry, ARetryThatIsOvertakenIsDropped) {
    World world;
    fail_for_now(world, {1}, 1);
    world.store(create(1, 100), 0ms);
    world.work();
    world.store(replace(1, 200), 0ms);
    world.work();
    EXPECT_EQ(world.row(1)->status, Status::done);
    world.pass(1s);
    world.work();
    EXPECT_THAT(world.processor.seen, SizeIs(2));
    EXPECT_EQ(world.faults().calls(Call::delete_retries), 1);
    EXPECT_EQ(world.row(1)->total_amount.cents(), 200);
}

TEST(WorkerRetry, ARetryThatIsOvertakenWhileItIsTriedIsDroppedToo) {
    World world;
    fail_for_now(world, {1}, 1);
    world.store(create(1, 100), 0ms);
    world.work();
    world.processor.meanwhile = [&] {
        world.processor.meanwhile = {};
        world.store(remove(1), 0ms);
    };
    world.pass(200ms);
    world.work();
    world.work();
    EXPECT_EQ(world.row(1)->status, Status::deleted);
    EXPECT_EQ(world.row(1)->processed_version, 2);
    world.pass(1h);
    EXPECT_FALSE(world.work());
}

TEST(WorkerRetry, AWorkerThatEndsDuringARetryLeavesItToAnother) {
    World world;
    fail_for_now(world, {1}, 1);
    world.store(create(1), 0ms);
    world.work();
    world.pass(200ms);
    world.faults().fail(Call::complete, StoreFault::unavailable, 1000);
    world.clock.on_sleep([&] { world.worker().stop(); });
    world.work();
    world.clock.on_sleep({});
    world.faults().forget();
    world.replace_worker();
    world.work();
    EXPECT_EQ(world.row(1)->status, Status::processing);
    world.pass(limits::retry_lease);
    world.work();
    EXPECT_EQ(world.row(1)->status, Status::done);
    EXPECT_EQ(world.row(1)->processed_version, 1);
}

TEST(WorkerRetry, ARetryIsDeletedOnlyWhenItsAckIsOut) {
    World world;
    fail_for_now(world, {1}, 1);
    world.store(create(1), 0ms);
    world.work();
    world.pass(200ms);
    world.bus().sends_to_refuse = 1000;
    world.clock.on_sleep([&] { world.worker().stop(); });
    world.work();
    world.clock.on_sleep({});
    EXPECT_EQ(world.row(1)->status, Status::done);
    EXPECT_THAT(world.bus().acks, IsEmpty());
    world.bus().sends_to_refuse = 0;
    world.replace_worker();
    world.pass(limits::retry_lease);
    world.work();
    ASSERT_THAT(world.bus().acks, SizeIs(1));
    EXPECT_EQ(world.bus().acks[0].status, ports::Ack::Status::created);
    EXPECT_THAT(world.bus().announcements, SizeIs(1));
    EXPECT_THAT(world.processor.seen, SizeIs(2)) << "it was done already";
    world.pass(1h);
    EXPECT_FALSE(world.work());
}

TEST(WorkerRetry, AFinishedRetryThatCouldNotBeDeletedIsOnlyToldOfAgain) {
    World world;
    fail_for_now(world, {1}, 1);
    world.store(create(1), 0ms);
    world.work();
    world.pass(200ms);
    world.faults().fail(Call::delete_retries, StoreFault::unavailable);
    world.work();
    world.pass(limits::retry_lease);
    world.work();
    EXPECT_THAT(world.processor.seen, SizeIs(2));
    EXPECT_THAT(world.bus().acks, SizeIs(2));
    world.pass(1h);
    EXPECT_FALSE(world.work());
}

TEST(WorkerRetry, ManyDueRetriesAreTriedWithoutAPause) {
    World world;
    world.processor.script = [first = true](const ports::Event&) mutable -> std::optional<ports::ProcessingResult> {
        if (first) return ports::FailedForNow{"not yet"};
        return std::nullopt;
    };
    const int count = static_cast<int>(limits::retry_claim_orders_max) * 2 + 10;
    for (int i = 1; i <= count; ++i) world.submit(create(i), 0ms);
    world.run();
    world.processor.script = {};
    world.pass(200ms);
    while (world.work()) {
    }
    for (int i = 1; i <= count; ++i) ASSERT_EQ(world.row(i)->status, Status::done) << i;
}

TEST(WorkerRetry, ARetryThatTheStoreRefusesAloneIsAFailureAndItsNeighboursAreTriedAgain) {
    World world;
    fail_for_now(world, {1, 2, 3}, 1);
    std::vector<Caller> callers;
    for (int i = 1; i <= 3; ++i) callers.push_back(world.submit(create(i)));
    world.write();
    // The whole, then the first half, which is order 1 alone.
    world.faults().fail(Call::defer, StoreFault::rejected, 2);
    world.work();
    EXPECT_EQ(callers[0].result(), Result::failed);
    EXPECT_EQ(callers[0].outcome().reason, "the till is closed");
    EXPECT_FALSE(callers[1].answered());
    world.pass(200ms);
    world.work();
    EXPECT_EQ(callers[1].result(), Result::processed);
    EXPECT_EQ(callers[2].result(), Result::processed);
}

TEST(WorkerRetry, WhileTheStoreIsAwayRetriesAreWrittenLater) {
    World world;
    fail_for_now(world, {1}, 1);
    const Caller caller = world.store(create(1));
    world.faults().fail(Call::defer, StoreFault::unavailable, 3);
    world.work();
    world.faults().fail(Call::claim_due, StoreFault::unavailable, 1);
    world.pass(300ms);
    world.work();
    EXPECT_FALSE(caller.answered());
    world.pass(1s);
    world.work();
    EXPECT_EQ(caller.result(), Result::processed);
}

TEST(WorkerRetry, RetriesSurviveTheProcess) {
    World world;
    fail_for_now(world, {1}, 1);
    world.store(create(1), 0ms);
    world.work();
    world.restart();
    world.pass(1s);
    world.work();
    EXPECT_EQ(world.row(1)->status, Status::done);
}

}  // namespace
}  // namespace orderstream::pipeline::testing
