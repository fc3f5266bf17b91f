#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "contract/kafka_server.h"
#include "e2e/checkout_suite.h"
#include "e2e/life_orders.h"
#include "e2e/support/cluster.h"

// Checkout orders through replicas on PostgreSQL and Kafka: in the tables, on the topics, at every API.

namespace orderstream::e2e {

namespace {

using Attributes = std::map<std::string, std::string>;  ///< a message's headers

constexpr const char* addresses =
    R"(,"shipping_address":{"street":"Главная, 1","city":"Минск","country":"BY","zip_code":"220030"},)"
    R"("billing_address":{"street":"Main St, 1","city":"Minsk","state":"MI","country":"BY","zip_code":"220030"})";

std::string at_id(const std::string& id) { return std::string(checkouts) + "/" + id; }

HttpRequest post(const std::string& body, Headers headers = {}) {
    return with_json("POST", checkouts, body, std::move(headers));
}

HttpRequest put_status(const std::string& id, const std::string& status, Headers headers = {}) {
    return with_json("PUT", at_id(id) + "/status", R"({"new_status":")" + status + "\"}", std::move(headers));
}

/// A checkout that a worker has confirmed; its id.
std::string confirmed(const Server& api, const std::string& body, Headers headers = {}) {
    headers.emplace_back("Prefer", "wait=60");
    const HttpResponse created = api.ask(post(body, std::move(headers)));
    EXPECT_EQ(created.status, 201) << created;
    EXPECT_EQ(text_at(created.json(), "/order/status"), "confirmed") << created;
    return order_id_in(created);
}

struct Published {
    Attributes headers;
    std::string value;
};

/// What a topic says of one order, once there are so many messages; oldest first.
std::vector<Published> published(const Cluster& cluster, const std::string& topic, const std::string& id,
                                 std::size_t count) {
    contract::TopicReader reader(cluster.kafka_options(), topic);
    std::vector<Published> found;
    EXPECT_TRUE(eventually([&] {
        found.clear();
        for (const auto& record : reader.read()) {
            if (record.message.value.find(id) == std::string::npos) continue;
            Published& message = found.emplace_back(Published{.headers = {}, .value = record.message.value});
            for (const kafka::Header& header : record.message.headers) message.headers[header.name] = header.value;
        }
        return found.size() >= count;
    })) << topic;
    return found;
}

/// PostgreSQL keeps the members of a document in an order of its own.
std::string canonical(const std::string& json) { return canonical_json(documents::parse_json(json).value()); }

std::string items_of(const std::string& id) { return "order_items WHERE order_id = '" + id + "'"; }

TEST(ClusterCheckout, is_in_the_tables_on_the_topics_and_at_every_replica) {
    const Cluster cluster;
    const auto a = cluster.start("api");
    const auto b = cluster.start("api", {{"CACHE_TYPE", "lru"}});
    const auto worker = cluster.start("worker");
    const std::string customer = new_customer();
    const std::string id =
        confirmed(*a, checkout_body(customer, {Item{}, Item{.price = "0.5", .quantity = "2"}}, addresses),
                  {{"X-Request-ID", "the-create"}});

    EXPECT_EQ(cluster.count(items_of(id)), 2);
    EXPECT_EQ(cluster.sql("SELECT sum(total) FROM " + items_of(id)), "150.97");
    EXPECT_EQ(cluster.sql("SELECT type, city FROM order_addresses WHERE order_id = '" + id + "' ORDER BY type"),
              "billing|Minsk\nshipping|Минск");

    const HttpResponse shown = b->ask(get(at_id(id)));
    EXPECT_EQ(shown.status, 200) << shown;
    EXPECT_EQ(number_at(shown.json(), "/order/total_amount"), "150.97");
    EXPECT_EQ(text_at(shown.json(), "/order/shipping_address/city"), "Минск");

    const auto topics = cluster.kafka_options().topics;
    std::vector<Published> events = published(cluster, topics.events, id, 1);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].headers.at("event-type"), "order.created");
    EXPECT_EQ(events[0].headers.at("x-request-id"), "the-create");
    EXPECT_EQ(text_at(documents::parse_json(events[0].value).value(), "/payload/email"), "customer@example.com");
    const std::vector<Published> announcements = published(cluster, topics.created, id, 1);
    ASSERT_EQ(announcements.size(), 1U);
    EXPECT_EQ(canonical(announcements[0].value), canonical(shown.body)) << "it carries the order as it is shown";

    const HttpResponse stepped = b->ask(put_status(id, "processing", {{"X-Request-ID", "the-step"}}));
    EXPECT_EQ(stepped.status, 200) << stepped;
    EXPECT_EQ(text_at(stepped.json(), "/old_status"), "confirmed");
    events = published(cluster, topics.events, id, 2);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[1].headers.at("event-type"), "order.status_changed");
    EXPECT_EQ(events[1].headers.at("x-request-id"), "the-step");
    EXPECT_TRUE(cluster.comes_to_rest());
    EXPECT_EQ(published(cluster, topics.created, id, 1).size(), 1U) << "a step is not announced";
}

