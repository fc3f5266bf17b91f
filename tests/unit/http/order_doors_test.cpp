#include "unit/http/order_doors.h"

// Orders created, shown and replaced, from the request to the answer.

namespace orderstream::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(OrderDoors, a_create_is_answered_once_stored_without_another_look) {
    Asked asked = create();
    EXPECT_FALSE(asked.answered());
    world.write();
    asked.deliver();
    ASSERT_TRUE(asked.answered());
    EXPECT_EQ(asked.answer().status, 201);
    EXPECT_THAT(asked.answer().body, HasSubstr(R"("status":"pending","total_amount":149.97,)"));
    EXPECT_THAT(asked.answer().body, HasSubstr(R"(,"message":"Order created successfully"})"));
    EXPECT_THAT(asked.answer().headers, HasSubstr("ETag: \"1\"\r\n"));
    EXPECT_THAT(asked.answer().headers, HasSubstr("Location: /api/v1/orders/"));
    EXPECT_THAT(asked.answer().headers, HasSubstr("Cache-Control: no-store\r\n"));
    EXPECT_EQ(world.faults().calls(Call::fetch), 0);
}

TEST_F(OrderDoors, who_waits_sees_what_the_worker_made_of_it) {
    Asked asked = create({{Header::prefer, "wait=5"}});
    world.write();
    asked.deliver();
    EXPECT_FALSE(asked.answered());
    world.work();
    store(asked);
    ASSERT_TRUE(asked.answered());
    EXPECT_EQ(asked.answer().status, 201);
    EXPECT_THAT(asked.answer().body, HasSubstr(R"("status":"confirmed")"));
    EXPECT_THAT(asked.answer().headers, HasSubstr("Preference-Applied: wait=5\r\n"));
}

TEST_F(OrderDoors, who_has_waited_long_enough_is_answered_as_without) {
    Asked asked = create({{Header::prefer, "wait=5"}});
    world.write();
    world.pass(5s);
    world.keep_house();
    world.keep_time();
    asked.deliver();
    ASSERT_TRUE(asked.answered());
    EXPECT_EQ(asked.answer().status, 201);
    EXPECT_THAT(asked.answer().body, HasSubstr(R"("status":"pending")"));
}

TEST_F(OrderDoors, what_is_stored_is_shown_though_the_store_went_away) {
    Asked asked = create({{Header::prefer, "wait=5"}});
    world.write();
    world.work();
    world.faults().set_away(true);
    store(asked);
    ASSERT_TRUE(asked.answered());
    EXPECT_EQ(asked.answer().status, 201) << asked.answer().body;
    EXPECT_THAT(asked.answer().body, HasSubstr(R"("status":"pending")"));
}

TEST_F(OrderDoors, nobody_waits_where_waiting_is_switched_off) {
    ApiOrdersResource impatient(world.orders(), ids, 0ms);
    router_.emplace(impatient.routes(), phase);
    Asked asked = create({{Header::prefer, "wait=5"}});
    world.write();
    asked.deliver();
    ASSERT_TRUE(asked.answered());
    EXPECT_EQ(asked.answer().status, 201);
}

TEST_F(OrderDoors, a_repeated_create_shows_the_order_as_it_is) {
    const Fields key{{Header::idempotency_key, "k"}};
    const Response first = answer_to(create(key));
    EXPECT_EQ(first.status, 201);
    EXPECT_THAT(first.headers, Not(HasSubstr("Idempotent-Replayed")));
    world.run();

    const Response again = answer_to(create(key));
    EXPECT_EQ(again.status, 201);
    EXPECT_THAT(again.body, HasSubstr(R"("status":"confirmed")"));
    EXPECT_EQ(again.body.substr(0, 50), first.body.substr(0, 50)) << "the same order";
    EXPECT_THAT(again.headers, HasSubstr("Idempotent-Replayed: true\r\n"));

    const Response other = answer_to(create(key, 4));
    EXPECT_EQ(other.status, 422);
    EXPECT_THAT(other.headers, Not(HasSubstr("Idempotent-Replayed")));
}

TEST_F(OrderDoors, a_repeated_create_that_cannot_be_shown_is_to_be_repeated_again) {
    const Fields key{{Header::idempotency_key, "k"}};
    EXPECT_EQ(answer_to(create(key)).status, 201);
    Asked again = create(key);
    world.write();
    again.deliver();
    world.faults().set_away(true);
    store(again);
    ASSERT_TRUE(again.answered());
    EXPECT_EQ(again.answer().status, 503);
    EXPECT_THAT(again.answer().headers, HasSubstr("Retry-After"));
}

