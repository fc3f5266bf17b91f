#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "e2e/support/http_client.h"
#include "e2e/support/json_access.h"
#include "e2e/support/new_customer.h"
#include "e2e/support/server.h"

namespace orderstream::e2e {

/// A suite whose tests share one server, each with customers of its own. The server must end in order, which is also
/// when a sanitizer says what it found.
class HttpSuite : public testing::Test {
  protected:
    static void SetUpTestSuite() { start({}); }
    static void TearDownTestSuite();

    static void start(const Server::Options& options) { server_ = std::make_unique<Server>(options); }
    [[nodiscard]] static Server& server() { return *server_; }

    static HttpResponse ask(const HttpRequest& request) { return server().ask(request); }
    static HttpResponse post(std::string body, Headers headers = {}) {
        return ask(with_json("POST", "/orders", std::move(body), std::move(headers)));
    }
    /// Creates an order, which must succeed, and says its id.
    static std::string create(const std::string& user, const std::string& payload = "{}", Headers headers = {});
    static HttpResponse read(const std::string& order_id) { return ask(get("/orders/" + order_id)); }
    /// The order as soon as its worker is done with it.
    static HttpResponse read_when_done(const std::string& order_id);

  private:
    static inline std::unique_ptr<Server> server_;
};

[[nodiscard]] std::string create_body(const std::string& user, const std::string& payload);
[[nodiscard]] std::string update_body(const std::string& order_id, const std::string& user, const std::string& payload);
/// To be deleted or cancelled.
[[nodiscard]] std::string status_body(const std::string& order_id, const std::string& user, const std::string& status);

[[nodiscard]] std::string repeated(std::string_view text, std::size_t times);

/// That the answer is a whole problem (RFC 9457) as REFERENCE has it, with exactly these pointers in `errors`, in any
/// order; none: without `errors`.
[[nodiscard]] testing::AssertionResult is_problem(const HttpResponse& response, int status,
                                                  std::vector<std::string> pointers = {});
/// That it is this JSON text, as application/json.
[[nodiscard]] testing::AssertionResult is_json(const HttpResponse& response, int status, std::string_view body);

}  // namespace orderstream::e2e
