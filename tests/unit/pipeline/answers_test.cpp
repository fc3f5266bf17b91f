// What each change is answered, told by the row that it met.
#include "unit/pipeline/support/world.h"

namespace orderstream::pipeline::testing {
namespace {

using order::Status;

/// Takes the changes through the store and the worker, one after the other.
void happen(World& world, std::initializer_list<order::Change> changes) {
    for (const order::Change& change : changes) {
        world.store(change, 0ms);
        world.run();
    }
}

Outcome answer_to(World& world, const order::Change& change) {
    const Caller caller = world.store(change);
    world.run();
    return caller.outcome();
}

TEST(Answers, ACreateIsProcessedAndPriced) {
    World world;
    const Outcome outcome = answer_to(world, create(1, 1250));
    EXPECT_EQ(outcome.result, Result::processed);
    EXPECT_EQ(outcome.order_id, order_id(1));
    EXPECT_EQ(outcome.version, 1);
    EXPECT_EQ(outcome.status, Status::done);
    EXPECT_FALSE(outcome.replayed);
    EXPECT_EQ(world.row(1)->total_amount.cents(), 1250);
}

TEST(Answers, ADeleteIsProcessedAndFinal) {
    World world;
    happen(world, {create(1)});
    const Outcome outcome = answer_to(world, remove(1));
    EXPECT_EQ(outcome.result, Result::processed);
    EXPECT_EQ(outcome.version, 2);
    EXPECT_EQ(outcome.status, Status::deleted);
    EXPECT_EQ(world.row(1)->processed_version, 2);
    for (const order::Change& change : {replace(1, 5), remove(1), set_status(1, Status::cancelled)}) {
        EXPECT_EQ(answer_to(world, change).result, Result::deleted);
    }
    EXPECT_EQ(world.row(1)->version, 2);
}

TEST(Answers, ACancelledOrderIsFinalAndCancellingItAgainChangesNothing) {
    World world;
    happen(world, {create(1), set_status(1, Status::cancelled)});
    EXPECT_EQ(answer_to(world, replace(1, 5)).result, Result::cancelled);
    EXPECT_EQ(answer_to(world, remove(1)).result, Result::cancelled);
    const Outcome again = answer_to(world, set_status(1, Status::cancelled));
    EXPECT_EQ(again.result, Result::unchanged);
    EXPECT_EQ(again.version, 2);
    EXPECT_EQ(world.row(1)->version, 2);
}

TEST(Answers, AStepThatTheLifecycleHasNotNamesThoseItHas) {
    World world;
    happen(world, {create_checkout(1)});
    order::Change ship = set_status(1, Status::shipped);
    ship.kind = order::Kind::checkout;
    const Outcome outcome = answer_to(world, ship);
    EXPECT_EQ(outcome.result, Result::not_allowed);
    EXPECT_EQ(outcome.status, Status::confirmed);
    EXPECT_EQ(outcome.allowed, (order::StatusSet{Status::processing, Status::cancelled, Status::deleted}));
}

TEST(Answers, WhatAppliedComesWithTheOrderAsItWasStored) {
    World world;
    const Caller created = world.store(create(1, 1250), 0ms);
    ASSERT_NE(created.outcome().order, nullptr);
    EXPECT_EQ(created.outcome().order->status, Status::new_);
    EXPECT_EQ(created.outcome().order->version, 1);
    EXPECT_EQ(created.outcome().order->created_at, world.row(1)->created_at);
    EXPECT_EQ(*created.outcome().order->payload, *world.row(1)->payload);

    const Outcome replaced = answer_to(world, replace(1, 5));
    EXPECT_EQ(replaced.status, Status::done);
    ASSERT_NE(replaced.order, nullptr);
    EXPECT_EQ(replaced.order->status, Status::new_) << "whatever a worker has made of it since";
    EXPECT_EQ(replaced.order->version, 2);
    EXPECT_EQ(*replaced.order->payload, *world.row(1)->payload);

    const Outcome cancelled = answer_to(world, set_status(1, Status::cancelled));
    ASSERT_NE(cancelled.order, nullptr);
    EXPECT_EQ(cancelled.order->status, Status::cancelled);
    EXPECT_EQ(*cancelled.order->payload, *world.row(1)->payload);
    EXPECT_EQ(answer_to(world, set_status(1, Status::cancelled)).order, nullptr);
    EXPECT_EQ(answer_to(world, replace(1, 5)).order, nullptr);
    EXPECT_EQ(answer_to(world, create(1)).order, nullptr);
}

TEST(Answers, AnUnknownOrderIsNotFoundAndAnotherCustomersIsTheSame) {
    World world;
    happen(world, {create(1)});
    EXPECT_EQ(answer_to(world, replace(2, 5)).result, Result::not_found);
    const Outcome outcome = answer_to(world, of_customer("customer-2", replace(1, 5)));
    EXPECT_EQ(outcome.result, Result::not_found);
    EXPECT_EQ(outcome.version, 0) << "nothing is told of it";
    EXPECT_EQ(outcome.status, Status::new_);
    EXPECT_TRUE(outcome.allowed.empty());
    EXPECT_EQ(world.row(1)->version, 1);
}

TEST(Answers, AnOrderOfAnotherKindIsToldApart) {
    World world;
    happen(world, {create(1)});
    order::Change change = replace(1, 5);
    change.kind = order::Kind::checkout;
    EXPECT_EQ(answer_to(world, change).result, Result::kind_differs);
}

TEST(Answers, IfMatchHoldsTheVersion) {
    World world;
    happen(world, {create(1)});
    const Outcome outcome = answer_to(world, if_match(1, replace(1, 200)));
    EXPECT_EQ(outcome.result, Result::processed);
    EXPECT_EQ(outcome.version, 2);
    const Outcome late = answer_to(world, if_match(1, replace(1, 300)));
    EXPECT_EQ(late.result, Result::version_mismatch);
    EXPECT_EQ(late.version, 2);
    EXPECT_EQ(world.row(1)->total_amount.cents(), 200);
}

TEST(Answers, OfTwoChangesWithTheSameIfMatchInOneBatchOneWins) {
    World world;
    happen(world, {create(1)});
    const Caller first = world.submit(if_match(1, replace(1, 200)));
    const Caller second = world.submit(if_match(1, replace(1, 300)));
    world.run();
    EXPECT_EQ(first.result(), Result::processed);
    EXPECT_EQ(second.result(), Result::version_mismatch);
}

TEST(Answers, TheSameCreateFiftyTimesInOneBatchIsOneOrder) {
    World world;
    std::vector<Caller> callers;
    for (int i = 0; i < 50; ++i) callers.push_back(world.submit(create_once(1)));
    world.write();
    EXPECT_EQ(world.faults().calls(Call::apply), 1);
    for (const Caller& caller : callers) EXPECT_FALSE(caller.answered()) << "a retry waits with the first";
    EXPECT_EQ(world.bus().published.size(), 1U);
    world.work();
    int replays = 0;
    for (const Caller& caller : callers) {
        EXPECT_EQ(caller.result(), Result::processed);
        EXPECT_EQ(caller.outcome().version, 1);
        replays += caller.outcome().replayed ? 1 : 0;
    }
    EXPECT_EQ(replays, 49);
    EXPECT_EQ(world.processor.seen.size(), 1U);
    EXPECT_EQ(world.row(1)->version, 1);
}

TEST(Answers, ACreateAgainIsAnsweredAtOnceAsItWouldBeNow) {
    World world;
    happen(world, {create_once(1)});
    const Caller again = world.store(create_once(1));
    EXPECT_EQ(again.result(), Result::processed);
    EXPECT_TRUE(again.outcome().replayed);
    EXPECT_EQ(world.bus().published.size(), 1U) << "and publishes nothing";
}

TEST(Answers, ACreateAgainBeforeItIsProcessedAndWithoutWaitingIsStored) {
    World world;
    world.store(create_once(1), 0ms);
    const Caller again = world.store(create_once(1), 0ms);
    EXPECT_EQ(again.result(), Result::stored);
    EXPECT_TRUE(again.outcome().replayed);
}

TEST(Answers, ACreateAgainAfterAnUpdateStaysWhatItWas) {
    World world;
    happen(world, {create_once(1, 100), replace(1, 200)});
    const Outcome outcome = answer_to(world, create_once(1, 100));
    EXPECT_EQ(outcome.result, Result::processed);
    EXPECT_TRUE(outcome.replayed);
    EXPECT_EQ(outcome.version, 2);
    EXPECT_EQ(world.row(1)->total_amount.cents(), 200);
}

TEST(Answers, ACreateAgainWhileAnUpdateIsUnderWayDoesNotWaitForIt) {
    World world;
    happen(world, {create_once(1, 100)});
    world.store(replace(1, 200), 0ms);
    EXPECT_EQ(world.store(create_once(1, 100)).result(), Result::processed);
}

TEST(Answers, ACreateAgainThatWasOvertakenBeforeItWasProcessedIsASuccess) {
    World world;
    world.store(create_once(1, 100), 0ms);
    world.store(replace(1, 200), 0ms);
    EXPECT_EQ(world.store(create_once(1, 100)).result(), Result::processed);
}

TEST(Answers, ACreateAgainAfterADeleteNeverRevives) {
    World world;
    happen(world, {create_once(1), remove(1)});
    const Outcome outcome = answer_to(world, create_once(1));
    EXPECT_EQ(outcome.result, Result::deleted);
    EXPECT_TRUE(outcome.replayed);
    EXPECT_EQ(world.row(1)->status, Status::deleted);
}

TEST(Answers, ACreateAgainAfterACancelIsCancelled) {
    World world;
    happen(world, {create_once(1), set_status(1, Status::cancelled)});
    EXPECT_EQ(answer_to(world, create_once(1)).result, Result::cancelled);
}

TEST(Answers, ACreateAgainOfARefusedOrderTellsWhy) {
    World world;
    world.processor.script = [](const ports::Event&) { return ports::Refused{"no such article"}; };
    const Outcome first = answer_to(world, create_once(1));
    EXPECT_EQ(first.result, Result::failed);
    EXPECT_EQ(first.reason, "no such article");
    const Outcome again = answer_to(world, create_once(1));
    EXPECT_EQ(again.result, Result::failed);
    EXPECT_EQ(again.reason, "no such article");
    EXPECT_TRUE(again.replayed);
}

TEST(Answers, TheSameKeyWithAnotherDocumentIsNoReplay) {
    World world;
    happen(world, {create_once(1, 100)});
    const Outcome outcome = answer_to(world, create_once(1, 101));
    EXPECT_EQ(outcome.result, Result::key_reused);
    EXPECT_FALSE(outcome.replayed);
    EXPECT_EQ(world.row(1)->total_amount.cents(), 100);
}

TEST(Answers, AKeyReusedInTheSameBatchIsToldWithoutWaiting) {
    World world;
    const Caller first = world.submit(create_once(1, 100));
    const Caller other = world.submit(create_once(1, 101));
    world.write();
    EXPECT_EQ(other.result(), Result::key_reused);
    EXPECT_FALSE(first.answered());
}

TEST(Answers, AnUpdateStartsAFailedOrderAgain) {
    World world;
    world.processor.script = [](const ports::Event& event) -> std::optional<ports::ProcessingResult> {
        if (event.order->version == 1) return ports::Refused{"not today"};
        return std::nullopt;
    };
    EXPECT_EQ(answer_to(world, create(1)).result, Result::failed);
    EXPECT_EQ(answer_to(world, replace(1, 300)).result, Result::processed);
    EXPECT_EQ(world.row(1)->status, Status::done);
    EXPECT_EQ(world.row(1)->failure_reason, "");
}

TEST(Answers, ADocumentWithoutAPriceIsFailedWithAClearReason) {
    World world;
    const Outcome outcome = answer_to(world, with_document(R"({"amount":"a lot","currency":"usd"})", create(1)));
    EXPECT_EQ(outcome.result, Result::failed);
    EXPECT_EQ(outcome.reason,
              "the document cannot be priced: /amount: must be a number; /currency: must be three capital letters");
    EXPECT_EQ(outcome.status, Status::failed);
}

TEST(Answers, EachKindIsPricedAsItsDocumentsAre) {
    World world;
    happen(world, {with_document(R"({"items":[{"price":"1.10","qty":2},{"price":3}],"currency":"EUR"})", create(1)),
                   create_checkout(2)});
    order::Change marketplace = with_document(R"({"payment":{"amount":1817,"currency":"RUB"}})", create(3));
    marketplace.kind = order::Kind::marketplace;
    happen(world, {marketplace});
    EXPECT_EQ(world.row(1)->total_amount.cents(), 520);
    EXPECT_EQ(world.row(1)->currency, "EUR");
    EXPECT_EQ(world.row(2)->total_amount.cents(), 500);
    EXPECT_EQ(world.row(2)->status, Status::confirmed);
    EXPECT_EQ(world.row(3)->total_amount.cents(), 181700);
    EXPECT_EQ(world.row(3)->currency, "RUB");
}

}  // namespace
}  // namespace orderstream::pipeline::testing
