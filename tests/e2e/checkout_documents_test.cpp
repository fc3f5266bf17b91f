#include <string>

#include "e2e/checkout_suite.h"

// What a checkout document may hold, told by the door: every problem by its pointer, text in any script, exact prices.

namespace orderstream::e2e {

namespace {

class CheckoutDocuments : public CheckoutSuite {
  protected:
    /// The `order` that this document becomes.
    static documents::Json order_of(const std::string& body) {
        const HttpResponse response = post_checkout(body);
        EXPECT_EQ(response.status, 201) << response;
        return response.status == 201 ? at(response.json(), "/order") : documents::Json();
    }
    static std::string of_one(const Item& item) { return checkout_body(new_customer(), {item}); }
    static std::string with(const std::string& more) { return checkout_body(new_customer(), {Item{}}, more); }
};

TEST_F(CheckoutDocuments, everything_wrong_is_named_at_once) {
    EXPECT_TRUE(is_problem(post_checkout("{}"), 400, {"/customer_id", "/email", "/items"}));
    const std::string all_wrong = R"({
        "customer_id": "17", "email": "no address", "currency": "usd", "metadata": [],
        "items": [{"product_id": 5, "name": "", "price": 0, "quantity": 1.5}, 7, {}],
        "shipping_address": {"street": "", "city": 3, "state": 4, "country": null},
        "billing_address": "there"})";
    EXPECT_TRUE(is_problem(
        post_checkout(all_wrong), 400,
        {"/customer_id", "/email", "/currency", "/metadata", "/items/0/product_id", "/items/0/name", "/items/0/price",
         "/items/0/quantity", "/items/1", "/items/2/product_id", "/items/2/name", "/items/2/price", "/items/2/quantity",
         "/shipping_address/street", "/shipping_address/city", "/shipping_address/state", "/shipping_address/country",
         "/shipping_address/zip_code", "/billing_address"}));
    EXPECT_TRUE(is_problem(post_checkout(checkout_body("17", {})), 400, {"/customer_id", "/items"}));
}

TEST_F(CheckoutDocuments, prices_are_positive_and_have_two_decimals) {
    for (const std::string price : {"0.01", "49.99", "49.990", "5e1", "99999999.99"}) {
        EXPECT_EQ(post_checkout(of_one({.price = price, .quantity = "1"})).status, 201) << price;
    }
    for (const std::string price : {"0", "-1", "0.001", "49.999", "1e-3", "100000000", "1e300", "\"49.99\"", "null"}) {
        EXPECT_TRUE(is_problem(post_checkout(of_one({.price = price, .quantity = "1"})), 400, {"/items/0/price"}))
            << price;
    }
    EXPECT_EQ(post_checkout(of_one({.price = "0.01", .quantity = "3.0"})).status, 201);
    for (const std::string quantity : {"0", "-1", "1.5", "2147483648", "1e30", "\"3\"", "true"}) {
        EXPECT_TRUE(is_problem(post_checkout(of_one({.quantity = quantity})), 400, {"/items/0/quantity"})) << quantity;
    }
}

TEST_F(CheckoutDocuments, totals_are_exact_up_to_what_can_be_stored) {
    const auto total = [](const std::vector<Item>& items) {
        return number_at(order_of(checkout_body(new_customer(), items)), "/total_amount");
    };
    EXPECT_EQ(total({{.price = "49.99", .quantity = "3"}}), "149.97");
    EXPECT_EQ(total({{.price = "0.1", .quantity = "3"}, {.price = "0.2", .quantity = "3"}}), "0.9");
    EXPECT_EQ(total({{.price = "0.01", .quantity = "2147483647"}}), "21474836.47");
    EXPECT_EQ(total({{.price = "99999999.98", .quantity = "1"}, {.price = "0.01", .quantity = "1"}}), "99999999.99");
    EXPECT_TRUE(is_problem(post_checkout(checkout_body(new_customer(), {{.price = "99999999.99", .quantity = "1"},
                                                                        {.price = "0.01", .quantity = "1"}})),
                           400, {"/items"}));
    EXPECT_TRUE(is_problem(post_checkout(of_one({.price = "99999999.99", .quantity = "2147483647"})), 400, {"/items"}));
}

