#include "e2e/life_orders.h"

#include <stdexcept>
#include <thread>

#include "e2e/support/json_access.h"

namespace orderstream::e2e {

namespace {

std::string body(const std::string& id, const std::string& customer, const std::string& rest) {
    std::string text = "{\"user_id\":\"" + customer + "\",";
    if (!id.empty()) text += "\"order_id\":\"" + id + "\",";
    return text + rest + "}";
}

HttpRequest post(std::string body, Headers headers) {
    return with_json("POST", "/orders", std::move(body), std::move(headers));
}

}  // namespace

Document document(const std::string& external_id, int number) {
    return {.external_id = external_id,
            // The names in the order in which PostgreSQL's jsonb keeps them.
            .text = "{\"id\":\"" + external_id + "\",\"items\":[{\"name\":\"a b\",\"price\":\"1.50\"}],\"amount\":" +
                    std::to_string(number) + ".25}",
            .cents = 100LL * number + 25};
}

HttpRequest create(const std::string& customer, const Document& document, Headers headers) {
    return post(body("", customer, "\"payload\":" + document.text), std::move(headers));
}

HttpRequest update(const std::string& id, const std::string& customer, const Document& document, Headers headers) {
    return post(body(id, customer, "\"payload\":" + document.text), std::move(headers));
}

HttpRequest end(const std::string& id, const std::string& customer, const std::string& status, Headers headers) {
    return post(body(id, customer, "\"status\":\"" + status + "\""), std::move(headers));
}

std::string id_in(const HttpResponse& response) { return text_at(response.json(), "/order_id"); }

int version_in(const HttpResponse& response) {
    const auto tag = response.header("ETag");
    if (!tag || tag->size() < 3) throw std::runtime_error("an answer without ETag: " + response.body);
    return std::stoi(tag->substr(1));
}

std::string payload_in(const HttpResponse& response) { return render_json(at(response.json(), "/payload")); }

long long cents_in(const HttpResponse& response) {
    const std::string amount = number_at(response.json(), "/amount");
    const auto point = amount.find('.');
    std::string cents = point == std::string::npos ? "" : amount.substr(point + 1);
    cents.resize(2, '0');
    return std::stoll(amount.substr(0, point) + cents);
}

bool says(const HttpResponse& response, std::string_view header, std::string_view value) {
    return response.header(header) == value;
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds timeout) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

}  // namespace orderstream::e2e