TEST(ClusterCheckout, is_listed_and_counted_at_every_replica) {
    const Cluster cluster;
    const std::array apis{cluster.start("api"), cluster.start("api")};
    const auto worker = cluster.start("worker");
    const std::string customer = new_customer();
    constexpr int orders = 25;
    std::map<std::string, int> seen;
    for (int i = 0; i < orders; ++i) {
        seen[confirmed(*apis[static_cast<std::size_t>(i) % 2], checkout_body(customer))] = 0;
    }
    std::string cursor;
    for (int page = 0; page < orders; ++page) {
        std::string target = std::string(checkouts) + "?limit=10&customer_id=" + customer;
        if (!cursor.empty()) target += "&cursor=" + cursor;
        const HttpResponse response = apis[static_cast<std::size_t>(page) % 2]->ask(get(target));
        ASSERT_EQ(response.status, 200) << response;
        const documents::Json body = response.json();
        EXPECT_EQ(integer_at(body, "/pagination/total"), orders);
        for (std::size_t i = 0; i < size_at(body, "/orders"); ++i) {
            ++seen[text_at(body, "/orders/" + std::to_string(i) + "/id")];
        }
        if (at(body, "/pagination/next_cursor").is_null()) break;
        cursor = text_at(body, "/pagination/next_cursor");
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(orders));
    for (const auto& [id, times] : seen) EXPECT_EQ(times, 1) << id;

    const HttpResponse counted = apis[1]->ask(get("/api/v1/statistics"));
    ASSERT_EQ(counted.status, 200) << counted;
    EXPECT_EQ(counted.body, R"({"statistics":[{"kind":"checkout","status":"confirmed","currency":"USD","count":25,)"
                            R"("total_amount":3749.25,"avg_amount":149.97}]})");
}

TEST(ClusterCheckout, whose_items_somebody_changes_by_sql_is_published_and_confirmed_again) {
    const Cluster cluster;
    const auto api = cluster.start("api");
    const auto worker = cluster.start("worker");
    const std::string id = confirmed(*api, checkout_body(new_customer()));
    (void)cluster.sql("UPDATE order_items SET quantity = 5 WHERE order_id = '" + id + "'");
    HttpResponse shown;
    EXPECT_TRUE(eventually([&] {
        shown = api->ask(get(at_id(id)));
        return shown.header("ETag") == "\"2\"" && text_at(shown.json(), "/order/status") == "confirmed";
    })) << shown;
    EXPECT_EQ(number_at(shown.json(), "/order/total_amount"), "249.95");
    EXPECT_EQ(number_at(shown.json(), "/order/items/0/quantity"), "5");
    const std::vector<Published> events = published(cluster, cluster.kafka_options().topics.events, id, 2);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[1].headers.at("event-type"), "order.updated");
    EXPECT_TRUE(cluster.comes_to_rest());
    EXPECT_EQ(cluster.sql("SELECT version, processed_version, status FROM orders WHERE order_id = '" + id + "'"),
              "2|2|confirmed");
}

TEST(ClusterCheckout, amounts_agree_to_the_cent_with_the_database) {
    const Cluster cluster;
    const auto api = cluster.start("api");
    const auto worker = cluster.start("worker");
    std::mt19937 random(20'260'131);
    for (int round = 0; round < scaled(40); ++round) {
        std::vector<Item> items;
        long long cents = 0;
        for (std::size_t i = 1 + random() % 6; i > 0; --i) {
            const long long price = 1 + static_cast<long long>(random() % 500'000);
            const long long quantity = 1 + static_cast<long long>(random() % 20);
            items.push_back({.price = std::to_string(price) + "e-2", .quantity = std::to_string(quantity)});
            cents += price * quantity;
        }
        const std::string id = confirmed(*api, checkout_body(new_customer(), items));
        const std::string in_cents = std::to_string(cents);
        EXPECT_EQ(cluster.sql("SELECT (total_amount * 100)::bigint FROM orders WHERE order_id = '" + id + "'"),
                  in_cents);
        EXPECT_EQ(cluster.sql("SELECT (sum(total) * 100)::bigint FROM " + items_of(id)), in_cents);
        const HttpResponse shown = api->ask(get(at_id(id)));
        EXPECT_EQ(cluster.sql("SELECT (" + number_at(shown.json(), "/order/total_amount") + " * 100)::bigint"),
                  in_cents);
    }
}

}  // namespace

}  // namespace orderstream::e2e