TEST_F(OrderDoors, a_create_knows_no_version) {
    EXPECT_EQ(answer_to(create({{Header::if_match, "*"}})).status, 412);
    EXPECT_EQ(answer_to(create({{Header::idempotency_key, std::string(201, 'k')}})).status, 400);
    EXPECT_FALSE(world.write());
}

TEST_F(OrderDoors, a_marketplace_document_is_told_that_it_comes_early) {
    const Response response = answer_to(ask(Method::post, "/api/v1/orders", R"({"order_uid":"b563"})"));
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(response.body, HasSubstr("marketplace documents (those with an order_uid) are not served yet"));
    EXPECT_EQ(answer_to(ask(Method::get, "/api/v1/orders/b563feb7b2b84b6test")).status, 404);
}

TEST_F(OrderDoors, a_replaced_checkout_starts_again) {
    const std::string id = confirmed();
    const Response response = answer_to(ask(Method::put, "/api/v1/orders/" + id, checkout_body(2)));
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body, HasSubstr(R"({"order":{"id":")" + id + R"(","status":"pending","total_amount":99.98,)"));
    EXPECT_THAT(response.headers, HasSubstr("ETag: \"2\"\r\n"));
    EXPECT_THAT(response.headers, Not(HasSubstr("Location")));
    world.run();
    EXPECT_EQ(answer_to(put_status(id, "processing")).status, 200);
    const Response late = answer_to(ask(Method::put, "/api/v1/orders/" + id, checkout_body()));
    EXPECT_EQ(late.status, 409);
    EXPECT_EQ(allowed_in(late), R"(["shipped","cancelled","deleted"])");
}

TEST_F(OrderDoors, neither_kind_nor_customer_change) {
    const std::string id = confirmed();
    const std::string target = "/api/v1/orders/" + id;
    std::string theirs = checkout_body();
    theirs.replace(theirs.find(customer), 8, "00000000");
    EXPECT_EQ(answer_to(ask(Method::put, target, theirs)).status, 409);
    const std::string generic = R"({"user_id":")" + std::string(customer) + R"(","payload":{}})";
    EXPECT_EQ(answer_to(ask(Method::put, target, generic)).status, 409);
    EXPECT_EQ(answer_to(ask(Method::put, target, R"({"order_uid":"b563","items":[]})")).status, 409);
    const Response incomplete = answer_to(ask(Method::put, target, R"({"items":[]})"));
    EXPECT_EQ(incomplete.status, 400);
    EXPECT_THAT(incomplete.body, HasSubstr(R"("pointer":"/customer_id")"));
    EXPECT_THAT(incomplete.body, HasSubstr(R"("pointer":"/items")"));
    EXPECT_EQ(answer_to(ask(Method::put, target, "{}")).status, 400);
    EXPECT_EQ(answer_to(ask(Method::put, target, "{")).status, 400);
}

TEST_F(OrderDoors, a_generic_order_is_replaced_and_shown_as_one) {
    world.store(pipeline::testing::of_customer(customer, pipeline::testing::create(1)));
    world.run();
    const std::string target = "/api/v1/orders/" + order::to_string(order_id(1));
    const Response response =
        answer_to(ask(Method::put, target,
                      R"({"user_id":")" + std::string(customer) + R"(","payload":{"amount":5},"order_id":"other"})"));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_THAT(response.body, HasSubstr(R"("status":"new","amount":5,"currency":"USD","payload":{"amount":5},)"));
    EXPECT_EQ(answer_to(ask(Method::put, target, checkout_body())).status, 409);
    world.run();
    const Response processing = answer_to(put_status(order::to_string(order_id(1)), "processing"));
    EXPECT_EQ(processing.status, 409) << "only checkouts are set to that";
    EXPECT_EQ(allowed_in(processing), R"(["cancelled","deleted"])");
}

TEST_F(OrderDoors, takes_no_parameters) {
    const std::string id = order::to_string(order_id(1));
    for (const Response& response : {answer_to(ask(Method::get, "/api/v1/orders/" + id + "?x=1")),
                                     answer_to(ask(Method::delete_, "/api/v1/orders/" + id + "?x=1")),
                                     answer_to(ask(Method::post, "/api/v1/orders?x=1", checkout_body())),
                                     answer_to(ask(Method::put, "/api/v1/orders/" + id + "?x=1", checkout_body())),
                                     answer_to(ask(Method::put, "/orders/" + id + "/status?x=1", "{}"))}) {
        EXPECT_EQ(response.status, 400);
        EXPECT_THAT(response.body, HasSubstr("unknown query parameter 'x'"));
    }
}

}  // namespace
}  // namespace orderstream::http
