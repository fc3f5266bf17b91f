#include "e2e/checkout_suite.h"

#include <stdexcept>

namespace orderstream::e2e {

std::string item_body(const Item& item) {
    return R"({"product_id":")" + std::string(product) + R"(","name":)" + item.name + R"(,"price":)" + item.price +
           R"(,"quantity":)" + item.quantity + "}";
}

std::string checkout_body(const std::string& customer, const std::vector<Item>& items, const std::string& more) {
    std::string list;
    for (const Item& item : items) list.append(list.empty() ? "" : ",").append(item_body(item));
    return R"({"customer_id":")" + customer + R"(","email":"customer@example.com","items":[)" + list + "]" + more + "}";
}

std::string CheckoutSuite::confirmed(const std::string& customer, const std::vector<Item>& items,
                                     const std::string& more) {
    const HttpResponse response = post_checkout(checkout_body(customer, items, more), {{"Prefer", "wait=30"}});
    if (response.status != 201 || text_at(response.json(), "/order/status") != "confirmed") {
        throw std::runtime_error(testing::PrintToString(response));
    }
    return order_id_in(response);
}

std::string order_id_in(const HttpResponse& response) { return text_at(response.json(), "/order/id"); }

testing::AssertionResult is_conflict(const HttpResponse& response, const std::vector<std::string>& allowed) {
    const auto fails = [&response](const std::string& why) {
        return testing::AssertionFailure() << why << ":\n" << response;
    };
    if (response.status != 409) return fails("it is not a 409");
    if (response.header("Content-Type") != "application/problem+json") return fails("it is no problem");
    const documents::Json body = response.json();
    if (!has(body, "/allowed")) return fails("it does not say what is allowed");
    std::vector<std::string> named;
    for (std::size_t i = 0; i < size_at(body, "/allowed"); ++i) {
        named.push_back(text_at(body, "/allowed/" + std::to_string(i)));
    }
    if (named != allowed) return fails("it does not name " + testing::PrintToString(allowed));
    return testing::AssertionSuccess();
}

}  // namespace orderstream::e2e
