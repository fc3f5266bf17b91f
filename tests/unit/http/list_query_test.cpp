#include "http/list_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/list_cursor.h"
#include "order/limits.h"

namespace orderstream::http {
namespace {

namespace limits = order::limits;
using namespace std::chrono_literals;
using ports::ListQuery;
using ports::SortKey;
using testing::HasSubstr;

ListQuery accepted(const std::string& text) {
    auto query = parse_list_query(text);
    EXPECT_TRUE(query) << text << ": " << query.error();
    return std::move(query).value_or(ListQuery());
}

std::string refused(const std::string& text) {
    const auto query = parse_list_query(text);
    EXPECT_FALSE(query) << text;
    return query ? "" : query.error();
}

TEST(ListQuery, asks_for_the_newest_hundred_by_itself) {
    const ListQuery query = accepted("");
    EXPECT_EQ(query.limit, 100U);
    EXPECT_EQ(query.offset, 0U);
    EXPECT_EQ(query.sort.key, SortKey::created_at);
    EXPECT_TRUE(query.sort.descending);
    EXPECT_FALSE(query.after);
    const ports::OrderFilter& filter = query.filter;
    EXPECT_FALSE(filter.kind || filter.customer_id || filter.status || filter.email || filter.currency ||
                 filter.min_amount || filter.max_amount || filter.created_from || filter.created_to);
}

TEST(ListQuery, takes_every_filter) {
    const ports::OrderFilter filter =
        accepted(
            "kind=checkout&customer_id=5F0C2C4E-0A5B-4F0E-9B52-6F4F4F1F0D10&status=confirmed&email=A%40b.de&"
            "currency=EUR&min_amount=49.99&max_amount=-0.5&date_from=2026-01-31T23:59:59.000001Z&"
            "date_to=2026-02-01T02:00:00%2B02:00")
            .filter;
    EXPECT_EQ(filter.kind, order::Kind::checkout);
    EXPECT_EQ(filter.customer_id, "5f0c2c4e-0a5b-4f0e-9b52-6f4f4f1f0d10");
    EXPECT_EQ(filter.status, order::Status::confirmed);
    EXPECT_EQ(filter.email, "A@b.de");
    EXPECT_EQ(filter.currency, "EUR");
    EXPECT_EQ(filter.min_amount, order::Money::of_cents(4999));
    EXPECT_EQ(filter.max_amount, order::Money::of_cents(-50));
    EXPECT_EQ(filter.created_from, order::parse_rfc3339("2026-01-31T23:59:59.000001Z"));
    EXPECT_EQ(filter.created_to, order::parse_rfc3339("2026-02-01T00:00:00Z"));
}

TEST(ListQuery, calls_a_marketplace_customer_what_it_is_called) {
    EXPECT_EQ(accepted("kind=marketplace&customer_id=5F0C2C4E-0A5B-4F0E-9B52-6F4F4F1F0D10").filter.customer_id,
              "5F0C2C4E-0A5B-4F0E-9B52-6F4F4F1F0D10");
    EXPECT_EQ(accepted("customer_id=Test%20Customer").filter.customer_id, "Test Customer");
}

TEST(ListQuery, knows_every_sort) {
    EXPECT_EQ(accepted("sort_by=created_at").sort.key, SortKey::created_at);
    EXPECT_EQ(accepted("sort_by=updated_at").sort.key, SortKey::updated_at);
    EXPECT_EQ(accepted("sort_by=total_amount").sort.key, SortKey::total_amount);
    EXPECT_EQ(accepted("sort_by=status").sort.key, SortKey::status);
    EXPECT_FALSE(accepted("sort_order=asc").sort.descending);
    EXPECT_TRUE(accepted("sort_order=desc").sort.descending);
}

TEST(ListQuery, gives_a_thousand_at_most) {
    EXPECT_EQ(accepted("limit=1").limit, 1U);
    EXPECT_EQ(accepted("limit=1000").limit, 1000U);
    EXPECT_EQ(accepted("limit=1001").limit, 1000U);
    EXPECT_EQ(accepted("limit=99999999999999999999999").limit, 1000U);
    for (const char* bad : {"limit=0", "limit=-1", "limit=00", "limit=", "limit=1.5", "limit=ten", "limit=1e2"}) {
        EXPECT_THAT(refused(bad), HasSubstr("limit must be")) << bad;
    }
}

TEST(ListQuery, sends_who_is_far_away_to_the_cursor) {
    EXPECT_EQ(accepted("offset=0").offset, 0U);
    const std::string most = std::to_string(limits::list_offset_max);
    EXPECT_EQ(accepted("offset=" + most).offset, limits::list_offset_max);
    for (const std::string& far : {std::to_string(limits::list_offset_max + 1), std::string(30, '9')}) {
        EXPECT_THAT(refused("offset=" + far), HasSubstr("follow next_cursor"));
    }
    EXPECT_THAT(refused("offset=-1"), HasSubstr("offset must be"));
}

TEST(ListQuery, names_everything_that_is_wrong) {
    const std::string sentence = refused(
        "kind=x&customer_id=&status=gone&email=&currency=eur&min_amount=1.999&max_amount=1e3&date_from=2026-01-01&"
        "date_to=now&sort_by=id&sort_order=up&limit=0&offset=x&cursor=abc&page=2&%zz=1&limit=5");
    for (const char* complaint :
         {"kind must be one of generic, marketplace, checkout", "customer_id must have", "status must be one of new, ",
          "email must have", "currency must be three capital letters", "min_amount must be an amount",
          "max_amount must be an amount", "date_from must be a time", "date_to must be a time",
          "sort_by must be one of created_at, updated_at, total_amount, status", "sort_order must be one of asc, desc",
          "limit must be", "offset must be", "offset and cursor", "cursor is not one", "unknown query parameter 'page'",
          "unknown query parameter '%25zz'", "repeated query parameter 'limit'"}) {
        EXPECT_THAT(sentence, HasSubstr(complaint));
    }
}

TEST(ListQuery, refuses_amounts_and_times_that_are_none) {
    for (const char* bad : {"min_amount=", "min_amount=49,99", "min_amount=%2B1", "min_amount=.5", "min_amount=0x1",
                            "min_amount=10000000000000000", "min_amount=1.", "min_amount=NaN"}) {
        EXPECT_THAT(refused(bad), HasSubstr("min_amount must be")) << bad;
    }
    for (const char* bad : {"date_to=", "date_to=2026-02-30T00:00:00Z", "date_to=2026-02-01T00:00:00",
                            "date_to=2026-02-01T00:00:00+02:00"}) {
        EXPECT_THAT(refused(bad), HasSubstr("date_to must be")) << bad;
    }
}

TEST(ListQuery, goes_on_where_a_cursor_says) {
    const ListQuery first = accepted("status=failed&sort_by=total_amount&limit=5");
    const ports::ListPosition last{order::Money::of_cents(4999),
                                   *order::parse_order_id("0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071")};
    const std::string cursor = make_cursor(first.filter, first.sort, last);

    const ListQuery next = accepted("limit=7&cursor=" + cursor + "&sort_by=total_amount&sort_order=desc&status=failed");
    EXPECT_EQ(next.after, last);
    EXPECT_EQ(next.limit, 7U) << "the limit may change from page to page";
    for (const char* other : {"status=failed&sort_by=updated_at&cursor=", "status=failed&cursor=",
                              "status=done&sort_by=total_amount&cursor=", "sort_by=total_amount&cursor=",
                              "status=failed&sort_by=total_amount&sort_order=asc&cursor=",
                              "status=failed&sort_by=total_amount&currency=EUR&cursor="}) {
        EXPECT_THAT(refused(other + cursor), HasSubstr("cursor is not one")) << other;
    }
    EXPECT_THAT(refused("status=failed&sort_by=total_amount&offset=0&cursor=" + cursor),
                HasSubstr("offset and cursor do not go together"));
}

}  // namespace
}  // namespace orderstream::http
