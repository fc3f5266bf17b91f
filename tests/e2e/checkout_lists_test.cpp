#include <algorithm>
#include <set>
#include <string>

#include "e2e/checkout_suite.h"

// GET /api/v1/orders: what an item shows, every filter and sort, both kinds of paging, and what is refused.

namespace orderstream::e2e {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Ids = std::vector<std::string>;

class CheckoutLists : public CheckoutSuite {
  protected:
    static HttpResponse list(const std::string& query) { return ask(get(std::string(checkouts) + "?" + query)); }
    static documents::Json page(const std::string& query) {
        const HttpResponse response = list(query);
        EXPECT_EQ(response.status, 200) << query << "\n" << response;
        EXPECT_EQ(response.header("Cache-Control"), "no-store");
        return response.json();
    }
    static Ids ids_in(const documents::Json& page) {
        Ids ids;
        for (std::size_t i = 0; i < size_at(page, "/orders"); ++i) {
            ids.push_back(text_at(page, "/orders/" + std::to_string(i) + "/id"));
        }
        return ids;
    }
    static Ids ids_of(const std::string& query) { return ids_in(page(query)); }
    static std::string priced(const std::string& customer, const std::string& price, const std::string& more = "") {
        return confirmed(customer, {{.price = price, .quantity = "1"}}, more);
    }
};

TEST_F(CheckoutLists, show_what_all_kinds_share_and_the_document) {
    const std::string customer = new_customer();
    const std::string checkout = confirmed(customer, {Item{}}, R"(,"metadata":{"id":"inner","status":"inner"})");
    const std::string generic = create(customer, R"({"id":"cart-1","amount":5,"status":"mine","version":9})");
    const documents::Json both = page("customer_id=" + customer + "&sort_order=asc");
    ASSERT_THAT(ids_in(both), ElementsAre(checkout, generic));

    const documents::Json document = at(show(checkout).json(), "/order");
    const documents::Json& item = at(both, "/orders/0");
    std::set<std::string> names;
    for (const auto& [name, value] : *item.as_object()) names.insert(name);
    EXPECT_EQ(names, (std::set<std::string>{"id", "kind", "customer_id", "external_id", "status", "total_amount",
                                            "currency", "version", "created_at", "updated_at", "email", "items",
                                            "metadata", "shipping_address", "billing_address"}));
    EXPECT_EQ(text_at(item, "/kind"), "checkout");
    EXPECT_TRUE(at(item, "/external_id").is_null());
    EXPECT_EQ(integer_at(item, "/version"), 1);
    for (const auto& [name, value] : *document.as_object()) {
        EXPECT_EQ(render_json(at(item, "/" + name)), render_json(value)) << name << " is what GET shows";
    }

    const documents::Json& other = at(both, "/orders/1");
    EXPECT_EQ(render_json(at(other, "/payload")), R"({"id":"cart-1","amount":5,"status":"mine","version":9})");
    EXPECT_EQ(text_at(other, "/kind"), "generic");
    EXPECT_EQ(text_at(other, "/external_id"), "cart-1");
    EXPECT_EQ(text_at(other, "/status"), "done");
    EXPECT_EQ(number_at(other, "/total_amount"), "5");
    EXPECT_EQ(other.as_object()->size(), 11U);
    EXPECT_EQ(render_json(at(both, "/pagination")),
              R"({"total":2,"total_is_capped":false,"limit":100,"offset":0,"count":2,"next_cursor":null})");
}

TEST_F(CheckoutLists, are_filtered_by_everything) {
    const std::string customer = new_customer();
    const std::string a = priced(customer, "10.01", R"(,"currency":"EUR")");
    const std::string b = priced(customer, "20");
    const std::string after_b = text_at(show(b).json(), "/order/created_at");
    const std::string c = priced(customer, "30.5");
    const std::string d = create(customer, R"({"amount":5})");
    const std::string e = create(customer, R"({"amount":"0.25"})");
    ASSERT_EQ(put_status(c, "cancelled").status, 200);
    ASSERT_EQ(remove(d).status, 204);

    const auto filtered = [&](const std::string& query) {
        return ids_of("customer_id=" + customer + "&sort_order=asc" + query);
    };
    EXPECT_THAT(filtered(""), ElementsAre(a, b, c, e)) << "without deleted ones";
    EXPECT_THAT(filtered("&status=deleted"), ElementsAre(d));
    EXPECT_THAT(filtered("&kind=checkout"), ElementsAre(a, b, c));
    EXPECT_THAT(filtered("&kind=generic"), ElementsAre(e));
    EXPECT_THAT(filtered("&kind=marketplace"), ElementsAre());
    EXPECT_THAT(filtered("&status=confirmed"), ElementsAre(a, b));
    EXPECT_THAT(filtered("&status=cancelled"), ElementsAre(c));
    EXPECT_THAT(filtered("&status=done"), ElementsAre(e));
    EXPECT_THAT(filtered("&email=CUSTOMER%40Example.com"), ElementsAre(a, b, c));
    EXPECT_THAT(filtered("&email=customer%40example.co"), ElementsAre());
    EXPECT_THAT(filtered("&currency=EUR"), ElementsAre(a));
    EXPECT_THAT(filtered("&min_amount=10.01&max_amount=20.00"), ElementsAre(a, b)) << "inclusive and exact";
    EXPECT_THAT(filtered("&min_amount=10.02"), ElementsAre(b, c));
    EXPECT_THAT(filtered("&max_amount=0.25"), ElementsAre(e));
    EXPECT_THAT(filtered("&max_amount=-0.01"), ElementsAre());
    EXPECT_THAT(filtered("&date_to=" + after_b), ElementsAre(a, b)) << "inclusive";
    EXPECT_THAT(filtered("&date_from=" + after_b + "&date_to=" + after_b), ElementsAre(b));
    EXPECT_THAT(filtered("&date_from=2099-01-01T00:00:00%2B02:00"), ElementsAre());
    EXPECT_THAT(filtered("&kind=checkout&status=confirmed&currency=USD&min_amount=1"), ElementsAre(b));

    std::string capitals = customer;
    for (char& letter : capitals) letter = letter >= 'a' && letter <= 'f' ? static_cast<char>(letter - 32) : letter;
    EXPECT_EQ(ids_of("sort_order=asc&customer_id=" + capitals), filtered(""));
}

TEST_F(CheckoutLists, are_sorted_both_ways) {
    const std::string customer = new_customer();
    const std::string a = priced(customer, "9");
    const std::string b = priced(customer, "100.5");
    const std::string c = priced(customer, "100.49");
    ASSERT_EQ(put_status(a, "processing").status, 200);
    ASSERT_EQ(put_status(b, "cancelled").status, 200);
    const auto expect = [&](const std::string& key, const Ids& ascending) {
        const std::string query = "customer_id=" + customer + (key.empty() ? "" : "&sort_by=" + key);
        EXPECT_EQ(ids_of(query + "&sort_order=asc"), ascending) << key;
        const Ids descending(ascending.rbegin(), ascending.rend());
        EXPECT_EQ(ids_of(query + "&sort_order=desc"), descending) << key;
        EXPECT_EQ(ids_of(query), descending) << key << ": the newest or largest first by itself";
    };
    expect("", {a, b, c});
    expect("created_at", {a, b, c});
    expect("total_amount", {a, c, b});
    expect("status", {b, c, a});
    expect("updated_at", {c, a, b});
}

TEST_F(CheckoutLists, are_read_page_by_page_while_orders_come) {
    const std::string customer = new_customer();
    Ids there;
    for (int i = 0; i < 25; ++i) there.push_back(order_id_in(post_checkout(checkout_body(customer))));
    for (const std::string direction : {"desc", "asc"}) {
        Ids seen;
        std::string cursor;
        int pages = 0;
        do {
            const documents::Json part = page("customer_id=" + customer + "&limit=7&sort_order=" + direction + cursor);
            for (std::string& id : ids_in(part)) seen.push_back(std::move(id));
            EXPECT_LE(size_at(part, "/orders"), 7U);
            EXPECT_EQ(integer_at(part, "/pagination/count"), static_cast<long long>(size_at(part, "/orders")));
            EXPECT_EQ(integer_at(part, "/pagination/limit"), 7);
            EXPECT_EQ(integer_at(part, "/pagination/offset"), 0);
            const bool ends = at(part, "/pagination/next_cursor").is_null();
            cursor = ends ? "" : "&cursor=" + text_at(part, "/pagination/next_cursor");
            if (++pages < 4) (void)order_id_in(post_checkout(checkout_body(customer)));
        } while (!cursor.empty() && pages < 20);
        EXPECT_TRUE(cursor.empty());

        Ids expected = there;
        if (direction == "desc") std::ranges::reverse(expected);
        Ids of_those;
        std::ranges::copy_if(seen, std::back_inserter(of_those),
                             [&](const std::string& id) { return std::ranges::find(there, id) != there.end(); });
        EXPECT_EQ(of_those, expected) << "each that was there, once, in order";
        EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size()) << "and no other twice";
        there = ids_of("customer_id=" + customer + "&sort_order=asc");
    }
}

