#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "e2e/life_orders.h"
#include "e2e/life_store.h"
#include "e2e/support/concurrent.h"
#include "e2e/support/json_access.h"
#include "e2e/support/server.h"

// The same Idempotency-Key again: one order, however often, at once, later, or while the first is under way.

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;

Headers key(const std::string& text) { return {{"Idempotency-Key", text}}; }

class Idempotency : public testing::Test {
  protected:
    [[nodiscard]] long long stored() const { return StoreFile(server_.data()).count("orders"); }

    Server server_;
    const std::string customer_ = new_customer();
    const Document document_ = document("the order", 7);
};

bool replayed(const HttpResponse& response) { return says(response, "Idempotent-Replayed", "true"); }

TEST_F(Idempotency, fifty_at_once_make_one_order) {
    std::mutex mutex;
    std::set<std::string> bodies;
    std::map<bool, int> answers;
    concurrent_clients(server_.port(), 50, [&](HttpConnection& connection, int) {
        const HttpResponse response = connection.ask(create(customer_, document_, key("k")));
        EXPECT_EQ(response.status, 201) << response;
        EXPECT_EQ(version_in(response), 1);
        EXPECT_EQ(response.header("Location"), "/orders/" + id_in(response));
        const std::lock_guard lock(mutex);
        bodies.insert(response.body);
        ++answers[replayed(response)];
    });
    EXPECT_EQ(bodies.size(), 1U);
    EXPECT_EQ(answers, (std::map<bool, int>{{false, 1}, {true, 49}}));
    const StoreFile file(server_.data());
    ASSERT_TRUE(file.comes_to_rest());
    EXPECT_EQ(file.count("orders"), 1);
    EXPECT_EQ(file.count("orders WHERE version = 1 AND processed_version = 1 AND announced_version = 1"), 1);
}

TEST_F(Idempotency, a_retry_is_answered_as_the_create_would_be_now) {
    const HttpResponse first = server_.ask(create(customer_, document_, key("k")));
    ASSERT_EQ(first.status, 201) << first;
    EXPECT_FALSE(replayed(first));
    const std::string id = id_in(first);
    const Document later = document("another", 8);
    ASSERT_EQ(server_.ask(update(id, customer_, later)).status, 200);

    const HttpResponse after_update = server_.ask(create(customer_, document_, key("k")));
    EXPECT_EQ(after_update.status, 201) << after_update;
    EXPECT_EQ(after_update.body, first.body);
    EXPECT_EQ(version_in(after_update), 2);
    EXPECT_TRUE(replayed(after_update));
    EXPECT_EQ(payload_in(server_.ask(show(id))), later.text);

    ASSERT_EQ(server_.ask(end(id, customer_, "deleted")).status, 200);
    const HttpResponse after_delete = server_.ask(create(customer_, document_, key("k")));
    EXPECT_EQ(after_delete.status, 409);
    EXPECT_EQ(after_delete.body, R"({"status":"deleted"})");
    EXPECT_TRUE(replayed(after_delete));
    EXPECT_EQ(stored(), 1);
}

TEST_F(Idempotency, a_retry_after_a_cancel_says_so) {
    const std::string id = id_in(server_.ask(create(customer_, document_, key("k"))));
    ASSERT_EQ(server_.ask(end(id, customer_, "cancelled")).status, 200);
    const HttpResponse response = server_.ask(create(customer_, document_, key("k")));
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(response.body, R"({"status":"cancelled"})");
    EXPECT_TRUE(replayed(response));
}

TEST_F(Idempotency, another_document_is_refused_and_changes_nothing) {
    const std::string id = id_in(server_.ask(create(customer_, document_, key("k"))));
    const HttpResponse other = server_.ask(create(customer_, document("another", 8), key("k")));
    EXPECT_EQ(other.status, 422) << other;
    EXPECT_EQ(other.header("Content-Type"), "application/problem+json");
    // Also once an update has made that document the order's: the key stands for the create.
    ASSERT_EQ(server_.ask(update(id, customer_, document("another", 8))).status, 200);
    EXPECT_EQ(server_.ask(create(customer_, document("another", 8), key("k"))).status, 422);
    EXPECT_EQ(stored(), 1);
}

TEST_F(Idempotency, the_same_document_in_other_words_is_the_same) {
    const HttpResponse first = server_.ask(create(customer_, {.text = R"({"a":100,"b":"é"})"}, key("k")));
    const HttpResponse second = server_.ask(create(customer_, {.text = R"({ "b" : "\u00e9", "a" : 1e2 })"}, key("k")));
    EXPECT_EQ(first.status, 201) << first;
    EXPECT_EQ(second.status, 201) << second;
    EXPECT_EQ(first.body, second.body);
    EXPECT_TRUE(replayed(second));
}

