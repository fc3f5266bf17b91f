// The doors to single orders, from a request to its answer, over a whole pipeline that is moved step by step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/api_orders_resource.h"
#include "http/order_status_resource.h"
#include "http/router.h"
#include "unit/http/fake_exchange.h"
#include "unit/pipeline/support/world.h"

namespace orderstream::http {
namespace {

using namespace std::chrono_literals;
using pipeline::testing::Call;
using pipeline::testing::order_id;
using pipeline::testing::World;
using testing::HasSubstr;
using testing::Not;

constexpr const char* customer = "123e4567-e89b-12d3-a456-426614174000";

std::string checkout_body(int quantity = 3) {
    return R"({"customer_id":")" + std::string(customer) + R"(","email":"a@b.de","items":[{"product_id":)" +
           R"("456e7890-e89b-12d3-a456-426614174001","name":"Tea","price":49.99,"quantity":)" +
           std::to_string(quantity) + "}]}";
}

/// One request, and what was answered so far.
class Asked {
  public:
    Asked(const Router& router, Request the_request) : request_(std::move(the_request)), exchange_(request_) {
        std::string failure;
        answer_ = router.serve(exchange_, failure);
        EXPECT_EQ(failure, "");
    }

    /// What the connection's thread does when something has come for it.
    void deliver() {
        while (!exchange_.renders.empty()) {
            ASSERT_FALSE(answer_) << "it was answered already";
            const Render render = std::move(exchange_.renders.front());
            exchange_.renders.erase(exchange_.renders.begin());
            answer_ = render();
        }
    }
    void hang_up() {
        exchange_.hang_up();
        exchange_.renders.clear();
    }
    [[nodiscard]] bool answered() const { return answer_.has_value(); }
    [[nodiscard]] const Response& answer() const { return answer_.value(); }

  private:
    Request request_;
    FakeExchange exchange_;
    std::optional<Response> answer_;
};

class OrderDoors : public testing::Test {
  protected:
    using Fields = std::vector<std::pair<Header, std::string>>;

    Asked ask(Method method, std::string target, std::string body = "", const Fields& fields = {}) {
        Request request;
        request.method = method;
        request.target = std::move(target);
        request.body = std::move(body);
        request.request_id = "r-1";
        for (const auto& [header, value] : fields) request.set(header, value);
        return {router(), std::move(request)};
    }
    Asked create(const Fields& fields = {}, int quantity = 3) {
        return ask(Method::post, "/api/v1/orders", checkout_body(quantity), fields);
    }
    Asked put_status(const std::string& id, const std::string& status, const Fields& fields = {},
                     const std::string& more = "") {
        return ask(Method::put, "/api/v1/orders/" + id + "/status", R"({"new_status":")" + status + "\"" + more + "}",
                   fields);
    }

    /// As long as something moves; without the worker.
    void store(Asked& asked) {
        for (bool busy = true; busy && !asked.answered();) {
            asked.deliver();
            const bool written = world.write();
            const bool read = world.read();
            asked.deliver();
            busy = written || read;
        }
    }
    Response answer_to(Asked asked) {
        store(asked);
        EXPECT_TRUE(asked.answered());
        return asked.answered() ? asked.answer() : Response{.status = 0};
    }
    /// A checkout order that no worker has seen; its id.
    std::string stored() {
        const Response created = answer_to(create());
        EXPECT_EQ(created.status, 201) << created.body;
        constexpr std::string_view before = R"({"order":{"id":")";
        return created.body.substr(before.size(), 36);
    }
    std::string confirmed() {
        std::string id = stored();
        world.run();
        return id;
    }
    std::string failed() {
        world.processor.script = [](const ports::Event&) {
            return ports::ProcessingResult(ports::Refused{"no tea left"});
        };
        std::string id = confirmed();
        world.processor.script = {};
        return id;
    }
    std::string allowed_in(const Response& response) {
        const std::size_t begin = response.body.find("\"allowed\":[");
        return begin == std::string::npos
                   ? "none"
                   : response.body.substr(begin + 10, response.body.find(']', begin) - begin - 9);
    }

    const Router& router() {
        if (!router_) {
            std::vector<Route> routes = api.routes();
            std::ranges::move(statuses.routes(), std::back_inserter(routes));
            router_.emplace(std::move(routes), phase);
        }
        return *router_;
    }

    World world;
    std::string log_text;
    telemetry::Log log{telemetry::Level::info, telemetry::LogFormat::text,
                       [this](std::string_view line) { log_text += line; }};
    order::Uuid7Source ids;
    std::atomic<pipeline::Phase> phase = pipeline::Phase::running;
    std::chrono::milliseconds ack_timeout = 30s;
    ApiOrdersResource api{world.orders(), ids, ack_timeout};
    OrderStatusResource statuses{world.orders(), ack_timeout, log};
    std::optional<Router> router_;
};

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

TEST_F(OrderDoors, a_status_goes_from_what_it_was) {
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

TEST_F(OrderDoors, a_step_that_does_not_exist_is_told_which_do) {
    const std::string id = confirmed();
    for (const char* status : {"new", "done", "failed", "pending", "shipped", "delivered", "refunded"}) {
        const Response response = answer_to(put_status(id, status));
        EXPECT_EQ(response.status, 409) << status;
        EXPECT_EQ(allowed_in(response), R"(["processing","cancelled","deleted"])") << status;
    }
    EXPECT_EQ(answer_to(put_status(id, "lost")).status, 400);
}

TEST_F(OrderDoors, every_step_of_a_checkout_is_taken_or_refused) {
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

TEST_F(OrderDoors, an_order_that_failed_says_why_and_starts_again) {
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

TEST_F(OrderDoors, a_deleted_order_is_gone_for_readers_and_final_for_others) {
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

TEST_F(OrderDoors, an_order_that_is_not_there_is_404) {
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

TEST_F(OrderDoors, a_store_that_cannot_be_read_changes_nothing) {
    const std::string id = order::to_string(order_id(1));
    world.faults().set_away(true);
    const Response response = answer_to(put_status(id, "shipped"));
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.headers, HasSubstr("Retry-After"));
    EXPECT_EQ(answer_to(ask(Method::get, "/api/v1/orders/" + id)).status, 503);
}

TEST_F(OrderDoors, of_several_tags_the_right_one_counts) {
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

TEST_F(OrderDoors, who_hangs_up_while_the_order_is_read_changes_nothing) {
    const std::string id = confirmed();
    world.restart();
    OrderStatusResource again(world.orders(), ack_timeout, log);
    router_.emplace(again.routes(), phase);
    Asked asked = put_status(id, "processing");
    asked.hang_up();
    world.read();
    EXPECT_FALSE(world.write());
}

TEST_F(OrderDoors, who_hangs_up_before_the_batch_changes_nothing) {
    const std::string id = confirmed();
    Asked asked = put_status(id, "processing");
    world.read();
    asked.deliver();
    asked.hang_up();
    world.write();
    EXPECT_THAT(answer_to(ask(Method::get, "/api/v1/orders/" + id)).body, HasSubstr(R"("status":"confirmed")"));
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
