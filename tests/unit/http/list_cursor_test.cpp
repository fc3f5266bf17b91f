#include "http/list_cursor.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace orderstream::http {
namespace {

using namespace std::chrono_literals;
using ports::ListPosition;
using ports::OrderFilter;
using ports::OrderSort;
using ports::SortKey;

const order::OrderId some_id = *order::parse_order_id("0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071");

/// One for each kind of key, at the ends of what it can be.
const std::vector<std::pair<SortKey, ListPosition>> positions{
    {SortKey::created_at, {order::Time(1'700'000'000'000'001us), some_id}},
    {SortKey::updated_at, {order::Time(-1us), some_id}},
    {SortKey::total_amount, {order::Money::of_cents(999'999'999'999'999'999), some_id}},
    {SortKey::total_amount, {order::Money::of_cents(-5), some_id}},
    {SortKey::status, {order::Status::new_, some_id}},
    {SortKey::status, {order::Status::failed, order::OrderId{}}},
};

TEST(ListCursor, finds_the_position_it_was_made_of) {
    for (const auto& [key, position] : positions) {
        for (const bool descending : {false, true}) {
            const OrderSort sort{.key = key, .descending = descending};
            const std::string cursor = make_cursor({}, sort, position);
            EXPECT_EQ(parse_cursor(cursor, {}, sort), position) << cursor;
            EXPECT_EQ(cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                      std::string::npos)
                << "it can stand in a query as it is";
        }
    }
}

TEST(ListCursor, fits_the_listing_that_gave_it_alone) {
    const OrderSort sort{};
    OrderFilter filter;
    filter.status = order::Status::done;
    filter.email = "A@b.de";
    const std::string cursor = make_cursor(filter, sort, positions[0].second);

    EXPECT_FALSE(parse_cursor(cursor, {}, sort));
    EXPECT_FALSE(parse_cursor(cursor, filter, {.key = SortKey::updated_at, .descending = true}));
    EXPECT_FALSE(parse_cursor(cursor, filter, {.key = SortKey::created_at, .descending = false}));
    const auto with = [&filter](auto change) {
        OrderFilter other = filter;
        change(other);
        return other;
    };
    for (const OrderFilter& other :
         {with([](OrderFilter& f) { f.status = order::Status::failed; }),
          with([](OrderFilter& f) { f.status.reset(); }), with([](OrderFilter& f) { f.kind = order::Kind::generic; }),
          with([](OrderFilter& f) { f.customer_id = "c"; }), with([](OrderFilter& f) { f.email = "b@b.de"; }),
          with([](OrderFilter& f) { f.currency = "USD"; }), with([](OrderFilter& f) { f.min_amount = order::Money(); }),
          with([](OrderFilter& f) { f.max_amount = order::Money(); }),
          with([](OrderFilter& f) { f.created_from = order::Time(); }),
          with([](OrderFilter& f) { f.created_to = order::Time(); })}) {
        EXPECT_FALSE(parse_cursor(cursor, other, sort));
    }
    EXPECT_TRUE(parse_cursor(cursor, with([](OrderFilter& f) { f.email = "a@B.DE"; }), sort))
        << "the same orders, so the same listing";
}

TEST(ListCursor, tells_filters_apart_whatever_text_is_in_them) {
    OrderFilter one;
    one.customer_id = "a\"email=\"b";
    OrderFilter other;
    other.customer_id = "a";
    other.email = "b";
    EXPECT_FALSE(parse_cursor(make_cursor(one, {}, positions[0].second), other, {}));
}

TEST(ListCursor, nothing_that_was_changed_fits) {
    const OrderSort sort{};
    const std::string cursor = make_cursor({}, sort, positions[0].second);
    for (std::size_t i = 0; i < cursor.size(); ++i) {
        for (const char c : std::string_view("AZaz09-_=+/ .\n")) {
            std::string changed = cursor;
            changed[i] = c;
            EXPECT_EQ(parse_cursor(changed, {}, sort).has_value(), changed == cursor) << changed;
        }
        EXPECT_FALSE(parse_cursor(cursor.substr(0, i), {}, sort));
        EXPECT_FALSE(parse_cursor(cursor.substr(i + 1), {}, sort));
    }
    for (const std::string more : {"A", "AA", "AAA", "AAAA", "=", "=="}) {
        EXPECT_FALSE(parse_cursor(cursor + more, {}, sort)) << more;
    }
}

TEST(ListCursor, anything_else_is_none) {
    EXPECT_FALSE(parse_cursor("", {}, {}));
    EXPECT_FALSE(parse_cursor(std::string(100'000, 'A'), {}, {}));
    std::mt19937_64 random(7);
    for (int i = 0; i < 2000; ++i) {
        std::string noise(random() % 200, '\0');
        for (char& c : noise) c = static_cast<char>(random());
        EXPECT_FALSE(parse_cursor(noise, {}, {}));
    }
}

}  // namespace
}  // namespace orderstream::http
