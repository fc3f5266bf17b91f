#include "e2e/life_customer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "e2e/support/json_access.h"

namespace orderstream::e2e {

namespace {

std::string status_after(bool removed) { return removed ? "deleted" : "cancelled"; }

}  // namespace

Customer::Customer(std::uint64_t seed, std::string id) : random_(seed), id_(std::move(id)) {}

Document Customer::next_document() {
    ++documents_;
    return document(id_ + "-" + std::to_string(documents_), documents_);
}

Customer::Asked Customer::ask_for_new() {
    Asked asked{
        .verb = Verb::create, .request = {}, .place = 0, .sent = next_document(), .with_key = random_() % 2 == 0};
    Headers headers;
    if (asked.with_key) headers.emplace_back("Idempotency-Key", "key of " + asked.sent.external_id);
    asked.request = create(id_, asked.sent, std::move(headers));
    return asked;
}

Customer::Asked Customer::ask_about(std::size_t place) {
    const Told& told = orders_[place];
    const auto dice = random_() % 100;
    Asked asked{.verb = Verb::read, .request = show(told.id), .place = place, .sent = {}, .with_key = false};
    if (dice < 50) {
        asked.verb = Verb::update;
        asked.sent = next_document();
        asked.request = update(told.id, id_, asked.sent);
    } else if (dice < 65) {
        asked.verb = dice < 58 ? Verb::remove : Verb::cancel;
        asked.request = end(told.id, id_, status_after(asked.verb == Verb::remove));
    }
    return asked;
}

Customer::Heard Customer::act(HttpConnection& connection) {
    if (orders_.empty() || random_() % 100 < 40) return create_one(connection);
    // Mostly one of the newest, which the worker may still have.
    const std::size_t among = std::min<std::size_t>(orders_.size(), random_() % 4 == 0 ? orders_.size() : 4);
    return ask(connection, ask_about(orders_.size() - 1 - random_() % among));
}

Customer::Heard Customer::create_one(HttpConnection& connection) { return ask(connection, ask_for_new()); }

Customer::Heard Customer::ask(HttpConnection& connection, Asked asked) {
    unsettled_ = std::move(asked);
    const HttpResponse response = connection.ask(unsettled_->request);
    const Asked settled = std::move(*unsettled_);
    unsettled_.reset();
    sent_off_ = says(response, "Connection", "close");
    if (response.status == 504) {
        EXPECT_NE(settled.verb, Verb::read);
        const std::string id = id_in(response);
        if (settled.verb != Verb::create) {
            EXPECT_EQ(id, orders_[settled.place].id) << response;
        }
        unsettled_ = settled;
        return Heard::unknown;
    }
    if (response.status == 503) {
        EXPECT_TRUE(response.header("Retry-After")) << response;
        return Heard::refused;
    }
    if (response.status == 202) {
        EXPECT_NE(settled.verb, Verb::read);
        EXPECT_TRUE(response.header("Location")) << response;
        if (settled.verb == Verb::create) {
            add(id_in(response), settled.sent, true);
        } else {
            apply(settled, true);
        }
        return Heard::accepted;
    }
    hear(settled, response);
    return Heard::done;
}

void Customer::hear(const Asked& asked, const HttpResponse& response) {
    if (asked.verb == Verb::create) {
        ASSERT_EQ(response.status, 201) << response;
        EXPECT_FALSE(response.header("Idempotent-Replayed")) << response;
        EXPECT_EQ(version_in(response), 1) << response;
        add(id_in(response), asked.sent);
        return;
    }
    Told& told = orders_[asked.place];
    if (asked.verb == Verb::read) {
        ASSERT_EQ(response.status, 200) << response;
        hear_row(told, response);
    } else if (told.status != "done") {
        ASSERT_EQ(response.status, 409) << response;
        EXPECT_EQ(response.body, R"({"status":")" + told.status + R"("})");
        EXPECT_EQ(version_in(response), told.version) << response;
    } else {
        ASSERT_EQ(response.status, 200) << response;
        apply(asked);
        EXPECT_EQ(version_in(response), told.version) << response;
    }
}

void Customer::hear_row(Told& told, const HttpResponse& response) const {
    EXPECT_EQ(version_in(response), told.version) << response;
    EXPECT_EQ(payload_in(response), told.payload) << response;
    const auto json = response.json();
    EXPECT_EQ(text_at(json, "/user_id"), id_);
    const std::string status = text_at(json, "/status");
    if (told.accepted && (status == "new" || status == "processing")) return;
    EXPECT_EQ(status, told.status) << response;
    // Of an order that has ended nothing shows whether the worker has seen it.
    if (told.accepted && told.status != "done") return;
    told.accepted = false;
    if (told.status == "done") {
        EXPECT_EQ(cents_in(response), told.cents) << response;
    }
    if (told.updated_at.empty()) told.updated_at = text_at(json, "/updated_at");
    EXPECT_EQ(text_at(json, "/updated_at"), told.updated_at) << "processed twice: " << response;
}

void Customer::add(const std::string& id, const Document& sent, bool accepted) {
    orders_.push_back({.id = id,
                       .external_id = sent.external_id,
                       .payload = sent.text,
                       .status = "done",
                       .cents = sent.cents,
                       .version = 1,
                       .updated_at = {},
                       .accepted = accepted});
}

void Customer::apply(const Asked& asked, bool accepted) {
    Told& told = orders_[asked.place];
    ++told.version;
    told.updated_at.clear();
    told.accepted = accepted;
    if (asked.verb == Verb::update) {
        told.external_id = asked.sent.external_id;
        told.payload = asked.sent.text;
        told.cents = asked.sent.cents;
    } else {
        told.status = status_after(asked.verb == Verb::remove);
    }
}

bool Customer::settle(HttpConnection& connection) {
    if (!unsettled_) return false;
    const Asked asked = std::move(*unsettled_);
    unsettled_.reset();
    if (asked.verb == Verb::create && asked.with_key) {
        const HttpResponse response = connection.ask(asked.request);
        EXPECT_EQ(response.status, 201) << response;
        EXPECT_EQ(version_in(response), 1) << response;
        add(id_in(response), asked.sent);
    } else if (asked.verb == Verb::create) {
        const HttpResponse response =
            connection.ask(get("/orders/by-external/" + asked.sent.external_id + "?user_id=" + id_));
        if (response.status == 404) return true;
        EXPECT_EQ(version_in(response), 1) << response;
        add(text_at(response.json(), "/order_id"), asked.sent);
    } else if (asked.verb != Verb::read && orders_[asked.place].status == "done") {
        const HttpResponse response = connection.ask(show(orders_[asked.place].id));
        if (version_in(response) != orders_[asked.place].version) apply(asked);
    }
    return true;
}

void Customer::expect_kept(const StoredOrders& rows) const {
    std::set<std::string> mine;
    for (const auto& [id, row] : rows) {
        if (row.customer == id_) mine.insert(id);
    }
    for (const Told& told : orders_) {
        SCOPED_TRACE(told.id);
        ASSERT_EQ(mine.erase(told.id), 1) << "lost, or told of twice";
        const StoredOrder& row = rows.at(told.id);
        EXPECT_EQ(row.version, told.version);
        EXPECT_EQ(row.processed_version, told.version);
        EXPECT_EQ(row.status, told.status);
        EXPECT_EQ(row.payload, told.payload);
        EXPECT_EQ(row.external_id, told.external_id);
        EXPECT_LE(row.announced_version, row.version);
        if (told.status == "done") {
            EXPECT_EQ(row.cents, told.cents);
            EXPECT_GE(row.announced_version, 1);
        }
        if (!told.updated_at.empty()) {
            EXPECT_EQ(row.updated_at, told.updated_at) << "processed twice";
        }
    }
    EXPECT_EQ(mine.size(), 0U) << "orders that were never asked for, or refused, such as "
                               << (mine.empty() ? "" : *mine.begin());
}

void Customer::remember_updates(const StoredOrders& rows) {
    for (Told& told : orders_) {
        const auto row = rows.find(told.id);
        if (row != rows.end()) told.updated_at = row->second.updated_at;
    }
}

}  // namespace orderstream::e2e
