#pragma once

#include <string>
#include <vector>

#include "e2e/http_suite.h"

namespace orderstream::e2e {

inline constexpr const char* product = "456e7890-e89b-12d3-a456-426614174001";
inline constexpr const char* checkouts = "/api/v1/orders";

/// One item of a checkout, as JSON text member by member; name and price as JSON, too.
struct Item {
    std::string price = "49.99";
    std::string quantity = "3";
    std::string name = R"("Tea")";
};
[[nodiscard]] std::string item_body(const Item& item);
/// A checkout document; `more`: further members, each with a comma before it.
[[nodiscard]] std::string checkout_body(const std::string& customer, const std::vector<Item>& items = {Item{}},
                                        const std::string& more = "");

/// What the tests of `/api/v1/orders` share.
class CheckoutSuite : public HttpSuite {
  protected:
    static HttpResponse post_checkout(std::string body, Headers headers = {}) {
        return ask(with_json("POST", checkouts, std::move(body), std::move(headers)));
    }
    /// A checkout order that a worker has confirmed, which must succeed; its id.
    static std::string confirmed(const std::string& customer, const std::vector<Item>& items = {Item{}},
                                 const std::string& more = "");
    static HttpResponse show(const std::string& id) { return ask(get(at_id(id))); }
    static HttpResponse put(const std::string& id, std::string body, Headers headers = {}) {
        return ask(with_json("PUT", at_id(id), std::move(body), std::move(headers)));
    }
    static HttpResponse put_status(const std::string& id, const std::string& status, Headers headers = {}) {
        return ask(with_json("PUT", at_id(id) + "/status", R"({"new_status":")" + status + "\"}", std::move(headers)));
    }
    static HttpResponse remove(const std::string& id, Headers headers = {}) {
        return ask({.method = "DELETE", .target = at_id(id), .headers = std::move(headers), .body = {}});
    }
    static std::string at_id(const std::string& id) { return std::string(checkouts) + "/" + id; }
};

/// The id of the `order` in an answer.
[[nodiscard]] std::string order_id_in(const HttpResponse& response);

/// That it is a problem that names these statuses, in this order, as those the order may go to.
[[nodiscard]] testing::AssertionResult is_conflict(const HttpResponse& response,
                                                   const std::vector<std::string>& allowed);

}  // namespace orderstream::e2e
