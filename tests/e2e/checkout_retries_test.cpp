#include <map>
#include <mutex>
#include <set>
#include <string>

#include "e2e/checkout_suite.h"
#include "e2e/life_store.h"
#include "e2e/support/concurrent.h"

// A create sent again with its Idempotency-Key: one order, however often.

namespace orderstream::e2e {

namespace {

Headers key(const std::string& text) { return {{"Idempotency-Key", text}}; }

class CheckoutRetries : public CheckoutSuite {
  protected:
    static bool replayed(const HttpResponse& response) { return response.header("Idempotent-Replayed") == "true"; }
    static long long stored_of(const std::string& customer) {
        return StoreFile(server().data()).count("orders WHERE customer_id = '" + customer + "'");
    }
};

TEST_F(CheckoutRetries, show_the_order_as_it_is_now) {
    const std::string customer = new_customer();
    const std::string body = checkout_body(customer);
    const HttpResponse first = post_checkout(body, key("k"));
    ASSERT_EQ(first.status, 201) << first;
    EXPECT_FALSE(replayed(first));
    const std::string id = order_id_in(first);

    Headers waiting = key("k");
    waiting.emplace_back("Prefer", "wait=30");
    const HttpResponse second = post_checkout(body, waiting);
    EXPECT_EQ(second.status, 201) << second;
    EXPECT_TRUE(replayed(second));
    EXPECT_EQ(order_id_in(second), id);
    EXPECT_EQ(text_at(second.json(), "/order/status"), "confirmed");
    EXPECT_EQ(second.header("Location"), first.header("Location"));
    EXPECT_EQ(text_at(second.json(), "/order/items/0/id"), text_at(first.json(), "/order/items/0/id"));

    ASSERT_EQ(put(id, checkout_body(customer, {{.price = "1", .quantity = "1"}})).status, 200);
    const HttpResponse third = post_checkout(body, key("k"));
    EXPECT_EQ(third.status, 201) << third;
    EXPECT_TRUE(replayed(third));
    EXPECT_EQ(number_at(third.json(), "/order/total_amount"), "1");
    EXPECT_EQ(third.header("ETag"), "\"2\"");
    EXPECT_EQ(stored_of(customer), 1);
}

TEST_F(CheckoutRetries, are_the_same_however_they_are_written) {
    const std::string customer = new_customer();
    const HttpResponse first = post_checkout(checkout_body(customer, {{.price = "5", .quantity = "3"}}), key("k"));
    ASSERT_EQ(first.status, 201) << first;
    const std::string again = R"({"items": [{"quantity": 3.0, "price": 5.00, "name": "\u0054ea", "unknown": 1,
        "product_id": ")" + std::string(product) +
                              R"("}], "currency": "USD", "metadata": null,
        "email": "customer@example.com", "customer_id": ")" +
                              customer + "\"}";
    const HttpResponse second = post_checkout(again, key("k"));
    EXPECT_EQ(second.status, 201) << second;
    EXPECT_TRUE(replayed(second));
}

TEST_F(CheckoutRetries, with_another_document_are_422) {
    const std::string customer = new_customer();
    ASSERT_EQ(post_checkout(checkout_body(customer), key("k")).status, 201);
    const HttpResponse other = post_checkout(checkout_body(customer, {{.quantity = "4"}}), key("k"));
    EXPECT_TRUE(is_problem(other, 422));
    EXPECT_FALSE(replayed(other));
    EXPECT_EQ(post_checkout(checkout_body(new_customer(), {{.quantity = "4"}}), key("k")).status, 201)
        << "a key is its customer's own";
    EXPECT_EQ(create(customer, "{}", key("k")).size(), 36U) << "and its kind's";
    EXPECT_TRUE(is_problem(post_checkout(checkout_body(customer), key("")), 400));
    EXPECT_TRUE(is_problem(post_checkout(checkout_body(customer), key(std::string(201, 'k'))), 400));
    EXPECT_EQ(post_checkout(checkout_body(customer), key(std::string(200, 'k'))).status, 201);
}

TEST_F(CheckoutRetries, of_what_has_ended_are_409) {
    const std::string customer = new_customer();
    for (const std::string status : {"deleted", "cancelled"}) {
        const HttpResponse first = post_checkout(checkout_body(customer), key(status));
        ASSERT_EQ(put_status(order_id_in(first), status).status, 200);
        const HttpResponse again = post_checkout(checkout_body(customer), key(status));
        EXPECT_TRUE(is_conflict(again, {}));
        EXPECT_TRUE(replayed(again));
    }
}

TEST_F(CheckoutRetries, at_once_make_one_order) {
    const std::string customer = new_customer();
    std::mutex mutex;
    std::set<std::string> ids;
    std::map<bool, int> answers;
    concurrent_clients(server().port(), 30, [&](HttpConnection& connection, int) {
        const HttpResponse response =
            connection.ask(with_json("POST", checkouts, checkout_body(customer), key("at once")));
        EXPECT_EQ(response.status, 201) << response;
        const std::lock_guard lock(mutex);
        ids.insert(order_id_in(response));
        ++answers[replayed(response)];
    });
    EXPECT_EQ(ids.size(), 1U);
    EXPECT_EQ(answers, (std::map<bool, int>{{false, 1}, {true, 29}}));
    EXPECT_EQ(stored_of(customer), 1);
}

}  // namespace

}  // namespace orderstream::e2e
