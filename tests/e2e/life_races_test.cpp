#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "e2e/life_orders.h"
#include "e2e/life_store.h"
#include "e2e/support/concurrent.h"
#include "e2e/support/json_access.h"
#include "e2e/support/server.h"

// Many at one order: every change is answered, and what is stored is what the answers say.

namespace orderstream::e2e {

namespace {

class Races : public testing::Test {
  protected:
    std::string created(const Document& document) {
        const HttpResponse response = server_.ask(create(customer_, document));
        EXPECT_EQ(response.status, 201) << response;
        return id_in(response);
    }

    /// The order with all work done, as an answer and as a row.
    void expect_at_rest(const std::string& id, int version, const std::string& status, const Document& document) {
        ASSERT_TRUE(StoreFile(server_.data()).comes_to_rest());
        const HttpResponse shown = server_.ask(show(id));
        EXPECT_EQ(version_in(shown), version);
        EXPECT_EQ(text_at(shown.json(), "/status"), status);
        EXPECT_EQ(payload_in(shown), document.text);
        const StoredOrder row = StoreFile(server_.data()).orders().at(id);
        EXPECT_EQ(row.version, version);
        EXPECT_EQ(row.processed_version, version);
        EXPECT_EQ(row.status, status);
        EXPECT_EQ(row.payload, document.text);
        EXPECT_EQ(row.external_id, document.external_id);
        if (status == "done") {
            EXPECT_EQ(row.cents, document.cents);
            EXPECT_EQ(cents_in(shown), document.cents);
        }
    }

