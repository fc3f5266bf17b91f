#include "unit/http/order_doors.h"

// Steps of an order's life: which there are, what stands in their way, and callers who do not wait for the answer.

namespace orderstream::http {
namespace {

using testing::HasSubstr;

class OrderSteps : public OrderDoors {};

TEST_F(OrderSteps, a_status_goes_from_what_it_was) {
    const std::string id = confirmed();
    const Response response = answer_to(put_status(id, "processing", {}, R"(,"reason":"packed \"well\"")"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"order_id":")" + id + R"(","old_status":"confirmed","new_status":"processing"})");
    EXPECT_THAT(response.headers, HasSubstr("ETag: \"2\"\r\n"));
    EXPECT_THAT(log_text, HasSubstr("packed"));
    EXPECT_THAT(log_text, HasSubstr("request_id=r-1"));

    log_text.clear();
    const Response again = answer_to(put_status(id, "processing", {}, R"(,"reason":"packed")"));
    EXPECT_EQ(again.body, R"({"order_id":")" + id + R"(","old_status":"processing","new_status":"processing"})");
    EXPECT_THAT(again.headers, HasSubstr("ETag: \"2\"\r\n"));
    EXPECT_EQ(log_text, "") << "nothing has happened";
}

TEST_F(OrderSteps, a_step_that_does_not_exist_is_told_which_do) {
    const std::string id = confirmed();
    for (const char* status : {"new", "done", "failed", "pending", "shipped", "delivered", "refunded"}) {
        const Response response = answer_to(put_status(id, status));
        EXPECT_EQ(response.status, 409) << status;
        EXPECT_EQ(allowed_in(response), R"(["processing","cancelled","deleted"])") << status;
    }
    EXPECT_EQ(answer_to(put_status(id, "lost")).status, 400);
}

TEST_F(OrderSteps, every_step_of_a_checkout_is_taken_or_refused) {
    using order::Status;
    // REFERENCE and DESIGN 3, written out: where a client may go from where, and on which way an order gets there.
    struct From {
        Status status;
        std::vector<Status> way;  // from confirmed
        order::StatusSet to;
    };
    const std::vector<From> table{
        {Status::pending, {}, {Status::cancelled, Status::deleted}},
        {Status::failed, {}, {Status::deleted}},
        {Status::confirmed, {}, {Status::processing, Status::cancelled, Status::deleted}},
        {Status::processing, {Status::processing}, {Status::shipped, Status::cancelled, Status::deleted}},
        {Status::shipped, {Status::processing, Status::shipped}, {Status::delivered, Status::deleted}},
        {Status::delivered,
         {Status::processing, Status::shipped, Status::delivered},
         {Status::refunded, Status::deleted}},
        {Status::refunded,
         {Status::processing, Status::shipped, Status::delivered, Status::refunded},
         {Status::deleted}},
        {Status::cancelled, {Status::cancelled}, {}},
        {Status::deleted, {Status::deleted}, {}},
    };
    for (const From& from : table) {
        for (const Status to : order::all_statuses) {
            const std::string id = from.status == Status::pending  ? stored()
                                   : from.status == Status::failed ? failed()
                                                                   : confirmed();
            for (const Status step : from.way) {
                ASSERT_EQ(answer_to(put_status(id, std::string(to_string(step)))).status, 200);
            }
            const std::string names = std::string(to_string(from.status)) + " -> " + std::string(to_string(to));
            const Response response = answer_to(put_status(id, std::string(to_string(to))));
            const bool stays = to == from.status && to != Status::failed && to != Status::deleted;
            if (from.to.contains(to) || stays) {
                EXPECT_EQ(response.status, 200) << names;
                EXPECT_THAT(response.body, HasSubstr(R"("old_status":")" + std::string(to_string(from.status)) +
                                                     R"(","new_status":")" + std::string(to_string(to)) + "\""))
                    << names;
                continue;
            }
            EXPECT_EQ(response.status, 409) << names;
            std::string allowed = "[";
            for (const Status next : from.to.list()) {
                allowed.append(allowed.size() > 1 ? "," : "").append("\"").append(to_string(next)).append("\"");
            }
            EXPECT_EQ(allowed_in(response), allowed + "]") << names;
        }
    }
}

TEST_F(OrderSteps, an_order_that_failed_says_why_and_starts_again) {
    world.processor.script = [](const ports::Event&) { return ports::ProcessingResult(ports::Refused{"no tea left"}); };
    Asked asked = create({{Header::prefer, "wait=5"}, {Header::idempotency_key, "k"}});
    world.write();
    world.work();
    store(asked);
    ASSERT_TRUE(asked.answered());
    EXPECT_EQ(asked.answer().status, 422);
    EXPECT_THAT(asked.answer().body, HasSubstr(R"("detail":"no tea left")"));
    const Response again = answer_to(create({{Header::idempotency_key, "k"}}));
    EXPECT_EQ(again.status, 422);
    EXPECT_THAT(again.headers, HasSubstr("Idempotent-Replayed: true"));

    const std::string id = failed();
    EXPECT_THAT(answer_to(ask(Method::get, "/api/v1/orders/" + id)).body,
                HasSubstr(R"("status":"failed","total_amount":149.97,"failure_reason":"no tea left",)"));
    world.processor.script = {};
    EXPECT_EQ(answer_to(ask(Method::put, "/api/v1/orders/" + id, checkout_body(2))).status, 200);
    world.run();
    EXPECT_THAT(answer_to(ask(Method::get, "/api/v1/orders/" + id)).body, HasSubstr(R"("status":"confirmed")"));
}

TEST_F(OrderSteps, a_deleted_order_is_gone_for_readers_and_final_for_others) {
    const std::string id = confirmed();
    const Response removed = answer_to(ask(Method::delete_, "/api/v1/orders/" + id));
    EXPECT_EQ(removed.status, 204);
    EXPECT_EQ(removed.body, "");
    EXPECT_THAT(removed.headers, HasSubstr("ETag: \"2\"\r\n"));

    EXPECT_EQ(answer_to(ask(Method::delete_, "/api/v1/orders/" + id)).status, 404);
    EXPECT_EQ(answer_to(ask(Method::delete_, "/orders/" + id)).status, 404);
    EXPECT_EQ(answer_to(ask(Method::get, "/api/v1/orders/" + id)).status, 404);
    for (const Response& response : {answer_to(put_status(id, "shipped")), answer_to(put_status(id, "deleted")),
                                     answer_to(ask(Method::put, "/api/v1/orders/" + id, checkout_body()))}) {
        EXPECT_EQ(response.status, 409);
        EXPECT_EQ(allowed_in(response), "[]");
    }
}

TEST_F(OrderSteps, an_order_that_is_not_there_is_404) {
    const std::string id = order::to_string(order_id(1));
    for (const Response& response :
         {answer_to(ask(Method::get, "/api/v1/orders/" + id)), answer_to(ask(Method::delete_, "/api/v1/orders/" + id)),
          answer_to(put_status(id, "shipped")), answer_to(ask(Method::put, "/api/v1/orders/" + id, checkout_body()))}) {
        EXPECT_EQ(response.status, 404);
    }
    EXPECT_EQ(answer_to(ask(Method::delete_, "/orders/17")).status, 400);
    EXPECT_EQ(answer_to(ask(Method::put, "/orders/17/status", R"({"new_status":"deleted"})")).status, 400);
    EXPECT_FALSE(world.write()) << "nothing was asked of the store";
}

TEST_F(OrderSteps, a_store_that_cannot_be_read_changes_nothing) {
    const std::string id = order::to_string(order_id(1));
    world.faults().set_away(true);
    const Response response = answer_to(put_status(id, "shipped"));
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.headers, HasSubstr("Retry-After"));
    EXPECT_EQ(answer_to(ask(Method::get, "/api/v1/orders/" + id)).status, 503);
}

