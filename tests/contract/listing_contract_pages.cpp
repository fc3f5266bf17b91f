// Pages: sorted, one behind the other, while orders come and change.

#include <set>

#include "contract/listing_contract.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using order::Kind;
using order::Money;
using order::Status;
using ports::ListQuery;
using ports::OrderSort;
using ports::SortKey;

TEST_P(ListingContract, every_sort_goes_in_both_directions_and_equal_orders_go_by_their_ids) {
    store_samples();
    const std::vector<order::OrderPtr> orders = all_orders();
    for (const OrderSort& sort : all_sorts()) expect_listed({.sort = sort, .limit = 1000}, orders);
    // Every key has ties, so the ids were asked.
    for (const SortKey key : {SortKey::created_at, SortKey::updated_at, SortKey::total_amount, SortKey::status}) {
        std::set<std::string> keys;
        for (const order::OrderPtr& order : orders) {
            ports::ListPosition position = ports::position_of(*order, key);
            position.id = {};
            if (const auto* time = std::get_if<order::Time>(&position.key)) keys.insert(order::to_rfc3339(*time));
            if (const auto* money = std::get_if<Money>(&position.key)) keys.insert(order::to_string(*money));
            if (const auto* status = std::get_if<Status>(&position.key)) keys.emplace(order::to_string(*status));
        }
        EXPECT_LT(keys.size(), orders.size() / 2);
        EXPECT_GT(keys.size(), 3u);
    }
}

TEST_P(ListingContract, without_a_wish_the_newest_hundred_are_shown) {
    store_orders(120, 1ms);
    const ports::OrderPage page = list({});
    EXPECT_EQ(page.orders.size(), 100u);
    EXPECT_TRUE(page.more);
    EXPECT_EQ(page.total, 120u);
    expect_listed({}, all_orders());
}

TEST_P(ListingContract, a_page_knows_whether_there_is_more) {
    store_orders(30, 0ms);
    const std::vector<order::OrderPtr> orders = all_orders();
    for (const std::size_t limit : {1u, 29u, 30u, 31u, 1000u}) expect_listed({.limit = limit}, orders);
}

TEST_P(ListingContract, an_offset_passes_over_orders_from_where_the_page_would_begin) {
    store_orders(30, 1ms);
    const std::vector<order::OrderPtr> orders = all_orders();
    for (const std::size_t offset : {0u, 1u, 5u, 24u, 25u, 26u, 29u, 30u, 31u, 1'000'000u}) {
        for (const OrderSort& sort : all_sorts()) expect_listed({.sort = sort, .limit = 5, .offset = offset}, orders);
        ListQuery query{.limit = 5, .offset = offset};
        query.after = ports::position_of(*orders[20], SortKey::created_at);
        expect_listed(query, orders);
    }
}

TEST_P(ListingContract, pages_of_any_size_put_together_are_the_whole_list) {
    store_orders(150, 1ms);
    store_samples();
    const std::vector<order::OrderPtr> orders = all_orders();
    for (const OrderSort& sort : all_sorts()) {
        for (const std::size_t limit : {2u, 7u, 1000u}) {
            const ListQuery query{.sort = sort, .limit = limit};
            EXPECT_EQ(ids_of(list_all(query)), ids_of(expected_list(orders, query))) << describe(query);
        }
    }
    const ListQuery one_by_one{.limit = 1};
    EXPECT_EQ(ids_of(list_all(one_by_one)), ids_of(expected_list(orders, one_by_one)));
    const ListQuery filtered{.filter = {.kind = Kind::checkout, .currency = "USD"},
                             .sort = {.key = SortKey::total_amount, .descending = false},
                             .limit = 1};
    EXPECT_EQ(ids_of(list_all(filtered)), ids_of(expected_list(orders, filtered)));
}

