#pragma once

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

using namespace std::chrono_literals;
using pipeline::testing::Call;
using pipeline::testing::order_id;
using pipeline::testing::World;

inline constexpr const char* customer = "123e4567-e89b-12d3-a456-426614174000";

inline std::string checkout_body(int quantity = 3) {
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

/// The doors to single orders over a whole pipeline that is moved step by step.
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

}  // namespace orderstream::http
