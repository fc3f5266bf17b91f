// Filters: alone and together, and what they leave out.

#include <random>

#include "contract/listing_contract.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using order::Kind;
using order::Money;
using order::Status;
using ports::ListQuery;
using ports::OrderFilter;

constexpr std::size_t everything = 1000;

TEST_P(ListingContract, an_empty_store_lists_nothing) {
    for (const ports::OrderSort& sort : all_sorts()) expect_listed({.sort = sort}, {});
    OrderFilter filter;
    filter.status = Status::failed;
    expect_listed({.filter = filter}, {});
    filter.customer_id = "nobody";
    expect_listed({.filter = filter}, {});
    EXPECT_TRUE(statistics().empty());
}

TEST_P(ListingContract, each_filter_shows_what_fits_and_nothing_else) {
    store_samples();
    const std::vector<order::OrderPtr> orders = all_orders();
    const auto expect = [&](const OrderFilter& filter, std::size_t at_least = 1) {
        expect_listed({.filter = filter, .limit = everything}, orders);
        EXPECT_GE(expected_list(orders, {.filter = filter}).size(), at_least) << describe(ListQuery{.filter = filter});
    };
    expect({}, 60);
    for (const Kind kind : {Kind::generic, Kind::marketplace, Kind::checkout}) expect({.kind = kind}, 15);
    for (const Status status :
         {Status::new_, Status::pending, Status::processing, Status::done, Status::confirmed, Status::shipped,
          Status::delivered, Status::refunded, Status::cancelled, Status::deleted, Status::failed}) {
        expect({.status = status}, 4);
    }
    for (const char* currency : {"EUR", "USD", "JPY"}) expect({.currency = currency}, 5);
    expect({.currency = "CHF"}, 0);
    for (const order::OrderPtr& order : {orders.front(), orders[1], orders.back()}) {
        expect({.customer_id = order->customer_id});
    }
    expect({.customer_id = "nobody"}, 0);
    for (const int cents : {-1, 500, 550, 700}) {
        expect({.min_amount = Money::of_cents(cents)});
        expect({.max_amount = Money::of_cents(cents)});
        expect({.min_amount = Money::of_cents(cents), .max_amount = Money::of_cents(cents)});
    }
    expect({.min_amount = Money::of_cents(701)}, 0);
    for (const order::OrderPtr& order : {orders.front(), orders[30], orders.back()}) {
        expect({.created_from = order->created_at});
        expect({.created_to = order->created_at});
        expect({.created_from = order->created_at, .created_to = order->created_at});
        expect({.created_from = order->created_at + 1us, .created_to = order->created_at + 2us}, 0);
    }
}

TEST_P(ListingContract, bounds_belong_to_what_they_bound) {
    order::Change change = create();
    change.document.total_amount = Money::of_cents(4999);
    store_and_know({change});
    const order::OrderPtr order = all_orders().front();
    const auto shown = [&](const OrderFilter& filter) { return list({.filter = filter}).orders.size(); };
    EXPECT_EQ(shown({.min_amount = Money::of_cents(4999), .max_amount = Money::of_cents(4999)}), 1u);
    EXPECT_EQ(shown({.min_amount = Money::of_cents(5000)}), 0u);
    EXPECT_EQ(shown({.max_amount = Money::of_cents(4998)}), 0u);
    EXPECT_EQ(shown({.min_amount = Money::of_cents(5000), .max_amount = Money::of_cents(4998)}), 0u);
    EXPECT_EQ(shown({.created_from = order->created_at, .created_to = order->created_at}), 1u);
    EXPECT_EQ(shown({.created_from = order->created_at + 1us}), 0u);
    EXPECT_EQ(shown({.created_to = order->created_at - 1us}), 0u);
}

TEST_P(ListingContract, an_email_is_found_whole_and_in_either_case) {
    std::vector<order::Change> changes;
    for (const char* email : {"anna@example.com", "Anna@Example.COM", "annab@example.com", "an_a@example.com",
                              "anna@example.com.org", ""}) {
        changes.push_back(create());
        changes.back().document.email = email;
    }
    store_and_know(changes);
    const auto found = [&](const char* email) { return list({.filter = {.email = email}}).orders.size(); };
    EXPECT_EQ(found("anna@example.com"), 2u);
    EXPECT_EQ(found("ANNA@EXAMPLE.COM"), 2u);
    EXPECT_EQ(found("an_a@example.com"), 1u);  // no pattern
    EXPECT_EQ(found("%@example.com"), 0u);
    EXPECT_EQ(found("anna"), 0u);
    EXPECT_EQ(found(""), 0u);
    EXPECT_EQ(found("аnnа@example.com"), 0u);  // Cyrillic
}