    Server server_;
    const std::string customer_ = new_customer();
};

TEST_F(Races, two_hundred_updates_of_one_order_are_answered_with_two_hundred_versions) {
    constexpr int updates = 200;
    const std::string id = created(document("first", 1));
    std::mutex mutex;
    std::map<int, Document> by_version;
    concurrent_clients(server_.port(), updates, [&](HttpConnection& connection, int i) {
        const Document sent = document("update " + std::to_string(i), i);
        const HttpResponse response = connection.ask(update(id, customer_, sent));
        EXPECT_EQ(response.status, 200) << response;
        EXPECT_EQ(response.body, R"({"order_id":")" + id + R"(","status":"updated"})");
        const std::lock_guard lock(mutex);
        by_version[version_in(response)] = sent;
    });
    ASSERT_EQ(by_version.size(), updates);
    EXPECT_EQ(by_version.begin()->first, 2);
    EXPECT_EQ(by_version.rbegin()->first, updates + 1);
    expect_at_rest(id, updates + 1, "done", by_version.rbegin()->second);
    EXPECT_EQ(StoreFile(server_.data()).count("orders"), 1);
}

TEST_F(Races, one_of_many_with_the_same_if_match_wins) {
    const std::string id = created(document("first", 1));
    std::mutex mutex;
    std::map<int, int> answers;
    Document winner;
    concurrent_clients(server_.port(), 50, [&](HttpConnection& connection, int i) {
        const Document sent = document("update " + std::to_string(i), i);
        const HttpResponse response = connection.ask(update(id, customer_, sent, {{"If-Match", "\"1\""}}));
        EXPECT_EQ(version_in(response), 2) << response;
        const std::lock_guard lock(mutex);
        ++answers[response.status];
        if (response.status == 200) winner = sent;
    });
    EXPECT_EQ(answers, (std::map<int, int>{{200, 1}, {412, 49}}));
    expect_at_rest(id, 2, "done", winner);
}

TEST_F(Races, read_and_write_back_with_if_match_loses_no_update) {
    constexpr int clients = 12;
    constexpr int additions = 6;
    const auto counter = [](int number) {
        return Document{.external_id = "counter", .text = R"({"number":)" + std::to_string(number) + "}"};
    };
    const std::string id = created(counter(0));
    concurrent_clients(server_.port(), clients, [&](HttpConnection& connection, int) {
        for (int added = 0; added < additions;) {
            const HttpResponse shown = connection.ask(show(id));
            const Document next = counter(static_cast<int>(integer_at(shown.json(), "/payload/number")) + 1);
            const std::string etag = shown.header("ETag").value();
            const HttpResponse response = connection.ask(update(id, customer_, next, {{"If-Match", etag}}));
            if (response.status == 200) ++added;
            EXPECT_TRUE(response.status == 200 || response.status == 412) << response;
        }
    });
    const HttpResponse shown = server_.ask(show(id));
    EXPECT_EQ(integer_at(shown.json(), "/payload/number"), clients * additions);
    EXPECT_EQ(version_in(shown), clients * additions + 1);
}

TEST_F(Races, an_update_overtakes_the_worker_of_the_version_before) {
    concurrent_clients(server_.port(), 8, [&](HttpConnection& connection, int client) {
        for (int i = 0; i < scaled(100); ++i) {
            const std::string name = std::to_string(client) + "/" + std::to_string(i);
            const HttpResponse first =
                connection.ask(create(customer_, document(name, 1), {{"Prefer", "respond-async"}}));
            ASSERT_EQ(first.status, 202) << first;
            const Document sent = document(name + " updated", 2);
            const HttpResponse second = connection.ask(update(id_in(first), customer_, sent));
            ASSERT_EQ(second.status, 200) << second;
            ASSERT_EQ(version_in(second), 2);
            const HttpResponse shown = connection.ask(show(id_in(first)));
            ASSERT_EQ(version_in(shown), 2);
            ASSERT_EQ(payload_in(shown), sent.text);
            ASSERT_EQ(text_at(shown.json(), "/status"), "done");
            ASSERT_EQ(cents_in(shown), sent.cents);
        }
    });
    const StoreFile file(server_.data());
    ASSERT_TRUE(file.comes_to_rest());
    EXPECT_EQ(file.count("orders"), 8 * scaled(100));
    EXPECT_EQ(file.count("orders WHERE version = 2 AND processed_version = 2 AND status = 'done'"), 8 * scaled(100));
    // By whichever version was processed first.
    EXPECT_EQ(file.count("orders WHERE announced_version NOT IN (1, 2)"), 0);
}

TEST_F(Races, a_delete_or_cancel_overtakes_the_worker_and_stays) {
    concurrent_clients(server_.port(), 8, [&](HttpConnection& connection, int client) {
        const std::string status = client % 2 == 0 ? "deleted" : "cancelled";
        for (int i = 0; i < scaled(100); ++i) {
            const HttpResponse first =
                connection.ask(create(customer_, document("x", 1), {{"Prefer", "respond-async"}}));
            ASSERT_EQ(first.status, 202) << first;
            const HttpResponse ended = connection.ask(end(id_in(first), customer_, status));
            ASSERT_EQ(ended.status, 200) << ended;
            ASSERT_EQ(version_in(ended), 2);
            const HttpResponse shown = connection.ask(show(id_in(first)));
            ASSERT_EQ(text_at(shown.json(), "/status"), status);
            const HttpResponse late = connection.ask(update(id_in(first), customer_, document("late", 3)));
            ASSERT_EQ(late.status, 409);
            ASSERT_EQ(late.body, R"({"status":")" + status + R"("})");
        }
    });
    const StoreFile file(server_.data());
    ASSERT_TRUE(file.comes_to_rest());
    for (const std::string status : {"deleted", "cancelled"}) {
        EXPECT_EQ(file.count("orders WHERE version = 2 AND processed_version = 2 AND status = '" + status + "'"),
                  4 * scaled(100));
    }
}

TEST_F(Races, of_an_update_a_delete_and_a_cancel_at_once_one_end_wins) {
    const int rounds = scaled(200);
    std::vector<std::string> ids;
    for (int round = 0; round < rounds; ++round) ids.push_back(created(document("x", 1)));
    struct Heard {
        int status = 0;
        int version = 0;
        std::string body;
    };
    std::vector<std::array<Heard, 3>> heard(ids.size());
    concurrent_clients(server_.port(), 3, [&](HttpConnection& connection, int client) {
        const auto place = static_cast<std::size_t>(client);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const HttpResponse response = connection.ask(client == 0   ? update(ids[i], customer_, document("new", 2))
                                                         : client == 1 ? end(ids[i], customer_, "deleted")
                                                                       : end(ids[i], customer_, "cancelled"));
            heard[i][place] = {response.status, version_in(response), response.body};
        }
    });
    ASSERT_TRUE(StoreFile(server_.data()).comes_to_rest());
    const StoredOrders rows = StoreFile(server_.data()).orders();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto& [updated, deleted, cancelled] = heard[i];
        const StoredOrder& row = rows.at(ids[i]);
        const bool delete_won = deleted.status == 200;
        const Heard& winner = delete_won ? deleted : cancelled;
        const Heard& loser = delete_won ? cancelled : deleted;
        const std::string end_status = delete_won ? "deleted" : "cancelled";
        ASSERT_EQ(winner.status, 200);
        ASSERT_EQ(loser.status, 409);
        ASSERT_EQ(loser.body, R"({"status":")" + end_status + R"("})");
        ASSERT_EQ(loser.version, winner.version);
        ASSERT_EQ(row.status, end_status);
        ASSERT_EQ(row.version, winner.version);
        if (updated.status == 200) {
            ASSERT_EQ(updated.version, 2);
            ASSERT_EQ(winner.version, 3);
            ASSERT_EQ(row.external_id, "new");
        } else {
            ASSERT_EQ(updated.status, 409);
            ASSERT_EQ(updated.body, R"({"status":")" + end_status + R"("})");
            ASSERT_EQ(winner.version, 2);
            ASSERT_EQ(row.external_id, "x");
        }
    }
}

