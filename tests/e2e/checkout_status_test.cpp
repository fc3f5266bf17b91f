#include <string>

#include "e2e/checkout_suite.h"

// A checkout order's way along its lifecycle. What needs a worker that is slow or refuses is tested in unit/http.

namespace orderstream::e2e {

namespace {

class CheckoutStatus : public CheckoutSuite {
  protected:
    static std::string stepped(const std::string& id, const std::string& from, const std::string& to) {
        return R"({"order_id":")" + id + R"(","old_status":")" + from + R"(","new_status":")" + to + "\"}";
    }
    static std::string status_of(const std::string& id) { return text_at(read(id).json(), "/status"); }
};

const std::vector<std::string> all_statuses{"new",       "pending",  "processing", "done",    "confirmed", "shipped",
                                            "delivered", "refunded", "cancelled",  "deleted", "failed"};

struct From {
    std::string status;
    std::vector<std::string> way;      ///< from confirmed
    std::vector<std::string> allowed;  ///< in the order of the list above
};

TEST_F(CheckoutStatus, takes_every_step_there_is_and_no_other) {
    const std::vector<From> table{
        {"confirmed", {}, {"processing", "cancelled", "deleted"}},
        {"processing", {"processing"}, {"shipped", "cancelled", "deleted"}},
        {"shipped", {"processing", "shipped"}, {"delivered", "deleted"}},
        {"delivered", {"processing", "shipped", "delivered"}, {"refunded", "deleted"}},
        {"refunded", {"processing", "shipped", "delivered", "refunded"}, {"deleted"}},
        {"cancelled", {"cancelled"}, {}},
        {"deleted", {"deleted"}, {}},
    };
    for (const From& from : table) {
        std::string id;  // of an order that is there; a step that is refused leaves it there
        for (const std::string& to : all_statuses) {
            if (id.empty()) {
                id = confirmed(new_customer());
                for (const std::string& step : from.way) ASSERT_EQ(put_status(id, step).status, 200) << step;
            }
            const int version = static_cast<int>(from.way.size()) + 1;
            const HttpResponse response = put_status(id, to);
            if (std::ranges::find(from.allowed, to) != from.allowed.end()) {
                EXPECT_TRUE(is_json(response, 200, stepped(id, from.status, to)));
                EXPECT_EQ(response.header("ETag"), "\"" + std::to_string(version + 1) + "\"");
                EXPECT_EQ(response.header("Cache-Control"), "no-store");
                EXPECT_EQ(status_of(id), to);
                id.clear();
            } else if (to == from.status && to != "deleted") {
                EXPECT_TRUE(is_json(response, 200, stepped(id, to, to))) << "it has that status";
                EXPECT_EQ(response.header("ETag"), "\"" + std::to_string(version) + "\"") << "no new version";
            } else {
                EXPECT_TRUE(is_conflict(response, from.allowed)) << from.status << " -> " << to;
                EXPECT_EQ(status_of(id), from.status);
            }
        }
    }
}

TEST_F(CheckoutStatus, generic_orders_have_fewer_steps) {
    const std::string id = create(new_customer());
    for (const char* status : {"new", "pending", "processing", "done", "confirmed", "shipped", "failed"}) {
        EXPECT_TRUE(is_conflict(put_status(id, status), {"cancelled", "deleted"})) << status;
    }
    EXPECT_TRUE(is_json(put_status(id, "cancelled"), 200, stepped(id, "done", "cancelled")));
    EXPECT_TRUE(is_conflict(put_status(id, "deleted"), {}));
    EXPECT_TRUE(is_conflict(remove(id), {})) << "what is cancelled stays";
}

TEST_F(CheckoutStatus, is_set_below_orders_too) {
    const std::string id = confirmed(new_customer());
    const auto set = [](const std::string& target, const std::string& body) {
        return ask(with_json("PUT", "/orders/" + target + "/status", body));
    };
    EXPECT_TRUE(is_json(set(id, R"({"new_status":"processing"})"), 200, stepped(id, "confirmed", "processing")));
    EXPECT_TRUE(is_problem(set("17", R"({"new_status":"processing"})"), 400));
    EXPECT_TRUE(is_problem(set(new_customer(), R"({"new_status":"processing"})"), 404));
    EXPECT_TRUE(is_problem(put_status("17", "processing"), 404)) << "below /api/v1 it may be an order_uid";
}

TEST_F(CheckoutStatus, a_request_that_makes_no_sense_is_told_what_does) {
    const std::string id = confirmed(new_customer());
    const auto set = [&id](const std::string& body) { return ask(with_json("PUT", at_id(id) + "/status", body)); };
    EXPECT_TRUE(is_problem(set("{}"), 400, {"/new_status"}));
    EXPECT_TRUE(is_problem(set(R"({"new_status":"SHIPPED","reason":7})"), 400, {"/new_status", "/reason"}));
    EXPECT_TRUE(is_problem(set(R"({"new_status":null})"), 400, {"/new_status"}));
    EXPECT_TRUE(is_problem(set("[]"), 400, {""}));
    EXPECT_TRUE(is_problem(set("{"), 400));
    const auto with_reason = [&](std::size_t characters) {
        return set(R"({"new_status":"confirmed","reason":")" + repeated("я", characters) + "\"}");
    };
    EXPECT_EQ(with_reason(500).status, 200);
    EXPECT_TRUE(is_problem(with_reason(501), 400, {"/reason"}));
    EXPECT_EQ(status_of(id), "confirmed");
}

TEST_F(CheckoutStatus, who_waits_hears_when_the_worker_has_seen_it) {
    const std::string id = confirmed(new_customer());
    const HttpResponse response = put_status(id, "processing", {{"Prefer", "wait=30"}});
    EXPECT_TRUE(is_json(response, 200, stepped(id, "confirmed", "processing")));
    EXPECT_EQ(response.header("Preference-Applied"), "wait=30");
}

}  // namespace

}  // namespace orderstream::e2e
