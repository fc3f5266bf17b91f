#include <string>

#include "e2e/checkout_suite.h"

// A checkout order over /api/v1/orders: created, read, replaced, deleted, and what each door says when it cannot.

namespace orderstream::e2e {

namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

constexpr const char* uuid_v7 = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
constexpr const char* time = "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{6}Z";

std::vector<std::string> names_in(const documents::Json& object) {
    std::vector<std::string> names;
    for (const auto& [name, value] : *object.as_object()) names.push_back(name);
    return names;
}

class CheckoutOrders : public CheckoutSuite {};

TEST_F(CheckoutOrders, are_created) {
    const std::string customer = new_customer();
    const HttpResponse response = post_checkout(checkout_body(customer));
    ASSERT_EQ(response.status, 201) << response;
    const documents::Json body = response.json();
    EXPECT_THAT(names_in(body), testing::ElementsAre("order", "message"));
    EXPECT_EQ(text_at(body, "/message"), "Order created successfully");
    EXPECT_THAT(
        names_in(at(body, "/order")),
        testing::UnorderedElementsAre("id", "customer_id", "email", "status", "total_amount", "currency", "items",
                                      "metadata", "shipping_address", "billing_address", "created_at", "updated_at"));
    EXPECT_THAT(text_at(body, "/order/id"), MatchesRegex(uuid_v7));
    EXPECT_EQ(text_at(body, "/order/customer_id"), customer);
    EXPECT_EQ(text_at(body, "/order/email"), "customer@example.com");
    EXPECT_EQ(text_at(body, "/order/status"), "pending");
    EXPECT_EQ(number_at(body, "/order/total_amount"), "149.97") << "49.99 x 3, not a binary fraction of it";
    EXPECT_EQ(text_at(body, "/order/currency"), "USD");
    EXPECT_THAT(text_at(body, "/order/created_at"), MatchesRegex(time));
    EXPECT_THAT(text_at(body, "/order/updated_at"), MatchesRegex(time));
    ASSERT_EQ(size_at(body, "/order/items"), 1U);
    EXPECT_THAT(names_in(at(body, "/order/items/0")),
                testing::UnorderedElementsAre("id", "product_id", "name", "price", "quantity", "total"));
    EXPECT_THAT(text_at(body, "/order/items/0/id"), MatchesRegex(uuid_v7));
    EXPECT_EQ(number_at(body, "/order/items/0/price"), "49.99");
    EXPECT_EQ(number_at(body, "/order/items/0/total"), "149.97");

    EXPECT_EQ(response.header("Location"), at_id(order_id_in(response)));
    EXPECT_EQ(response.header("ETag"), "\"1\"");
    EXPECT_EQ(response.header("Cache-Control"), "no-store");
    EXPECT_EQ(response.header("Idempotent-Replayed"), std::nullopt);
}

TEST_F(CheckoutOrders, are_confirmed_by_the_worker_and_shown_as_they_are) {
    const std::string address =
        R"({"street":"Main St, 1","city":"Minsk","state":"MI","country":"BY","zip_code":"220030"})";
    const HttpResponse created = post_checkout(
        checkout_body(new_customer(), {{.price = "0.01", .quantity = "7"}, {.price = "12.5", .quantity = "2"}},
                      R"(,"currency":"EUR","metadata":{"n":1.50,"deep":[{"a":null}]},"shipping_address":)" + address +
                          R"(,"billing_address":null,"id":"mine","status":"shipped","total_amount":1)"),
        {{"Prefer", "wait=30"}});
    ASSERT_EQ(created.status, 201) << created;
    EXPECT_EQ(created.header("Preference-Applied"), "wait=30");
    const HttpResponse shown = show(order_id_in(created));
    ASSERT_EQ(shown.status, 200) << shown;
    const documents::Json body = shown.json();
    EXPECT_EQ(render_json(at(body, "/order")), render_json(at(created.json(), "/order")));
    EXPECT_EQ(text_at(body, "/order/status"), "confirmed");
    EXPECT_EQ(number_at(body, "/order/total_amount"), "25.07");
    EXPECT_EQ(text_at(body, "/order/currency"), "EUR");
    EXPECT_EQ(render_json(at(body, "/order/shipping_address")), address);
    EXPECT_EQ(render_json(at(body, "/order/metadata/deep")), R"([{"a":null}])");
    EXPECT_EQ(shown.header("ETag"), "\"1\"") << "a worker's step is no change";
    EXPECT_EQ(shown.header("Cache-Control"), "no-store");
}

TEST_F(CheckoutOrders, are_found_by_a_uuid_alone) {
    const std::string id = confirmed(new_customer());
    std::string capitals = id;
    for (char& c : capitals) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    EXPECT_EQ(show(capitals).body, show(id).body);
    const HttpResponse head =
        server().connect().ask({.method = "HEAD", .target = at_id(id), .headers = {}, .body = {}});
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("ETag"), "\"1\"");