/// What all clients together were told of one order.
struct Ledger {
    struct Change {
        std::string status;  ///< an end, or empty: an update
        std::string payload;
    };
    struct View {
        int version = 0;
        std::string status;
        std::string payload;
    };
    std::string id;
    std::mutex mutex;
    std::map<int, Change> changes;  ///< by version
    std::vector<View> views;
    std::set<std::pair<std::string, int>> refusals;  ///< the end in the way, and the version

    void change(int version, Change change) {
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(changes.emplace(version, std::move(change)).second) << "version " << version << " twice";
    }
    void refuse(const HttpResponse& response) {
        const std::lock_guard lock(mutex);
        refusals.emplace(text_at(response.json(), "/status"), version_in(response));
    }
    void view(const HttpResponse& response) {
        const std::lock_guard lock(mutex);
        views.push_back({version_in(response), text_at(response.json(), "/status"), payload_in(response)});
    }
    [[nodiscard]] const std::string& payload_at(int version) const {
        auto change = changes.upper_bound(version);
        do --change;
        while (!change->second.status.empty());
        return change->second.payload;
    }
    void expect_true(const StoredOrder& row) const {
        ASSERT_EQ(changes.begin()->first, 1);
        ASSERT_EQ(changes.rbegin()->first, static_cast<int>(changes.size())) << "a version nobody was told of";
        const auto& [version, last] = *changes.rbegin();
        EXPECT_EQ(row.version, version);
        EXPECT_EQ(row.processed_version, version);
        EXPECT_EQ(row.announced_version, 1);
        EXPECT_EQ(row.status, last.status.empty() ? "done" : last.status);
        EXPECT_EQ(row.payload, payload_at(version));
        for (const auto& [number, change] : changes) EXPECT_TRUE(change.status.empty() || number == version);
        for (const auto& refusal : refusals) EXPECT_EQ(refusal, std::pair(last.status, version));
        for (const View& view : views) {
            ASSERT_TRUE(changes.contains(view.version));
            EXPECT_EQ(view.payload, payload_at(view.version));
            const std::string& end = changes.at(view.version).status;
            if (end.empty()) {
                EXPECT_TRUE(view.status == "new" || view.status == "processing" || view.status == "done");
            } else {
                EXPECT_EQ(view.status, end);
            }
        }
    }
};

TEST_F(Races, mixed_changes_of_few_orders_by_many_clients_add_up) {
    std::vector<Ledger> ledgers(24);
    for (std::size_t i = 0; i < ledgers.size(); ++i) {
        const Document first = document("order " + std::to_string(i), 0);
        ledgers[i].id = created(first);
        ledgers[i].change(1, {.status = {}, .payload = first.text});
    }
    concurrent_clients(server_.port(), 32, [&](HttpConnection& connection, int client) {
        std::mt19937 random(static_cast<unsigned>(client));
        for (int i = 0; i < scaled(120); ++i) {
            Ledger& ledger = ledgers[random() % ledgers.size()];
            const auto dice = random() % 1000;
            if (dice < 300) {
                const HttpResponse response = connection.ask(show(ledger.id));
                ASSERT_EQ(response.status, 200) << response;
                ledger.view(response);
                continue;
            }
            Ledger::Change change;
            if (dice >= 995) change.status = "deleted";
            if (dice >= 990 && dice < 995) change.status = "cancelled";
            const Document sent = document(std::to_string(client) + "/" + std::to_string(i), i);
            if (change.status.empty()) change.payload = sent.text;
            const HttpResponse response = connection.ask(
                change.status.empty() ? update(ledger.id, customer_, sent) : end(ledger.id, customer_, change.status));
            if (response.status == 409) {
                ledger.refuse(response);
            } else {
                ASSERT_EQ(response.status, 200) << response;
                ledger.change(version_in(response), std::move(change));
            }
        }
    });
    const StoreFile file(server_.data());
    ASSERT_TRUE(file.comes_to_rest());
    const StoredOrders rows = file.orders();
    EXPECT_EQ(rows.size(), ledgers.size());
    for (const Ledger& ledger : ledgers) {
        SCOPED_TRACE(ledger.id);
        ledger.expect_true(rows.at(ledger.id));
    }
}

}  // namespace

}  // namespace orderstream::e2e