TEST_F(CheckoutDocuments, names_and_streets_are_of_any_script_and_of_sane_length) {
    for (const std::string_view letter : {"x", "я", "茶", "\xf0\x9f\x8d\xb5", "ا"}) {
        const std::string longest = repeated(letter, 255);
        const auto order = order_of(with(R"(,"shipping_address":{"street":")" + longest + R"(","city":")" + longest +
                                         R"(","country":"BY","zip_code":"1"})"));
        EXPECT_EQ(text_at(order, "/shipping_address/street"), longest);
        EXPECT_EQ(text_at(order_of(of_one({.name = "\"" + longest + "\""})), "/items/0/name"), longest);
        const std::string longer = longest + std::string(letter);
        EXPECT_TRUE(is_problem(post_checkout(of_one({.name = "\"" + longer + "\""})), 400, {"/items/0/name"}));
        EXPECT_TRUE(is_problem(post_checkout(with(R"(,"billing_address":{"street":")" + longer +
                                                  R"(","city":"C","country":"BY","zip_code":"1"})")),
                               400, {"/billing_address/street"}));
    }
    const std::string quoted = R"("\"Чай\" \\ 🍵\n\u0001")";
    EXPECT_EQ(render_json(at(order_of(of_one({.name = quoted})), "/items/0/name")), quoted);
    EXPECT_TRUE(is_problem(post_checkout(of_one({.name = R"("a\u0000b")"})), 400));
    EXPECT_TRUE(is_problem(post_checkout(of_one({.name = "\"\xff\""})), 400));
}

TEST_F(CheckoutDocuments, metadata_of_64_kib_is_kept_as_given) {
    const std::string head = R"({"нота":"å","n":[1.50,-0.1,1e2,true,null],"text":")";
    const std::string kept_head = R"({"нота":"å","n":[1.50,-0.1,100,true,null],"text":")";
    const auto metadata = [&](std::size_t bytes) {  // as compact text, that is with 1e2 written out
        return head + std::string(bytes - kept_head.size() - 2, 'm') + "\"}";
    };
    const std::string largest = metadata(64 * 1024);
    const HttpResponse created = post_checkout(with(R"(,"metadata":)" + largest));
    ASSERT_EQ(created.status, 201) << created.status;
    const std::string kept = render_json(at(show(order_id_in(created)).json(), "/order/metadata"));
    EXPECT_EQ(kept.size(), 64U * 1024);
    EXPECT_EQ(kept, kept_head + largest.substr(head.size()));
    EXPECT_TRUE(is_problem(post_checkout(with(R"(,"metadata":)" + metadata(64 * 1024 + 1))), 400, {"/metadata"}));
}

TEST_F(CheckoutDocuments, an_order_has_as_many_items_as_fit_into_a_body) {
    const std::size_t bytes = item_body({}).size() + 1;
    const std::size_t many = 5000;
    ASSERT_LT(many * bytes, 1024U * 1024);
    const std::vector<Item> items(many, Item{.price = "0.01", .quantity = "1"});
    // With ids and totals it is larger than what came in, and what does not fit is told so.
    const HttpResponse too_many = post_checkout(checkout_body(new_customer(), std::vector<Item>(9000, items[0])));
    EXPECT_TRUE(is_problem(too_many, 413)) << too_many.status;
    const HttpResponse response = post_checkout(checkout_body(new_customer(), items));
    ASSERT_EQ(response.status, 201) << response.status;
    EXPECT_EQ(size_at(response.json(), "/order/items"), many);
    EXPECT_EQ(number_at(response.json(), "/order/total_amount"), "50");
}

}  // namespace

}  // namespace orderstream::e2e