    std::string bare = id;
    std::erase(bare, '-');
    for (const std::string& other : {new_customer(), bare, "{" + id + "}", std::string("17"), std::string(4000, 'x'),
                                     std::string("b563feb7b2b84b6test"), std::string("%C3%A4%00")}) {
        EXPECT_TRUE(is_problem(show(other), 404)) << other;
    }
    EXPECT_TRUE(is_problem(show("%zz"), 400));
    EXPECT_TRUE(is_problem(ask(get(at_id(id) + "?page=1")), 400));
}

TEST_F(CheckoutOrders, stand_beside_generic_ones) {
    const std::string user = new_customer();
    const std::string generic = create(user, R"({"id":"cart-1","amount":5})");
    EXPECT_EQ(show(generic).body, read(generic).body);
    EXPECT_EQ(show(generic).header("ETag"), "\"1\"");
    const std::string id = confirmed(user);
    EXPECT_EQ(text_at(read(id).json(), "/order_id"), id) << "GET /orders/{order_id} shows every kind in its own shape";
}

TEST_F(CheckoutOrders, are_replaced) {
    const std::string customer = new_customer();
    const std::string id = confirmed(customer);
    const std::string created_at = text_at(show(id).json(), "/order/created_at");
    const HttpResponse response =
        put(id, checkout_body(customer, {{.price = "10", .quantity = "2"}}, R"(,"currency":"EUR","id":"other")"),
            {{"Prefer", "wait=30"}});
    ASSERT_EQ(response.status, 200) << response;
    const documents::Json body = response.json();
    EXPECT_THAT(names_in(body), testing::ElementsAre("order"));
    EXPECT_EQ(text_at(body, "/order/id"), id) << "the path's id wins";
    EXPECT_EQ(text_at(body, "/order/status"), "confirmed") << "it was worked on again";
    EXPECT_EQ(number_at(body, "/order/total_amount"), "20");
    EXPECT_EQ(text_at(body, "/order/currency"), "EUR");
    EXPECT_EQ(text_at(body, "/order/created_at"), created_at);
    EXPECT_EQ(response.header("ETag"), "\"2\"");
    EXPECT_EQ(response.header("Location"), std::nullopt);
    EXPECT_EQ(show(id).body, response.body);

    ASSERT_EQ(put_status(id, "processing").status, 200);
    EXPECT_TRUE(is_conflict(put(id, checkout_body(customer)), {"shipped", "cancelled", "deleted"}));
    EXPECT_EQ(show(id).header("ETag"), "\"3\"");
}

TEST_F(CheckoutOrders, keep_kind_and_customer) {
    const std::string customer = new_customer();
    const std::string id = confirmed(customer);
    EXPECT_TRUE(is_problem(put(id, checkout_body(new_customer())), 409));
    EXPECT_TRUE(is_problem(put(id, create_body(customer, "{}")), 409));
    EXPECT_TRUE(is_problem(put(id, R"({"email":"x"})"), 400, {"/customer_id", "/email", "/items"}));
    const std::string generic = create(customer);
    EXPECT_TRUE(is_problem(put(generic, checkout_body(customer)), 409));
    EXPECT_TRUE(is_problem(put(generic, create_body(new_customer(), "{}")), 409));
    EXPECT_TRUE(is_problem(put(generic, create_body(customer, "[]")), 400, {"/payload"}));

    const HttpResponse replaced = put(generic, create_body(customer, R"({"amount":7})"), {{"Prefer", "wait=30"}});
    ASSERT_EQ(replaced.status, 200) << replaced;
    EXPECT_EQ(replaced.body, read(generic).body);
    EXPECT_EQ(number_at(replaced.json(), "/amount"), "7");
    EXPECT_EQ(text_at(replaced.json(), "/status"), "done");
    EXPECT_TRUE(is_problem(put(new_customer(), checkout_body(customer)), 404));
}

TEST_F(CheckoutOrders, are_deleted_once) {
    const std::string customer = new_customer();
    const std::string id = confirmed(customer);
    const HttpResponse removed = remove(id);
    EXPECT_EQ(removed.status, 204) << removed;
    EXPECT_EQ(removed.body, "");
    EXPECT_EQ(removed.header("ETag"), "\"2\"");
    EXPECT_TRUE(is_problem(remove(id), 404));
    EXPECT_TRUE(is_problem(show(id), 404));
    EXPECT_EQ(text_at(read(id).json(), "/status"), "deleted") << "the row stays";
    EXPECT_TRUE(is_conflict(put(id, checkout_body(customer)), {})) << "and stays what it is";

    const std::string other = confirmed(new_customer());
    EXPECT_EQ(ask({.method = "DELETE", .target = "/orders/" + other, .headers = {}, .body = {}}).status, 204);
    EXPECT_TRUE(is_problem(ask({.method = "DELETE", .target = "/orders/" + other, .headers = {}, .body = {}}), 404));
    EXPECT_TRUE(is_problem(ask({.method = "DELETE", .target = "/orders/17", .headers = {}, .body = {}}), 400));
    EXPECT_TRUE(is_problem(remove("17"), 404));

    const std::string generic = create(new_customer());
    EXPECT_EQ(remove(generic).status, 204);
    EXPECT_EQ(text_at(read(generic).json(), "/status"), "deleted");
}

