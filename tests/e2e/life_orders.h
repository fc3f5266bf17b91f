#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "e2e/support/http_client.h"
#include "e2e/support/new_customer.h"

namespace orderstream::e2e {

/// Built with a sanitizer everything takes several times as long: the tests then do less, but expect the same.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
[[nodiscard]] constexpr int scaled(int count) { return sanitized ? count / 4 : count; }

/// An order's payload, its external id and what it costs.
struct Document {
    std::string external_id{};
    std::string text{};
    long long cents = 0;
};
/// With an amount of `number` and a quarter.
[[nodiscard]] Document document(const std::string& external_id, int number);

[[nodiscard]] HttpRequest create(const std::string& customer, const Document& document, Headers headers = {});
[[nodiscard]] HttpRequest update(const std::string& id, const std::string& customer, const Document& document,
                                 Headers headers = {});
/// `status` is `deleted` or `cancelled`.
[[nodiscard]] HttpRequest end(const std::string& id, const std::string& customer, const std::string& status,
                              Headers headers = {});
[[nodiscard]] inline HttpRequest show(const std::string& id) { return get("/orders/" + id); }

/// What an answer says: the `order_id` of its body, the version in its ETag, the payload as it was sent. They throw
/// when it says nothing.
[[nodiscard]] std::string id_in(const HttpResponse& response);
[[nodiscard]] int version_in(const HttpResponse& response);
[[nodiscard]] std::string payload_in(const HttpResponse& response);
[[nodiscard]] long long cents_in(const HttpResponse& response);
[[nodiscard]] bool says(const HttpResponse& response, std::string_view header, std::string_view value);

/// Whether `condition` comes true in time.
[[nodiscard]] bool eventually(const std::function<bool()>& condition,
                              std::chrono::milliseconds timeout = std::chrono::seconds(20));

}  // namespace orderstream::e2e
