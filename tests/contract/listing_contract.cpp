#include "contract/listing_contract.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "order/limits.h"

namespace orderstream::contract {

using namespace std::chrono_literals;
using order::Kind;
using order::Status;
using ports::ListQuery;
using ports::OrderFilter;
using ports::OrderSort;
using ports::SortKey;

namespace {

std::string lower_case(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

template <class Value>
bool differs(const std::optional<Value>& wanted, const Value& is) {
    return wanted && *wanted != is;
}

/// Less than, equal to (0) or greater than: where `order` stands as against `position`, ascending.
int compare(const order::Order& order, const ports::ListPosition& position, SortKey key) {
    const auto three_way = [](const auto& a, const auto& b) { return a < b ? -1 : b < a ? 1 : 0; };
    const ports::ListPosition own = ports::position_of(order, key);
    int by_key = 0;
    if (const auto* status = std::get_if<Status>(&own.key)) {
        by_key = three_way(order::to_string(*status), order::to_string(std::get<Status>(position.key)));
    } else {
        by_key = three_way(own.key, position.key);
    }
    return by_key != 0 ? by_key : three_way(own.id.uuid, position.id.uuid);
}

}  // namespace

bool fits(const order::Order& order, const OrderFilter& filter) {
    if (filter.status ? order.status != *filter.status : order.status == Status::deleted) return false;
    if (differs(filter.kind, order.kind) || differs(filter.customer_id, order.customer_id)) return false;
    if (filter.email && lower_case(*filter.email) != lower_case(order.email)) return false;
    if (differs(filter.currency, order.currency)) return false;
    if (filter.min_amount && order.total_amount < *filter.min_amount) return false;
    if (filter.max_amount && order.total_amount > *filter.max_amount) return false;
    if (filter.created_from && order.created_at < *filter.created_from) return false;
    return !(filter.created_to && order.created_at > *filter.created_to);
}

bool goes_before(const order::Order& a, const order::Order& b, const OrderSort& sort) {
    const int compared = compare(a, ports::position_of(b, sort.key), sort.key);
    return sort.descending ? compared > 0 : compared < 0;
}

std::vector<order::OrderPtr> expected_list(std::vector<order::OrderPtr> orders, const ListQuery& query) {
    std::erase_if(orders, [&](const order::OrderPtr& order) {
        if (!fits(*order, query.filter)) return true;
        if (!query.after) return false;
        const int compared = compare(*order, *query.after, query.sort.key);
        return query.sort.descending ? compared >= 0 : compared <= 0;
    });
    std::ranges::sort(
        orders, [&](const order::OrderPtr& a, const order::OrderPtr& b) { return goes_before(*a, *b, query.sort); });
    return orders;
}

void ListingContract::store_samples() {
    constexpr std::array currencies{"EUR", "USD", "JPY"};
    constexpr std::array emails{"anna@example.com", "Anna@Example.COM", "bob_1@example.com", "bobx1@example.com"};
    std::size_t number = 0;
    const std::string customer = order::to_string(new_note());
    const std::string other_customer = order::to_string(new_note());
    for (const Kind kind : {Kind::generic, Kind::marketplace, Kind::checkout}) {
        for (const Status status :
             {Status::new_, Status::pending, Status::processing, Status::done, Status::confirmed, Status::shipped,
              Status::delivered, Status::refunded, Status::cancelled, Status::deleted, Status::failed}) {
            const bool of_checkouts = status == Status::pending || status == Status::confirmed ||
                                      status == Status::shipped || status == Status::delivered ||
                                      status == Status::refunded;
            const bool of_others = status == Status::new_ || status == Status::done;
            if (kind == Kind::checkout ? of_others : of_checkouts) continue;
            for (int i = 0; i < 4; ++i) {
                order::Change change = create(kind);
                if (number % 4 < 3) change.customer_id = number % 4 == 0 ? other_customer : customer;
                change.document.email = emails.at(number % emails.size());
                change.document.currency = currencies.at(number % 5 / 2);
                change.document.total_amount = order::Money::of_cents(500 + 50 * static_cast<int>(number * 7 % 5));
                if (kind != Kind::checkout && i == 3) {
                    change.document.email = "";
                    change.document.external_id = "";
                    change.document.total_amount = order::Money::of_cents(-1);
                }
                write_document(change);
                store_in(change, status);
                known_.push_back(change.order_id);
                if (++number % 11 == 0) let_pass(1ms);
            }
        }
    }
}

void ListingContract::store_orders(std::size_t count, std::chrono::milliseconds between_batches) {
    constexpr std::size_t batch = 25;
    for (std::size_t stored = 0; stored < count; stored += batch) {
        std::vector<order::Change> changes;
        for (std::size_t i = stored; i < std::min(count, stored + batch); ++i) {
            changes.push_back(create());
            changes.back().document.total_amount = order::Money::of_cents(static_cast<int>(i * 7 % 13));
        }
        store_and_know(changes);
        let_pass(between_batches);
    }
}

void ListingContract::store_and_know(const std::vector<order::Change>& changes) {
    for (const ports::ChangeResult& result : apply(changes)) EXPECT_TRUE(result.applied);
    for (const order::Change& change : changes) known_.push_back(change.order_id);
}

void ListingContract::store_many(const std::vector<order::Change>& changes) {
    const std::span all(changes);
    for (std::size_t at = 0; at < all.size(); at += order::limits::batch_orders_max) {
        const auto part = all.subspan(at, std::min(order::limits::batch_orders_max, all.size() - at));
        const auto results = apply_whole(new_note(), {part.begin(), part.end()});
        ASSERT_TRUE(results) << results.error().message;
    }
}

std::vector<order::OrderPtr> ListingContract::all_orders() { return fetch(known_); }

ports::OrderPage ListingContract::list(const ListQuery& query) {
    ports::ListingResult<ports::OrderPage> page = listing().list(query);
    if (page) return std::move(*page);
    ADD_FAILURE() << describe(query) << ": " << page.error().message;
    return {};
}

std::vector<ports::StatisticsLine> ListingContract::statistics() {
    ports::ListingResult<std::vector<ports::StatisticsLine>> lines = listing().statistics();
    if (lines) return std::move(*lines);
    ADD_FAILURE() << lines.error().message;
    return {};
}

std::vector<order::OrderPtr> ListingContract::list_all(ListQuery query, const std::function<void()>& between) {
    std::vector<order::OrderPtr> listed;
    while (true) {
        const ports::OrderPage page = list(query);
        EXPECT_LE(page.orders.size(), query.limit) << describe(query);
        listed.insert(listed.end(), page.orders.begin(), page.orders.end());
        if (!page.more) return listed;
        if (page.orders.empty()) {
            ADD_FAILURE() << "an empty page, though there is more: " << describe(query);
            return listed;
        }
        query.after = ports::position_of(*page.orders.back(), query.sort.key);
        if (between) between();
    }
}

void ListingContract::expect_listed(const ListQuery& query, const std::vector<order::OrderPtr>& orders) {
    const ports::OrderPage page = list(query);
    std::vector<order::OrderPtr> expected = expected_list(orders, query);
    const std::size_t passed_over = std::min(query.offset, expected.size());
    expected.erase(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(passed_over));
    EXPECT_EQ(page.more, expected.size() > query.limit) << describe(query);
    if (expected.size() > query.limit) expected.resize(query.limit);
    EXPECT_EQ(describe(page.orders), describe(expected)) << describe(query);

    ListQuery whole = query;
    whole.after.reset();
    EXPECT_EQ(page.total, expected_list(orders, whole).size()) << describe(query);
    EXPECT_FALSE(page.total_is_capped) << describe(query);
}

std::vector<OrderSort> all_sorts() {
    std::vector<OrderSort> sorts;
    for (const SortKey key : {SortKey::created_at, SortKey::updated_at, SortKey::total_amount, SortKey::status}) {
        sorts.push_back({.key = key, .descending = true});
        sorts.push_back({.key = key, .descending = false});
    }
    return sorts;
}

std::string describe(const ListQuery& query) {
    const OrderFilter& filter = query.filter;
    constexpr std::array keys{"created_at", "updated_at", "total_amount", "status"};
    std::string text = fmt::format("by {} {}, limit {}, offset {}", keys.at(static_cast<std::size_t>(query.sort.key)),
                                   query.sort.descending ? "descending" : "ascending", query.limit, query.offset);
    if (query.after) text += fmt::format(", after {}", order::to_string(query.after->id));
    if (filter.kind) text += fmt::format(", kind {}", order::to_string(*filter.kind));
    if (filter.customer_id) text += fmt::format(", customer {}", *filter.customer_id);
    if (filter.status) text += fmt::format(", status {}", order::to_string(*filter.status));
    if (filter.email) text += fmt::format(", email {}", *filter.email);
    if (filter.currency) text += fmt::format(", currency {}", *filter.currency);
    if (filter.min_amount) text += fmt::format(", from {}", order::to_string(*filter.min_amount));
    if (filter.max_amount) text += fmt::format(", to {}", order::to_string(*filter.max_amount));
    if (filter.created_from) text += fmt::format(", since {}", order::to_rfc3339(*filter.created_from));
    if (filter.created_to) text += fmt::format(", until {}", order::to_rfc3339(*filter.created_to));
    return text;
}

std::vector<std::string> ids_of(const std::vector<order::OrderPtr>& orders) {
    std::vector<std::string> ids;
    for (const order::OrderPtr& order : orders) ids.push_back(order::to_string(order->id));
    return ids;
}

std::vector<std::string> describe(const std::vector<order::OrderPtr>& orders) {
    std::vector<std::string> texts;
    for (const order::OrderPtr& order : orders) texts.push_back(describe(order));
    return texts;
}

}  // namespace orderstream::contract