TEST_F(CheckoutLists, are_read_on_by_every_sort) {
    const std::string customer = new_customer();
    for (int i = 0; i < 9; ++i) {
        const std::string id = priced(customer, std::to_string(1 + i % 3));
        ASSERT_EQ(put_status(id, i % 2 == 0 ? "processing" : "confirmed").status, 200);
    }
    for (const std::string key : {"created_at", "updated_at", "total_amount", "status"}) {
        for (const std::string direction : {"&sort_order=asc", "&sort_order=desc"}) {
            const std::string query = "customer_id=" + customer + "&sort_by=" + key + direction;
            Ids seen;
            std::string cursor;
            do {
                const documents::Json part = page(query + "&limit=2" + cursor);
                for (std::string& id : ids_in(part)) seen.push_back(std::move(id));
                const bool ends = at(part, "/pagination/next_cursor").is_null();
                cursor = ends ? "" : "&cursor=" + text_at(part, "/pagination/next_cursor");
            } while (!cursor.empty() && seen.size() < 20);
            EXPECT_EQ(seen, ids_of(query)) << query;
        }
    }
}

TEST_F(CheckoutLists, are_read_by_offset_out_of_habit) {
    const std::string customer = new_customer();
    Ids newest_first;
    for (int i = 0; i < 5; ++i) {
        newest_first.insert(newest_first.begin(), order_id_in(post_checkout(checkout_body(customer))));
    }
    const documents::Json second = page("customer_id=" + customer + "&limit=2&offset=2");
    EXPECT_THAT(ids_in(second), ElementsAre(newest_first[2], newest_first[3]));
    EXPECT_EQ(integer_at(second, "/pagination/offset"), 2);
    EXPECT_EQ(integer_at(second, "/pagination/total"), 5);
    const std::string cursor = text_at(second, "/pagination/next_cursor");
    EXPECT_THAT(ids_of("customer_id=" + customer + "&limit=2&cursor=" + cursor), ElementsAre(newest_first[4]))
        << "from there one may go on by cursor";
    const documents::Json past = page("customer_id=" + customer + "&offset=7");
    EXPECT_TRUE(ids_in(past).empty());
    EXPECT_EQ(integer_at(past, "/pagination/total"), 5);
    EXPECT_TRUE(at(past, "/pagination/next_cursor").is_null());
}

