// Much at once: the bounds of a page, sums of everything, and many threads.

#include <array>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <tuple>

#include "contract/listing_contract.h"
#include "order/limits.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
namespace limits = order::limits;
using order::Money;
using order::MoneySum;
using order::Status;
using ports::ListQuery;

TEST_P(ListingContract, the_total_is_counted_up_to_its_cap) {
    std::vector<order::Change> changes;
    for (std::size_t i = 0; i < limits::list_total_max; ++i) {
        changes.push_back(create());
        changes.back().customer_id = i % 2 == 0 ? "even" : "odd";
    }
    ASSERT_NO_FATAL_FAILURE(store_many(changes));
    ports::OrderPage page = list({.limit = 1});
    EXPECT_EQ(page.total, limits::list_total_max);
    EXPECT_FALSE(page.total_is_capped);
    page = list({.limit = 10, .offset = limits::list_total_max - 1});
    EXPECT_EQ(page.orders.size(), 1u);
    EXPECT_FALSE(page.more);
    EXPECT_EQ(page.total, limits::list_total_max);
    EXPECT_FALSE(page.total_is_capped);

    store_and_know({create()});
    for (const ListQuery& query : {ListQuery{.limit = 1}, ListQuery{.limit = 10, .offset = limits::list_total_max},
                                   ListQuery{.filter = {.status = Status::new_}, .limit = 3}}) {
        page = list(query);
        EXPECT_FALSE(page.orders.empty());
        EXPECT_EQ(page.total, limits::list_total_max) << describe(query);
        EXPECT_TRUE(page.total_is_capped) << describe(query);
    }
    page = list({.filter = {.customer_id = "even"}, .limit = 10});
    EXPECT_EQ(page.total, limits::list_total_max / 2);
    EXPECT_FALSE(page.total_is_capped);
    EXPECT_EQ(list({.limit = limits::list_orders_max}).orders.size(), limits::list_orders_max);
}

/// A document of about so many bytes.
order::Payload large(std::size_t bytes) {
    return std::make_shared<const std::string>(R"({"text":")" + std::string(bytes, 'x') + "\"}");
}

TEST_P(ListingContract, a_page_of_large_documents_ends_early_and_the_next_goes_on_there) {
    constexpr std::size_t count = 20;
    std::vector<order::Change> changes;
    for (std::size_t i = 0; i < count; ++i) {
        changes.push_back(create());
        changes.back().document.payload = large(limits::body_bytes - 100);
        store_and_know({changes.back()});
    }
    const std::vector<order::OrderPtr> orders = all_orders();
    for (const bool descending : {true, false}) {
        const ListQuery query{.sort = {.descending = descending}};
        const ports::OrderPage first = list(query);
        EXPECT_LE(first.orders.size() * limits::body_bytes, limits::page_bytes_max);
        EXPECT_GE((first.orders.size() + 1) * limits::body_bytes, limits::page_bytes_max);
        EXPECT_TRUE(first.more);
        EXPECT_EQ(first.total, count);
        EXPECT_EQ(ids_of(list_all(query)), ids_of(expected_list(orders, query)));
    }
    EXPECT_FALSE(list({.limit = 3, .offset = count - 3}).more);
}

TEST_P(ListingContract, a_document_larger_than_a_page_is_a_page) {
    const order::Change small = create();
    order::Change huge = create();
    huge.document.payload = large(limits::page_bytes_max + 1);
    const order::Change last = create();
    for (const order::Change& change : {small, huge, last}) {
        store_and_know({change});
        let_pass(1ms);
    }
    ListQuery query{.sort = {.descending = false}};
    for (const order::OrderId& id : {small.order_id, huge.order_id, last.order_id}) {
        const ports::OrderPage page = list(query);
        ASSERT_EQ(page.orders.size(), 1u);
        EXPECT_EQ(page.orders.front()->id, id);
        EXPECT_EQ(page.more, id != last.order_id);
        EXPECT_EQ(page.total, 3u);
        query.after = ports::position_of(*page.orders.front(), query.sort.key);
    }
}

std::string describe(const ports::StatisticsLine& line) {
    return std::string(order::to_string(line.kind)) + " " + std::string(order::to_string(line.status)) + " " +
           line.currency + ": " + std::to_string(line.count) + " of " + order::to_string(line.total_amount);
}

std::vector<std::string> describe(const std::vector<ports::StatisticsLine>& lines) {
    std::vector<std::string> texts;
    for (const ports::StatisticsLine& line : lines) texts.push_back(describe(line));
    return texts;
}

