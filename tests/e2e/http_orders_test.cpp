#include <string>

#include "e2e/http_suite.h"

// An order's life over POST /orders: its four verbs, what is refused, older clients' names, what it costs.

namespace orderstream::e2e {

namespace {

using testing::MatchesRegex;

class HttpOrders : public HttpSuite {
  protected:
    static HttpResponse update(const std::string& id, const std::string& user, const std::string& payload = "{}") {
        return post(update_body(id, user, payload));
    }
    static HttpResponse set_status(const std::string& id, const std::string& user, const std::string& status) {
        return post(status_body(id, user, status));
    }
    static std::string with_id(const std::string& id, const std::string& status) {
        return R"({"order_id":")" + id + R"(","status":")" + status + R"("})";
    }
    static std::string status_of(const std::string& id) { return text_at(read(id).json(), "/status"); }
};

TEST_F(HttpOrders, creates) {
    const HttpResponse response = post(create_body(new_customer(), R"({"id":"cart-1"})"));
    const std::string id = text_at(response.json(), "/order_id");
    // RFC 9562, 5.7: version 7, variant 10.
    EXPECT_THAT(id, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    EXPECT_TRUE(is_json(response, 201, with_id(id, "created")));
    EXPECT_EQ(response.header("Location"), "/orders/" + id);
    EXPECT_EQ(response.header("ETag"), "\"1\"");
    EXPECT_EQ(response.header("Cache-Control"), "no-store");
    EXPECT_EQ(response.header("Idempotent-Replayed"), std::nullopt);
    EXPECT_EQ(status_of(id), "done") << "201 comes after the worker";
}

TEST_F(HttpOrders, creates_when_the_order_id_says_that_there_is_none) {
    const std::string user = new_customer();
    for (const std::string none : {R"("")", R"("0")", "null"}) {
        const auto response = post(R"({"order_id":)" + none + R"(,"user_id":")" + user + R"(","payload":{}})");
        EXPECT_EQ(response.status, 201) << none << response;
    }
    EXPECT_NE(create(user), create(user)) << "each without a key is an order of its own";
}

TEST_F(HttpOrders, ignores_fields_it_does_not_know) {
    const auto response =
        post(R"({"user_id":")" + new_customer() + R"(","payload":{"anything":[1]},"version":9,"amount":5})");
    ASSERT_EQ(response.status, 201) << response;
    const auto order = read(text_at(response.json(), "/order_id")).json();
    EXPECT_EQ(integer_at(order, "/version"), 1);
    EXPECT_EQ(number_at(order, "/amount"), "0");
}

TEST_F(HttpOrders, updates) {
    const std::string user = new_customer();
    const std::string id = create(user, R"({"amount":1,"old":true})");
    const std::string created_at = text_at(read(id).json(), "/created_at");

    const HttpResponse response = update(id, user, R"({"amount":2,"currency":"EUR"})");
    EXPECT_TRUE(is_json(response, 200, with_id(id, "updated")));
    EXPECT_EQ(response.header("ETag"), "\"2\"");
    EXPECT_EQ(response.header("Cache-Control"), "no-store");

    const auto order = read(id).json();
    EXPECT_EQ(text_at(order, "/status"), "done");
    EXPECT_EQ(integer_at(order, "/version"), 2);
    EXPECT_EQ(number_at(order, "/amount"), "2");
    EXPECT_EQ(text_at(order, "/currency"), "EUR");
    EXPECT_EQ(render_json(at(order, "/payload")), R"({"amount":2,"currency":"EUR"})");
    EXPECT_EQ(text_at(order, "/created_at"), created_at);
    EXPECT_GT(text_at(order, "/updated_at"), created_at);
}

TEST_F(HttpOrders, updates_by_an_id_in_capitals) {
    const std::string user = new_customer();
    const std::string id = create(user);
    std::string capitals = id;
    for (char& c : capitals) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    EXPECT_TRUE(is_json(update(capitals, user), 200, with_id(id, "updated")));
}

TEST_F(HttpOrders, deletes) {
    const std::string user = new_customer();
    const std::string id = create(user, R"({"kept":1})");
    const HttpResponse response = set_status(id, user, "deleted");
    EXPECT_TRUE(is_json(response, 200, R"({"status":"deleted"})"));
    EXPECT_EQ(response.header("ETag"), "\"2\"");

    const HttpResponse still_there = read(id);
    EXPECT_EQ(still_there.status, 200);
    EXPECT_EQ(text_at(still_there.json(), "/status"), "deleted");
    EXPECT_EQ(render_json(at(still_there.json(), "/payload")), R"({"kept":1})");
}

TEST_F(HttpOrders, cancels) {
    const std::string user = new_customer();
    const std::string id = create(user);
    const HttpResponse response = set_status(id, user, "cancelled");
    EXPECT_TRUE(is_json(response, 200, with_id(id, "cancelled")));
    EXPECT_EQ(response.header("ETag"), "\"2\"");
    EXPECT_EQ(status_of(id), "cancelled");
}

TEST_F(HttpOrders, changes_nothing_of_a_deleted_order) {
    const std::string user = new_customer();
    const std::string id = create(user);
    ASSERT_EQ(set_status(id, user, "deleted").status, 200);
    for (const auto& answer : {update(id, user), set_status(id, user, "deleted"), set_status(id, user, "cancelled"),
                               post(update_body(id, user, "{}"), {{"If-Match", "\"1\""}})}) {
        EXPECT_TRUE(is_json(answer, 409, R"({"status":"deleted"})"));
    }
    EXPECT_EQ(integer_at(read(id).json(), "/version"), 2);
}

TEST_F(HttpOrders, changes_nothing_of_a_cancelled_order) {
    const std::string user = new_customer();
    const std::string id = create(user);
    ASSERT_EQ(set_status(id, user, "cancelled").status, 200);
    for (const auto& answer : {update(id, user), set_status(id, user, "cancelled"), set_status(id, user, "deleted")}) {
        EXPECT_TRUE(is_json(answer, 409, R"({"status":"cancelled"})"));
    }
    EXPECT_EQ(integer_at(read(id).json(), "/version"), 2);
}

TEST_F(HttpOrders, knows_no_other_status_from_a_client) {
    const std::string user = new_customer();
    const std::string id = create(user);
    for (const std::string status : {"new", "processing", "done", "failed", "created", "updated", "DELETED", ""}) {
        EXPECT_TRUE(is_problem(set_status(id, user, status), 400, {"/status"})) << status;
    }
    EXPECT_TRUE(is_problem(post(R"({"order_id":")" + id + R"(","user_id":")" + user + R"(","status":["deleted"]})"),
                           400, {"/status"}));
    EXPECT_EQ(status_of(id), "done");
}

TEST_F(HttpOrders, says_404_for_an_order_that_is_not_there) {
    const std::string user = new_customer();
    const std::string nobody = "01a1fca6-1136-71cb-93a4-6487ab0a32f7";
    EXPECT_TRUE(is_problem(update(nobody, user), 404));
    EXPECT_TRUE(is_problem(set_status(nobody, user, "deleted"), 404));
    EXPECT_TRUE(is_problem(set_status(nobody, user, "cancelled"), 404));
    EXPECT_TRUE(is_problem(post(update_body(nobody, user, "{}"), {{"If-Match", "\"1\""}}), 404));
}

TEST_F(HttpOrders, tells_nothing_of_another_customers_order) {
    const std::string id = create(new_customer(), R"({"secret":1})");
    const std::string stranger = new_customer();
    for (const auto& answer :
         {update(id, stranger), set_status(id, stranger, "deleted"), set_status(id, stranger, "cancelled"),
          post(update_body(id, stranger, "{}"), {{"If-Match", "\"9\""}})}) {
        EXPECT_TRUE(is_problem(answer, 404));
        EXPECT_EQ(answer.header("ETag"), std::nullopt);
    }
    const auto order = read(id).json();
    EXPECT_EQ(text_at(order, "/status"), "done");
    EXPECT_EQ(integer_at(order, "/version"), 1);
}

// ------------------------------------------------------------------------------------------------- older clients

class HttpOlderClients : public HttpOrders {};

TEST_F(HttpOlderClients, an_external_id_beside_the_payload_is_its_id) {
    const std::string user = new_customer();
    const auto created = [&](const std::string& rest) {
        const HttpResponse response = post(R"({"user_id":")" + user + R"(",)" + rest + "}");
        EXPECT_EQ(response.status, 201) << response;
        return read(text_at(response.json(), "/order_id")).json();
    };
    EXPECT_EQ(text_at(created(R"("external_id":"outer","payload":{"a":1})"), "/payload/id"), "outer");
    EXPECT_EQ(text_at(created(R"("external_id":"outer","payload":{"id":null})"), "/payload/id"), "outer");
    EXPECT_EQ(text_at(created(R"("external_id":"outer","payload":{"id":"inner"})"), "/payload/id"), "inner");
    EXPECT_FALSE(has(created(R"("external_id":"","payload":{})"), "/payload/id"));
    const auto found = ask(get("/orders/by-external/outer?user_id=" + user));
    EXPECT_EQ(text_at(found.json(), "/payload/id"), "outer");
}

TEST_F(HttpOlderClients, event_id_is_another_name_for_order_id) {
    const std::string user = new_customer();
    const std::string id = create(user);
    const std::string named = R"({"event_id":")" + id + R"(","user_id":")" + user + R"(",)";
    EXPECT_TRUE(is_json(post(named + R"("payload":{}})"), 200, with_id(id, "updated")));
    EXPECT_TRUE(is_json(post(named + R"("status":"cancelled"})"), 200, with_id(id, "cancelled")));
    EXPECT_TRUE(is_problem(post(R"({"event_id":"x","user_id":")" + user + R"(","payload":{}})"), 400, {"/event_id"}));
    EXPECT_EQ(post(R"({"event_id":"0","user_id":")" + user + R"(","payload":{}})").status, 201);
}

TEST_F(HttpOlderClients, payload_json_is_the_payload_as_a_string) {
    const std::string user = R"({"user_id":")" + new_customer() + R"(",)";
    const HttpResponse response = post(user + R"("payload_json":"{\"id\":\"p-1\",\"amount\":12.50}"})");
    ASSERT_EQ(response.status, 201) << response;
    const auto order = read(text_at(response.json(), "/order_id")).json();
    EXPECT_EQ(render_json(at(order, "/payload")), R"({"id":"p-1","amount":12.50})");
    EXPECT_EQ(number_at(order, "/amount"), "12.5");

    for (const std::string bad : {R"("nope")", R"("[]")", R"("{\"a\":1,\"a\":1}")", R"("{\"a\":1e999}")", "{}", "5"}) {
        EXPECT_TRUE(is_problem(post(user + R"("payload_json":)" + bad + "}"), 400, {"/payload_json"})) << bad;
    }
    EXPECT_TRUE(
        is_problem(post(user + R"("payload_json":"{\"currency\":\"usd\"}"})"), 400, {"/payload_json/currency"}));
}

TEST_F(HttpOlderClients, an_update_may_use_the_older_names_too) {
    const std::string user = new_customer();
    const std::string id = create(user);
    EXPECT_TRUE(is_json(
        post(R"({"event_id":")" + id + R"(","user_id":")" + user + R"(","external_id":7,"payload_json":"{\"a\":1}"})"),
        200, with_id(id, "updated")));
    EXPECT_EQ(render_json(at(read(id).json(), "/payload")), R"({"a":1,"id":7})");
}

// -------------------------------------------------------------------------------------------------------- amounts

class HttpAmounts : public HttpOrders {
  protected:
    static std::string amount_of(const std::string& payload) {
        return number_at(read(create(new_customer(), payload)).json(), "/amount");
    }
    static HttpResponse refused(const std::string& payload) { return post(create_body(new_customer(), payload)); }
};

TEST_F(HttpAmounts, are_exact) {
    EXPECT_EQ(amount_of(R"({"items":[{"price":29.99,"quantity":2}]})"), "59.98");
    EXPECT_EQ(amount_of(R"({"items":[{"price":0.1},{"price":0.2}]})"), "0.3");
    EXPECT_EQ(amount_of(R"({"items":[{"price":4.99,"qty":2},{"price":12.5}]})"), "22.48");
    EXPECT_EQ(amount_of(R"({"amount":1817})"), "1817");
    EXPECT_EQ(amount_of(R"({"amount":49.99})"), "49.99");
    EXPECT_EQ(amount_of(R"({"amount":1e3})"), "1000");
    EXPECT_EQ(amount_of(R"({"amount":9999999999999999.99})"), "9999999999999999.99");
    EXPECT_EQ(amount_of(R"({"items":[{"price":0.0000000000000000001,"quantity":1e19}]})"), "1");
}

TEST_F(HttpAmounts, may_be_texts) {
    EXPECT_EQ(amount_of(R"({"amount":"12.50"})"), "12.5");
    EXPECT_EQ(amount_of(R"({"items":[{"price":"29.99","quantity":"2"}]})"), "59.98");
    for (const std::string text : {"", "abc", " 1", "1 ", "1,5", "0x10", "1_000", "NaN", "Infinity", "١٢"}) {
        EXPECT_TRUE(is_problem(refused(R"({"amount":")" + text + R"("})"), 400, {"/payload/amount"})) << text;
    }
}

TEST_F(HttpAmounts, are_rounded_half_up_once_to_two_decimals) {
    EXPECT_EQ(amount_of(R"({"amount":0.005})"), "0.01");
    EXPECT_EQ(amount_of(R"({"amount":0.0049999999999999999999})"), "0");
    EXPECT_EQ(amount_of(R"({"amount":2.675})"), "2.68");
    EXPECT_EQ(amount_of(R"({"amount":1.994})"), "1.99");
    EXPECT_EQ(amount_of(R"({"items":[{"price":0.005},{"price":0.005}]})"), "0.01") << "the sum, not each price";
}

TEST_F(HttpAmounts, come_from_amount_then_items_then_are_0) {
    EXPECT_EQ(amount_of(R"({"amount":5,"items":[{"price":7}]})"), "5");
    EXPECT_EQ(amount_of(R"({"amount":null,"items":[{"price":7}]})"), "7");
    EXPECT_EQ(amount_of(R"({"items":[{"price":7,"quantity":2,"qty":3}]})"), "14");
    EXPECT_EQ(amount_of(R"({"items":[{"name":"free"},{"price":7}]})"), "7");
    EXPECT_EQ(amount_of(R"({"items":[]})"), "0");
    EXPECT_EQ(amount_of(R"({"total":7})"), "0");
}

TEST_F(HttpAmounts, stay_below_1e16) {
    EXPECT_TRUE(is_problem(refused(R"({"amount":1e16})"), 400, {"/payload/amount"}));
    EXPECT_TRUE(is_problem(refused(R"({"amount":"10000000000000000"})"), 400, {"/payload/amount"}));
    EXPECT_TRUE(is_problem(refused(R"({"amount":9999999999999999.995})"), 400, {"/payload/amount"}));
    EXPECT_TRUE(is_problem(refused(R"({"items":[{"price":5e15,"quantity":2}]})"), 400, {"/payload/items"}));
}

TEST_F(HttpAmounts, are_never_negative_in_total) {
    EXPECT_TRUE(is_problem(refused(R"({"amount":-0.01})"), 400, {"/payload/amount"}));
    EXPECT_TRUE(is_problem(refused(R"({"items":[{"price":1},{"price":-2}]})"), 400, {"/payload/items"}));
    EXPECT_EQ(amount_of(R"({"items":[{"price":10},{"price":-2.5}]})"), "7.5") << "a discount";
}

TEST_F(HttpAmounts, are_in_the_payloads_currency_or_in_dollars) {
    const auto currency_of = [](const std::string& payload) {
        return text_at(read(create(new_customer(), payload)).json(), "/currency");
    };
    EXPECT_EQ(currency_of("{}"), "USD");
    EXPECT_EQ(currency_of(R"({"currency":null})"), "USD");
    EXPECT_EQ(currency_of(R"({"currency":"EUR"})"), "EUR");
}

TEST_F(HttpAmounts, are_reckoned_anew_by_an_update) {
    const std::string user = new_customer();
    const std::string id = create(user, R"({"amount":5,"currency":"EUR"})");
    ASSERT_EQ(update(id, user, R"({"items":[{"price":1.10,"quantity":3}]})").status, 200);
    EXPECT_EQ(number_at(read(id).json(), "/amount"), "3.3");
    EXPECT_EQ(text_at(read(id).json(), "/currency"), "USD");
    EXPECT_TRUE(is_problem(update(id, user, R"({"amount":"x"})"), 400, {"/payload/amount"}));
    EXPECT_EQ(number_at(read(id).json(), "/amount"), "3.3");
}

}  // namespace

}  // namespace orderstream::e2e