TEST_F(CheckoutOrders, are_changed_only_if_they_are_what_the_client_saw) {
    const std::string customer = new_customer();
    const std::string id = confirmed(customer);
    for (const std::string tag : {"\"2\"", "W/\"1\"", "\"other\""}) {
        const Headers if_match{{"If-Match", tag}};
        EXPECT_TRUE(is_problem(put(id, checkout_body(customer), if_match), 412)) << tag;
        EXPECT_TRUE(is_problem(put_status(id, "processing", if_match), 412)) << tag;
        EXPECT_TRUE(is_problem(remove(id, if_match), 412)) << tag;
    }
    EXPECT_TRUE(is_problem(remove(id, {{"If-Match", "1"}}), 400));
    EXPECT_EQ(put_status(id, "processing", {{"If-Match", "\"1\""}}).header("ETag"), "\"2\"");
    EXPECT_EQ(put_status(id, "shipped", {{"If-Match", "\"1\", \"2\""}}).header("ETag"), "\"3\"");
    EXPECT_EQ(remove(id, {{"If-Match", "*"}}).status, 204);
    EXPECT_TRUE(is_problem(post_checkout(checkout_body(customer), {{"If-Match", "*"}}), 412));
}

TEST_F(CheckoutOrders, come_as_json) {
    EXPECT_TRUE(is_problem(post_checkout("{"), 400));
    EXPECT_TRUE(is_problem(post_checkout(""), 400));
    EXPECT_TRUE(is_problem(post_checkout("[]"), 400, {""}));
    EXPECT_TRUE(is_problem(post_checkout(R"({"items":[],"items":[]})"), 400));
    EXPECT_TRUE(is_problem(ask({.method = "POST",
                                .target = checkouts,
                                .headers = {{"Content-Type", "text/plain"}},
                                .body = checkout_body(new_customer())}),
                           415));
    EXPECT_TRUE(is_problem(post_checkout(std::string(1024 * 1024 + 1, ' ')), 413));
    const HttpResponse marketplace = post_checkout(R"({"order_uid":"b563feb7b2b84b6test"})");
    EXPECT_TRUE(is_problem(marketplace, 400));
    EXPECT_THAT(marketplace.body, HasSubstr("not served yet"));
}

TEST_F(CheckoutOrders, tell_their_request_by_its_id) {
    const std::string id = confirmed(new_customer());
    const Headers mine{{"X-Request-ID", "shop-4711"}};
    for (const HttpResponse& response :
         {ask(get(at_id(id), mine)), ask(get(checkouts, mine)), ask(get("/api/v1/statistics", mine)),
          post_checkout("{", mine), put(id, "{", mine), put_status(id, "lost", mine), remove(new_customer(), mine)}) {
        EXPECT_EQ(response.header("X-Request-ID"), "shop-4711") << response;
        if (response.status < 400) continue;
        EXPECT_EQ(text_at(response.json(), "/request_id"), "shop-4711");
    }
    const auto with_reason =
        ask(with_json("PUT", "/orders/" + id + "/status", R"({"new_status":"processing","reason":"packed in Минск"})",
                      {{"X-Request-ID", "shop-4712"}}));
    EXPECT_EQ(with_reason.status, 200) << with_reason;
    EXPECT_TRUE(server().logs("packed in Минск"));
    EXPECT_TRUE(server().logs("shop-4712"));
}

TEST_F(CheckoutOrders, say_which_methods_there_are) {
    const auto options = [](const std::string& target) {
        return ask({.method = "OPTIONS", .target = target, .headers = {}, .body = {}}).header("Allow");
    };
    const std::string id = new_customer();
    EXPECT_EQ(options(at_id(id) + "/status"), "PUT, OPTIONS");
    EXPECT_EQ(options("/orders/" + id + "/status"), "PUT, OPTIONS");
    const HttpResponse patch = ask(with_json("PATCH", at_id(id), "{}"));
    EXPECT_TRUE(is_problem(patch, 405));
    for (const char* method : {"GET", "HEAD", "PUT", "DELETE"}) {
        EXPECT_THAT(patch.header("Allow").value_or(""), HasSubstr(method));
    }
}

}  // namespace

}  // namespace orderstream::e2e