TEST_F(OrderSteps, of_several_tags_the_right_one_counts) {
    const std::string id = confirmed();
    EXPECT_EQ(answer_to(put_status(id, "processing", {{Header::if_match, R"("7", "9")"}})).status, 412);
    EXPECT_EQ(answer_to(put_status(id, "processing", {{Header::if_match, R"(W/"1")"}})).status, 412);
    EXPECT_EQ(answer_to(put_status(id, "processing", {{Header::if_match, "1"}})).status, 400);
    EXPECT_EQ(answer_to(put_status(id, "processing", {{Header::if_match, R"("1", "7", "9")"}})).status, 200);
    EXPECT_EQ(answer_to(ask(Method::delete_, "/orders/" + id, "", {{Header::if_match, R"("1")"}})).status, 412);
    const Response replaced =
        answer_to(ask(Method::put, "/api/v1/orders/" + id, checkout_body(), {{Header::if_match, R"("1")"}}));
    EXPECT_EQ(replaced.status, 412);
    EXPECT_THAT(replaced.headers, HasSubstr("ETag: \"2\"\r\n")) << "what it is now";
    EXPECT_EQ(answer_to(ask(Method::delete_, "/orders/" + id, "", {{Header::if_match, R"("2")"}})).status, 204);
}

TEST_F(OrderSteps, who_hangs_up_while_the_order_is_read_changes_nothing) {
    const std::string id = confirmed();
    world.restart();
    OrderStatusResource again(world.orders(), ack_timeout, log);
    router_.emplace(again.routes(), phase);
    Asked asked = put_status(id, "processing");
    asked.hang_up();
    world.read();
    EXPECT_FALSE(world.write());
}

TEST_F(OrderSteps, who_hangs_up_before_the_batch_changes_nothing) {
    const std::string id = confirmed();
    Asked asked = put_status(id, "processing");
    world.read();
    asked.deliver();
    asked.hang_up();
    world.write();
    EXPECT_THAT(answer_to(ask(Method::get, "/api/v1/orders/" + id)).body, HasSubstr(R"("status":"confirmed")"));
}

}  // namespace
}  // namespace orderstream::http