TEST_P(ListingContract, no_order_is_missed_or_met_twice_while_others_arrive_and_change) {
    store_orders(100, 1ms);
    for (const bool descending : {true, false}) {
        for (const std::size_t limit : {1u, 2u, 7u}) {
            const std::vector<order::OrderPtr> before = all_orders();
            int arrivals = 0;
            const auto bustle = [&] {
                if (++arrivals > 30) return;
                store_and_know({create(), create()});
                if (arrivals % 3 == 0) let_pass(1ms);  // else they are of the same moment as the newest before them
                const order::Order& moved = *before[static_cast<std::size_t>(arrivals)];
                complete(processed({moved.id, moved.version}, arrivals));
            };
            const ListQuery query{.sort = {.key = SortKey::created_at, .descending = descending}, .limit = limit};
            const std::vector<std::string> listed = ids_of(list_all(query, bustle));
            const std::set<std::string> met(listed.begin(), listed.end());
            EXPECT_EQ(met.size(), listed.size()) << "met twice: " << describe(query);
            for (const order::OrderPtr& order : before) {
                EXPECT_TRUE(met.contains(order::to_string(order->id))) << "missed: " << describe(query);
            }
        }
    }
}

TEST_P(ListingContract, a_position_stays_where_it_was_though_its_order_moves_or_leaves) {
    store_orders(20, 1ms);
    for (const OrderSort& sort : all_sorts()) {
        ListQuery query{.filter = {.status = Status::new_}, .sort = sort, .limit = 5};
        const ports::OrderPage first = list(query);
        ASSERT_EQ(first.orders.size(), 5u);
        const order::Order& last = *first.orders.back();
        query.after = ports::position_of(last, sort.key);
        let_pass(1ms);
        // It leaves the filter, and has another amount, status and time.
        ASSERT_TRUE(complete(processed({last.id, last.version}, 4999)).applied);
        const std::vector<order::OrderPtr> orders = all_orders();
        expect_listed(query, orders);
        query.filter.status.reset();
        expect_listed(query, orders);
        if (sort.key == SortKey::status) break;  // or there would be none left
    }
}

TEST_P(ListingContract, a_position_needs_no_order) {
    store_orders(60, 1ms);
    const std::vector<order::OrderPtr> orders = all_orders();
    const order::Time middle = orders[30]->created_at;
    order::OrderId last_id;
    for (auto& byte : last_id.uuid) byte = 0xff;
    const order::OrderId some_id = new_id();
    for (const bool descending : {true, false}) {
        for (const order::OrderId& id : {order::OrderId{}, some_id, last_id}) {
            for (const order::Time time : {middle, middle + 1us, middle - 1us, order::Time()}) {
                ListQuery query{.sort = {.key = SortKey::created_at, .descending = descending}};
                query.after = ports::ListPosition{.key = time, .id = id};
                expect_listed(query, orders);
                query.sort.key = SortKey::updated_at;
                expect_listed(query, orders);
            }
            for (const int cents : {-1, 0, 6, 7, 13}) {
                ListQuery query{.sort = {.key = SortKey::total_amount, .descending = descending}};
                query.after = ports::ListPosition{.key = Money::of_cents(cents), .id = id};
                expect_listed(query, orders);
            }
            for (const Status status : {Status::cancelled, Status::new_, Status::shipped}) {
                ListQuery query{.sort = {.key = SortKey::status, .descending = descending}};
                query.after = ports::ListPosition{.key = status, .id = id};
                expect_listed(query, orders);
            }
        }
    }
}

TEST_P(ListingContract, a_filter_by_a_status_pages_through_its_orders) {
    store_samples();
    const std::vector<order::OrderPtr> orders = all_orders();
    for (const Status status : {Status::failed, Status::deleted, Status::done, Status::pending}) {
        for (const OrderSort& sort : all_sorts()) {
            const ListQuery query{.filter = {.status = status}, .sort = sort, .limit = 2};
            EXPECT_EQ(ids_of(list_all(query)), ids_of(expected_list(orders, query))) << describe(query);
        }
    }
}

}  // namespace
}  // namespace orderstream::contract