TEST_F(CheckoutLists, give_a_thousand_at_most) {
    EXPECT_EQ(integer_at(page("limit=1000"), "/pagination/limit"), 1000);
    EXPECT_EQ(integer_at(page("limit=5000"), "/pagination/limit"), 1000);
    EXPECT_EQ(integer_at(page(""), "/pagination/limit"), 100);
}

TEST_F(CheckoutLists, say_everything_that_makes_no_sense) {
    const HttpResponse response = list(
        "kind=x&status=gone&currency=usd&min_amount=1.999&date_from=yesterday&sort_by=name&sort_order=up&limit=0&"
        "offset=-1&cursor=abc&page=2");
    ASSERT_TRUE(is_problem(response, 400));
    const std::string detail = text_at(response.json(), "/detail");
    for (const char* name :
         {"kind", "status", "currency", "min_amount", "date_from", "sort_by", "sort_order", "limit", "offset", "cursor",
          "'page'", "generic, marketplace, checkout", "created_at, updated_at, total_amount, status", "refunded"}) {
        EXPECT_THAT(detail, HasSubstr(name));
    }
    EXPECT_TRUE(is_problem(list("limit=-5"), 400));
    EXPECT_TRUE(is_problem(list("limit=1&limit=2"), 400));
    EXPECT_TRUE(is_problem(list("email=%ff"), 400));
    const HttpResponse far = list("offset=1000001");
    EXPECT_TRUE(is_problem(far, 400));
    EXPECT_THAT(far.body, HasSubstr("next_cursor"));
}

TEST_F(CheckoutLists, take_a_cursor_only_where_it_belongs) {
    const std::string customer = new_customer();
    for (int i = 0; i < 3; ++i) (void)order_id_in(post_checkout(checkout_body(customer)));
    const std::string query = "customer_id=" + customer + "&limit=1";
    const std::string cursor = text_at(page(query), "/pagination/next_cursor");
    EXPECT_EQ(list(query + "&cursor=" + cursor).status, 200);
    EXPECT_EQ(list("customer_id=" + customer + "&limit=2&sort_by=created_at&sort_order=desc&cursor=" + cursor).status,
              200);
    for (const std::string other :
         {"limit=1", "sort_order=asc", "sort_by=updated_at", "status=confirmed", "kind=checkout", "offset=0"}) {
        EXPECT_TRUE(is_problem(
            list(other == "limit=1" ? other + "&cursor=" + cursor : query + "&" + other + "&cursor=" + cursor), 400))
            << other;
    }
    for (std::size_t i = 0; i < cursor.size(); i += 3) {
        std::string tampered = cursor;
        tampered[i] = tampered[i] == 'A' ? 'B' : 'A';
        EXPECT_TRUE(is_problem(list(query + "&cursor=" + tampered), 400)) << tampered;
    }
    for (const std::string& none : {std::string(), std::string("%00"), std::string(8000, 'A'), cursor + cursor}) {
        EXPECT_TRUE(is_problem(list(query + "&cursor=" + none), 400));
    }
}

}  // namespace

}  // namespace orderstream::e2e