TEST_F(Idempotency, a_key_is_its_customers_own) {
    const std::string other = new_customer();
    const HttpResponse mine = server_.ask(create(customer_, document_, key("k")));
    const HttpResponse theirs = server_.ask(create(other, document_, key("k")));
    EXPECT_EQ(mine.status, 201);
    EXPECT_EQ(theirs.status, 201);
    EXPECT_FALSE(replayed(theirs));
    EXPECT_NE(id_in(mine), id_in(theirs));
    EXPECT_EQ(stored(), 2);
    EXPECT_EQ(server_.ask(get("/orders/" + id_in(theirs) + "?user_id=" + customer_)).status, 404);
}

TEST_F(Idempotency, on_other_changes_the_key_says_nothing) {
    const std::string id = id_in(server_.ask(create(customer_, document_, key("k"))));
    for (int version = 2; version <= 4; ++version) {
        const HttpResponse response = server_.ask(update(id, customer_, document_, key("k")));
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(version_in(response), version);
        EXPECT_FALSE(replayed(response));
    }
}

TEST_F(Idempotency, a_retry_while_the_first_is_under_way_waits_with_it) {
    constexpr int rounds = 40;
    std::mt19937 random(1);
    for (int round = 0; round < rounds; ++round) {
        HttpConnection first = server_.connect();
        HttpConnection second = server_.connect();
        const HttpRequest request = create(customer_, document_, key(std::to_string(round)));
        first.send(request);
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
        const HttpResponse retried = second.ask(request);
        ASSERT_EQ(retried.status, 201) << retried;
        // It has waited for the worker.
        const HttpResponse shown = second.ask(show(id_in(retried)));
        EXPECT_EQ(text_at(shown.json(), "/status"), "done");
        const HttpResponse answered = first.receive();
        ASSERT_EQ(answered.status, 201) << answered;
        EXPECT_EQ(answered.body, retried.body);
        EXPECT_NE(replayed(answered), replayed(retried));
    }
    EXPECT_EQ(stored(), rounds);
}

TEST_F(Idempotency, neither_the_first_nor_the_retry_is_answered_before_the_store_is) {
    HttpConnection first = server_.connect();
    HttpConnection second = server_.connect();
    {
        const WriteLock lock(server_.data());
        first.send(create(customer_, document_, key("k")));
        second.send(create(customer_, document_, key("k")));
        for (HttpConnection* waiting : {&first, &second}) {
            waiting->set_timeout(200ms);
            EXPECT_THROW(waiting->receive(), NetworkError);
            waiting->set_timeout(30s);
        }
    }
    const HttpResponse one = first.receive();
    const HttpResponse other = second.receive();
    EXPECT_EQ(one.status, 201) << one;
    EXPECT_EQ(other.status, 201) << other;
    EXPECT_EQ(one.body, other.body);
    EXPECT_NE(replayed(one), replayed(other));
    EXPECT_EQ(stored(), 1);
}

TEST_F(Idempotency, whoever_hangs_up_and_comes_back_finds_one_order) {
    constexpr int keys = 60;
    std::mutex mutex;
    std::set<std::string> ids;
    concurrent_clients(server_.port(), 6, [&](HttpConnection& connection, int client) {
        for (int i = client; i < keys; i += 6) {
            const HttpRequest request = create(customer_, document_, key(std::to_string(i)));
            for (int attempt = 0; attempt < 4; ++attempt) {
                HttpConnection impatient(server_.port());
                impatient.send(request);
                if (attempt % 2 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300 * attempt));
                impatient.reset();
            }
            const HttpResponse response = connection.ask(request);
            ASSERT_EQ(response.status, 201) << response;
            const std::lock_guard lock(mutex);
            ids.insert(id_in(response));
        }
    });
    EXPECT_EQ(ids.size(), keys);
    EXPECT_EQ(stored(), keys);
}

TEST_F(Idempotency, many_keys_from_many_clients_make_as_many_orders) {
    constexpr int keys = 100;
    constexpr int clients = 40;
    std::mutex mutex;
    std::map<std::string, std::map<bool, int>> answers;
    concurrent_clients(server_.port(), clients, [&](HttpConnection& connection, int client) {
        std::mt19937 random(static_cast<unsigned>(client));
        for (int i = 0; i < scaled(60); ++i) {
            const std::string name = std::to_string(random() % keys);
            const HttpResponse response = connection.ask(create(customer_, document(name, 3), key(name)));
            ASSERT_EQ(response.status, 201) << response;
            const std::lock_guard lock(mutex);
            ++answers[name + " " + response.body][replayed(response)];
        }
    });
    for (const auto& [order, count] : answers) EXPECT_EQ(count.at(false), 1) << order;
    const StoreFile file(server_.data());
    ASSERT_TRUE(file.comes_to_rest());
    EXPECT_EQ(file.count("orders"), static_cast<long long>(answers.size()));
    EXPECT_LE(answers.size(), keys);
    EXPECT_EQ(file.count("orders WHERE version <> 1 OR processed_version <> 1 OR status <> 'done'"), 0);
}

}  // namespace

}  // namespace orderstream::e2e