std::vector<ports::StatisticsLine> expected_statistics(const std::vector<order::OrderPtr>& orders) {
    std::map<std::tuple<std::string_view, std::string_view, std::string>, ports::StatisticsLine> groups;
    for (const order::OrderPtr& order : orders) {
        ports::StatisticsLine& line =
            groups[{order::to_string(order->kind), order::to_string(order->status), order->currency}];
        line.kind = order->kind;
        line.status = order->status;
        line.currency = order->currency;
        ++line.count;
        line.total_amount = MoneySum(line.total_amount.cents() + order->total_amount.cents());
    }
    std::vector<ports::StatisticsLine> lines;
    for (const auto& [names, line] : groups) lines.push_back(line);
    return lines;
}

TEST_P(ListingContract, statistics_tell_the_orders_of_each_kind_status_and_currency_by_their_names) {
    store_samples();
    const std::vector<std::string> lines = describe(statistics());
    EXPECT_EQ(lines, describe(expected_statistics(all_orders())));
    EXPECT_GT(lines.size(), 30u);
}

TEST_P(ListingContract, statistics_count_deleted_orders_and_what_orders_are_now) {
    std::vector<order::Change> changes;
    for (int i = 0; i < 4; ++i) {
        changes.push_back(create());
        changes.back().document.total_amount = Money::of_cents(1001);
    }
    store_and_know(changes);
    apply(set_status(changes[0], Status::deleted));
    complete(processed({changes[1].order_id, 1}, 5));
    EXPECT_EQ(describe(statistics()),
              (std::vector<std::string>{"generic deleted EUR: 1 of 10.01", "generic done CHF: 1 of 0.05",
                                        "generic new EUR: 2 of 20.02"}));
}

TEST_P(ListingContract, sums_are_exact_far_beyond_one_amount) {
    constexpr std::size_t count = 100;
    std::vector<order::Change> changes;
    for (std::size_t i = 0; i < 2 * count; ++i) {
        changes.push_back(create());
        const std::int64_t cents = limits::amount_cents_max;
        changes.back().document.total_amount = Money::of_cents(i < count ? cents : -cents);
        changes.back().document.currency = i < count ? "EUR" : "USD";
    }
    ASSERT_NO_FATAL_FAILURE(store_many(changes));
    EXPECT_EQ(describe(statistics()), (std::vector<std::string>{"generic new EUR: 100 of 999999999999999999",
                                                                "generic new USD: 100 of -999999999999999999"}));
}

TEST_P(ListingContract, listings_see_batches_wholly_or_not_at_all) {
    constexpr std::size_t rounds = 40;
    std::vector<std::array<order::Change, 2>> pairs;
    std::vector<ports::NoteId> notes;
    for (std::size_t i = 0; i < rounds; ++i) {
        pairs.push_back({create(), create()});
        for (order::Change& change : pairs.back()) change.customer_id = "twins";
        notes.push_back(new_note());
    }
    std::atomic<bool> done = false;
    std::jthread writer([&] {
        for (std::size_t i = 0; i < rounds; ++i) {
            const order::Change* const batch[] = {&pairs[i][0], &pairs[i][1]};
            EXPECT_TRUE(store().apply(notes[i], batch, {}));
            const auto end = processed({pairs[i][0].order_id, 1}, static_cast<std::int64_t>(i));
            EXPECT_TRUE(store().take_steps(std::vector{end, failed({pairs[i][1].order_id, 1})}));
        }
        done = true;
    });
    const auto watch = [&] {
        std::size_t last = 0;
        while (!done) {
            const auto page = listing().list({.filter = {.customer_id = "twins"}, .limit = 1000});
            ASSERT_TRUE(page) << page.error().message;
            ASSERT_EQ(page->orders.size() % 2, 0u);
            ASSERT_EQ(page->orders.size(), page->total);
            ASSERT_GE(page->total, last);
            last = page->total;
            const std::vector<std::string> ids = ids_of(page->orders);
            ASSERT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());

            const auto lines = listing().statistics();
            ASSERT_TRUE(lines) << lines.error().message;
            std::int64_t count = 0;
            for (const ports::StatisticsLine& line : *lines) count += line.count;
            ASSERT_EQ(count % 2, 0);
            ASSERT_GE(count, static_cast<std::int64_t>(last));
        }
    };
    std::jthread other(watch);
    watch();
    other.join();
    writer.join();
    EXPECT_EQ(list({.filter = {.customer_id = "twins", .status = Status::done}}).total, rounds);
    EXPECT_EQ(list({.filter = {.status = Status::failed}}).total, rounds);
}

TEST_P(ListingContract, a_listing_outlives_the_session) {
    store_samples();
    const std::vector<order::OrderPtr> before = all_orders();
    ASSERT_FALSE(list({}).orders.empty());
    restart();
    expect_listed({.limit = 1000}, before);
}

}  // namespace
}  // namespace orderstream::contract
