// What listings and statistics look like.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "documents/json.h"
#include "http/list_cursor.h"
#include "http/order_list_resource.h"
#include "http/statistics_resource.h"

namespace orderstream::http {
namespace {

using testing::HasSubstr;

order::OrderPtr order_of(int number) {
    auto order = std::make_shared<order::Order>();
    order->id.uuid.data[15] = static_cast<std::uint8_t>(number);
    order->customer_id = "owner";
    order->payload = std::make_shared<const std::string>(R"({"id":"A-1"})");
    order->version = number;
    return order;
}

TEST(Page, says_where_it_is_and_where_to_go_on) {
    ports::ListQuery query;
    query.limit = 2;
    query.offset = 40;
    query.filter.status = order::Status::new_;
    const ports::OrderPage page{
        .orders = {order_of(1), order_of(2)}, .more = true, .total = 10'000, .total_is_capped = true};
    const Response response = render_page(page, query);
    const std::string cursor =
        make_cursor(query.filter, query.sort, ports::position_of(*page.orders.back(), query.sort.key));
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body, HasSubstr(R"("version":1,)"));
    EXPECT_THAT(response.body, HasSubstr(R"("payload":{"id":"A-1"}},{"id":"00000000-0000-0000-0000-000000000002")"));
    EXPECT_TRUE(response.body.ends_with(
        R"(],"pagination":{"total":10000,"total_is_capped":true,"limit":2,"offset":40,"count":2,"next_cursor":")" +
        cursor + "\"}}"))
        << response.body;
    EXPECT_TRUE(documents::parse_json(response.body));
    EXPECT_THAT(response.headers, HasSubstr("Cache-Control: no-store\r\n"));
}

TEST(Page, has_no_cursor_at_the_end) {
    const ports::OrderPage last{.orders = {order_of(1)}, .more = false, .total = 1, .total_is_capped = false};
    EXPECT_TRUE(render_page(last, {}).body.ends_with(
        R"(],"pagination":{"total":1,"total_is_capped":false,"limit":100,"offset":0,"count":1,"next_cursor":null}})"));
    EXPECT_EQ(
        render_page({}, {}).body,
        R"({"orders":[],"pagination":{"total":0,"total_is_capped":false,"limit":100,"offset":0,"count":0,"next_cursor":null}})");
}

TEST(Statistics, are_exact_however_large) {
    const order::MoneySum huge = *order::MoneySum::parse("123456789012345678901.23");
    EXPECT_EQ(render_statistics({{.kind = order::Kind::generic,
                                  .status = order::Status::done,
                                  .currency = "EUR",
                                  .count = 2,
                                  .total_amount = huge},
                                 {.kind = order::Kind::checkout,
                                  .status = order::Status::pending,
                                  .currency = "USD",
                                  .count = 3,
                                  .total_amount = order::MoneySum(order::Money::of_cents(100))}})
                  .body,
              R"({"statistics":[{"kind":"generic","status":"done","currency":"EUR","count":2,)"
              R"("total_amount":123456789012345678901.23,"avg_amount":61728394506172839450.62},)"
              R"({"kind":"checkout","status":"pending","currency":"USD","count":3,"total_amount":1,)"
              R"("avg_amount":0.33}]})");
    EXPECT_EQ(render_statistics({}).body, R"({"statistics":[]})");
}

}  // namespace
}  // namespace orderstream::http
