#include "e2e/chaos_crowd.h"

#include <gtest/gtest.h>

#include <exception>
#include <map>
#include <memory>
#include <set>

#include "contract/kafka_server.h"
#include "e2e/life_orders.h"
#include "e2e/support/json_access.h"

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;

/// Between two requests of a customer: enough to do for everybody, little enough to look through in the end.
constexpr auto pause = 25ms;
/// Longer than any answer may take, and than a machine may be busy.
constexpr auto answer_timeout = 90s;

std::string header(const kafka::Message& message, std::string_view name) {
    for (const kafka::Header& header : message.headers) {
        if (header.name == name) return header.value;
    }
    return {};
}

/// The event ids under which each order was announced.
using Announcements = std::map<std::string, std::set<std::string>>;

void expect_announced_once(const Cluster& cluster, const StoredOrders& rows) {
    const kafka::KafkaOptions options = cluster.kafka_options();
    contract::TopicReader reader(options, options.topics.created);
    Announcements announced;
    const auto missing = [&] {
        for (const auto& record : reader.read()) {
            const auto json = documents::parse_json(record.message.value).value();
            announced[text_at(json, "/order_id")].insert(header(record.message, "event-id"));
        }
        long count = 0;
        for (const auto& [id, row] : rows) {
            if (row.announced_version > 0 && !announced.contains(id)) ++count;
        }
        return count;
    };
    EXPECT_TRUE(eventually([&] { return missing() == 0; }, 30s)) << missing() << " orders were not announced";
    for (const auto& [id, event_ids] : announced) {
        EXPECT_EQ(event_ids.size(), 1U) << id << " was announced as different events";
        const auto row = rows.find(id);
        ASSERT_NE(row, rows.end()) << id;
        EXPECT_GT(row->second.announced_version, 0) << id;
    }
}

}  // namespace

Crowd::Told operator-(const Crowd::Told& a, const Crowd::Told& b) {
    return {.done = a.done - b.done,
            .accepted = a.accepted - b.accepted,
            .refused = a.refused - b.refused,
            .unknown = a.unknown - b.unknown,
            .broken = a.broken - b.broken};
}

std::ostream& operator<<(std::ostream& out, const Crowd::Told& told) {
    return out << told.done << " done, " << told.accepted << " accepted, " << told.refused << " refused, "
               << told.unknown << " unknown, " << told.broken << " broken";
}

void Crowd::come(const Server& api, int customers) {
    for (int i = 0; i < customers; ++i) {
        Guest& guest = guests_.emplace_back();
        guest.thread = std::jthread([this, &guest, port = api.port()] { live(guest.customers, port); });
    }
}

Crowd::Told Crowd::told() const {
    return {.done = done_, .accepted = accepted_, .refused = refused_, .unknown = unknown_, .broken = broken_};
}

bool Crowd::hear_more(long Told::*kind, long count, std::chrono::milliseconds timeout) const {
    const long before = told().*kind;
    return eventually([&] { return told().*kind >= before + count; }, timeout);
}

void Crowd::go_home() {
    closing_ = true;
    for (Guest& guest : guests_) {
        if (guest.thread.joinable()) guest.thread.join();
    }
}

void Crowd::live(std::list<Customer>& customers, std::uint16_t port) {
    try {
        while (!closing_) {
            Customer& customer = customers.emplace_back(port + customers.size());
            while (!closing_ && visit(customer, port)) {
            }
        }
    } catch (const NetworkError& error) {
        // Nobody listens any more, or who did was killed while this one stood at the door.
        const bool gone = error.fault() == NetworkError::Fault::refused || error.fault() == NetworkError::Fault::closed;
        if (!gone) ADD_FAILURE() << error.what();
    } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
    }
}

bool Crowd::visit(Customer& customer, std::uint16_t port) {
    HttpConnection connection(port, answer_timeout);
    try {
        do {
            const Customer::Heard heard = customer.act(connection);
            count(heard);
            std::this_thread::sleep_for(pause);
        } while (!closing_ && !customer.in_doubt() && !customer.was_sent_off());
    } catch (const NetworkError& error) {
        if (error.fault() != NetworkError::Fault::closed) throw;
        ++broken_;
    }
    return !customer.in_doubt();
}

void Crowd::count(Customer::Heard heard) {
    switch (heard) {
        case Customer::Heard::done: ++done_; break;
        case Customer::Heard::accepted: ++accepted_; break;
        case Customer::Heard::refused: ++refused_; break;
        case Customer::Heard::unknown: ++unknown_; break;
    }
}

void Crowd::expect_kept(const Cluster& cluster, const std::vector<Crowd*>& crowds) {
    std::vector<Customer*> customers;
    for (Crowd* crowd : crowds) {
        crowd->go_home();
        for (Guest& guest : crowd->guests_) {
            for (Customer& customer : guest.customers) customers.push_back(&customer);
        }
    }
    ASSERT_TRUE(cluster.comes_to_rest()) << cluster.left_to_do() << " left to do";
    {
        // One that has no older copy of anything.
        const auto judge = cluster.start("api", {{"CACHE_TYPE", "none"}});
        HttpConnection connection = judge->connect(answer_timeout);
        for (Customer* customer : customers) customer->settle(connection);
    }
    ASSERT_TRUE(cluster.comes_to_rest()) << cluster.left_to_do() << " left to do";
    const StoredOrders rows = cluster.orders();
    for (const Customer* customer : customers) customer->expect_kept(rows);
    expect_announced_once(cluster, rows);
}

}  // namespace orderstream::e2e
