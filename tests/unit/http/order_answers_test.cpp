#include "http/order_answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "documents/json.h"

namespace orderstream::http {
namespace {

using pipeline::Outcome;
using pipeline::Result;
using testing::HasSubstr;
using testing::Not;

const order::OrderId order_id = *order::parse_order_id("0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071");
constexpr const char* location = "Location: /orders/0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071\r\n";

Outcome outcome(Result result, order::Status status = order::Status::done) {
    Outcome outcome;
    outcome.result = result;
    outcome.order_id = order_id;
    outcome.version = 3;
    outcome.status = status;
    return outcome;
}

Response render(Asked asked, const Outcome& outcome) { return render_change(asked, outcome, "r", ""); }

TEST(ChangeAnswers, ProcessedSaysWhatWasDone) {
    const Response created = render(Asked::create, outcome(Result::processed));
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(created.body, R"({"order_id":"0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071","status":"created"})");
    EXPECT_THAT(created.headers, HasSubstr(location));
    EXPECT_THAT(created.headers, HasSubstr("ETag: \"3\"\r\n"));
    EXPECT_THAT(created.headers, HasSubstr("Cache-Control: no-store\r\n"));
    EXPECT_THAT(created.headers, Not(HasSubstr("Retry-After")));

    const Response updated = render(Asked::update, outcome(Result::processed));
    EXPECT_EQ(updated.status, 200);
    EXPECT_EQ(updated.body, R"({"order_id":"0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071","status":"updated"})");
    EXPECT_THAT(updated.headers, Not(HasSubstr("Location")));

    EXPECT_EQ(render(Asked::remove, outcome(Result::processed)).body, R"({"status":"deleted"})");
    EXPECT_EQ(render(Asked::cancel, outcome(Result::processed)).body,
              R"({"order_id":"0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071","status":"cancelled"})");
}

TEST(ChangeAnswers, StoredIsAcceptedWhateverWasAsked) {
    for (const Asked asked : {Asked::create, Asked::update, Asked::remove, Asked::cancel}) {
        const Response accepted = render(asked, outcome(Result::stored));
        EXPECT_EQ(accepted.status, 202);
        EXPECT_EQ(accepted.body, R"({"order_id":"0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071","status":"accepted"})");
        EXPECT_THAT(accepted.headers, HasSubstr(location));
        EXPECT_THAT(accepted.headers, HasSubstr("Retry-After: 1\r\n"));
    }
}

TEST(ChangeAnswers, AFinalOrderIsAConflictInPlainJson) {
    for (const Asked asked : {Asked::create, Asked::update, Asked::remove, Asked::cancel}) {
        const Response deleted = render(asked, outcome(Result::deleted));
        EXPECT_EQ(deleted.status, 409);
        EXPECT_EQ(deleted.content_type, json_type);
        EXPECT_EQ(deleted.body, R"({"status":"deleted"})");
        EXPECT_EQ(render(asked, outcome(Result::cancelled)).body, R"({"status":"cancelled"})");
    }
    const Response again = render(Asked::cancel, outcome(Result::unchanged, order::Status::cancelled));
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.body, R"({"status":"cancelled"})");
    EXPECT_EQ(render(Asked::remove, outcome(Result::unchanged, order::Status::deleted)).body,
              R"({"status":"deleted"})");
}

TEST(ChangeAnswers, AReplayIsAnsweredAsTheCreateWouldBeNow) {
    for (const auto& [result, status] : {std::pair{Result::processed, 201}, std::pair{Result::stored, 202},
                                         std::pair{Result::failed, 422}, std::pair{Result::deleted, 409}}) {
        Outcome replayed = outcome(result);
        replayed.replayed = true;
        const Response response = render(Asked::create, replayed);
        EXPECT_EQ(response.status, status);
        EXPECT_THAT(response.headers, HasSubstr("Idempotent-Replayed: true\r\n"));
    }
    EXPECT_THAT(render(Asked::create, outcome(Result::processed)).headers, Not(HasSubstr("Idempotent-Replayed")));
}

TEST(ChangeAnswers, EverythingElseIsAProblem) {
    for (const Result result :
         {Result::failed, Result::not_found, Result::kind_differs, Result::version_mismatch, Result::not_allowed,
          Result::key_reused, Result::refused, Result::overloaded, Result::unavailable, Result::fate_unknown}) {
        const Response response = render(Asked::update, outcome(result));
        EXPECT_GE(response.status, 400);
        EXPECT_EQ(response.content_type, problem_type);
        EXPECT_TRUE(documents::parse_json(response.body).has_value());
    }
    EXPECT_THAT(render(Asked::update, outcome(Result::version_mismatch)).headers, HasSubstr("ETag: \"3\"\r\n"));
}

TEST(ChangeAnswers, SaysWhichPreferenceWasHonoured) {
    EXPECT_THAT(render_change(Asked::create, outcome(Result::stored), "r", "wait=1").headers,
                HasSubstr("Preference-Applied: wait=1\r\n"));
    EXPECT_THAT(render(Asked::create, outcome(Result::stored)).headers, Not(HasSubstr("Preference-Applied")));
}

order::OrderPtr some_order() {
    auto order = std::make_shared<order::Order>();
    order->id = order_id;
    order->customer_id = "owner";
    order->version = 5;
    order->payload = std::make_shared<const std::string>(R"({"id":"A-1"})");
    return order;
}

TEST(ReadAnswers, ShowTheOrderToItsOwner) {
    for (const std::optional<std::string>& owner :
         {std::optional<std::string>(), std::optional<std::string>("owner")}) {
        const Response response = render_read(some_order(), owner, "r");
        EXPECT_EQ(response.status, 200);
        EXPECT_THAT(response.body, HasSubstr(R"("payload":{"id":"A-1"})"));
        EXPECT_THAT(response.headers, HasSubstr("ETag: \"5\"\r\n"));
        EXPECT_THAT(response.headers, HasSubstr("Cache-Control: no-store\r\n"));
    }
}

TEST(ReadAnswers, DoNotTellAnothersOrderFromNone) {
    EXPECT_EQ(render_read(some_order(), "other", "r").status, 404);
    EXPECT_EQ(render_read(some_order(), "other", "r").body, render_read(order::OrderPtr(), "other", "r").body);
    EXPECT_EQ(render_read(some_order(), "other", "r").headers, render_read(order::OrderPtr(), "other", "r").headers);
}

TEST(ReadAnswers, AFaultIsA503) {
    using enum pipeline::ReadFault;
    for (const pipeline::ReadFault fault : {overloaded, unavailable, took_too_long}) {
        const Response response = render_read(tl::unexpected(fault), std::nullopt, "r");
        EXPECT_EQ(response.status, 503);
        EXPECT_THAT(response.headers, HasSubstr("Retry-After: 1\r\n"));
    }
    EXPECT_THAT(render_read(tl::unexpected(unavailable), std::nullopt, "r").body, HasSubstr("the store is away"));
    EXPECT_THAT(render_read(tl::unexpected(took_too_long), std::nullopt, "r").body, HasSubstr("it took too long"));
}

}  // namespace
}  // namespace orderstream::http