TEST_P(ListingContract, texts_of_a_filter_are_nothing_but_texts) {
    order::Change change = create();
    change.customer_id = "Жанна' OR 1=1 -- \\ %_ 👍";
    store_and_know({change, create()});
    EXPECT_EQ(list({.filter = {.customer_id = change.customer_id}}).orders.size(), 1u);
    EXPECT_EQ(list({.filter = {.customer_id = "x' OR '1'='1"}}).orders.size(), 0u);
    EXPECT_EQ(list({.filter = {.customer_id = ""}}).orders.size(), 0u);
    EXPECT_EQ(list({.filter = {.currency = "eur"}}).orders.size(), 0u);
}

TEST_P(ListingContract, deleted_orders_are_shown_to_those_who_ask_for_them) {
    const order::Change kept = create();
    const order::Change gone = create();
    const order::Change cancelled = create();
    store_and_know({kept, gone, cancelled});
    apply({set_status(gone, Status::deleted), set_status(cancelled, Status::cancelled)});
    EXPECT_EQ(list({}).total, 2u);
    EXPECT_EQ(list({.filter = {.customer_id = gone.customer_id}}).total, 0u);
    EXPECT_EQ(list({.filter = {.email = gone.document.email}}).total, 0u);
    const ports::OrderPage deleted = list({.filter = {.status = Status::deleted}});
    ASSERT_EQ(deleted.orders.size(), 1u);
    EXPECT_EQ(describe(deleted.orders.front()), describe(fetch(gone.order_id)));
}

TEST_P(ListingContract, an_order_is_found_by_what_it_is_now) {
    const order::Change created = create();
    store_and_know({created});
    const auto in = [&](Status status) { return list({.filter = {.status = status}}).total; };
    EXPECT_EQ(in(Status::new_), 1u);
    begin({created.order_id, 1});
    EXPECT_EQ(in(Status::new_), 0u);
    EXPECT_EQ(in(Status::processing), 1u);
    complete(failed({created.order_id, 1}));
    EXPECT_EQ(in(Status::processing), 0u);
    EXPECT_EQ(in(Status::failed), 1u);
    order::Change replaced = replace(created);
    replaced.document.email = "other@example.com";
    replaced.document.currency = "GBP";
    replaced.document.total_amount = Money::of_cents(77);
    apply(replaced);
    EXPECT_EQ(in(Status::failed), 0u);
    EXPECT_EQ(in(Status::new_), 1u);
    expect_listed({.filter = {.email = created.document.email}}, all_orders());
    expect_listed({.filter = {.email = "OTHER@example.com", .currency = "GBP", .min_amount = Money::of_cents(77)}},
                  all_orders());
    complete(processed({created.order_id, 2}, 99));
    expect_listed({.filter = {.status = Status::done, .currency = "CHF", .max_amount = Money::of_cents(99)}},
                  all_orders());
    EXPECT_EQ(in(Status::done), 1u);
}

/// Any combination of filters, sorts, limits, offsets and positions. The same on every run.
class Draw {
  public:
    explicit Draw(const std::vector<order::OrderPtr>& orders) : orders_(orders) {}

    ListQuery query() {
        ListQuery query;
        OrderFilter& filter = query.filter;
        const order::Order& like = any();
        if (one_in(4)) filter.kind = like.kind;
        if (one_in(4)) filter.customer_id = like.customer_id;
        if (one_in(4)) filter.status = like.status;
        if (one_in(4) && !like.email.empty()) filter.email = like.email;
        if (one_in(4)) filter.currency = like.currency;
        if (one_in(4)) filter.min_amount = like.total_amount;
        if (one_in(4)) filter.max_amount = any().total_amount;
        if (one_in(4)) filter.created_from = like.created_at;
        if (one_in(4)) filter.created_to = any().created_at;
        query.sort = all_sorts()[number(8)];
        query.limit = 1 + number(20);
        if (one_in(3)) query.offset = number(20);
        if (one_in(3)) query.after = ports::position_of(any(), query.sort.key);
        return query;
    }

  private:
    std::size_t number(std::size_t below) { return random_() % below; }
    bool one_in(std::size_t times) { return number(times) == 0; }
    const order::Order& any() { return *orders_[number(orders_.size())]; }

    const std::vector<order::OrderPtr>& orders_;
    std::mt19937 random_{5};
};

TEST_P(ListingContract, filters_sorts_and_positions_go_together) {
    store_samples();
    const std::vector<order::OrderPtr> orders = all_orders();
    Draw draw(orders);
    std::size_t shown = 0;
    for (int i = 0; i < 400 && !HasFailure(); ++i) {
        const ListQuery query = draw.query();
        expect_listed(query, orders);
        shown += expected_list(orders, query).empty() ? 0 : 1;
    }
    EXPECT_GT(shown, 100u);  // the draw is not about nothing
}

}  // namespace
}  // namespace orderstream::contract
