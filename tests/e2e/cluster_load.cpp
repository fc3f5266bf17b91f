#include "e2e/cluster_load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "contract/kafka_server.h"
#include "e2e/life_orders.h"
#include "e2e/support/json_access.h"
#include "kafka/producer.h"

namespace orderstream::e2e {

namespace {

using namespace std::chrono_literals;

/// Between two requests of one customer: a busy service, not a machine that does nothing else.
constexpr auto breath = 10ms;

bool failed() { return testing::Test::HasFailure(); }

std::vector<std::string> any_customers(int count) {
    std::vector<std::string> customers(static_cast<std::size_t>(count));
    std::ranges::generate(customers, new_customer);
    return customers;
}

int rank_of(const std::string& status) {
    const std::vector<std::string> life{"new", "processing", "done", "failed", "cancelled", "deleted"};
    return static_cast<int>(std::ranges::find(life, status) - life.begin());
}

std::string header_in(const kafka::Message& message, std::string_view name) {
    const auto found = std::ranges::find(message.headers, name, &kafka::Header::name);
    return found == message.headers.end() ? std::string() : found->value;
}

}  // namespace

Load::Load(const std::vector<std::uint16_t>& ports, int customers) : Load(ports, any_customers(customers)) {}

Load::Load(const std::vector<std::uint16_t>& ports, const std::vector<std::string>& customers) {
    customers_.reserve(customers.size());
    for (std::size_t i = 0; i < customers.size(); ++i) customers_.emplace_back(i, customers[i]);
    for (std::size_t i = 0; i < customers_.size(); ++i) {
        threads_.emplace_back([this, i, port = ports[i % ports.size()]] { live(customers_[i], port); });
    }
}

void Load::live(Customer& customer, std::uint16_t port) {
    try {
        HttpConnection connection(port, 150s);
        while (!over_ && !failed()) {
            const Customer::Heard heard = customer.act(connection);
            const bool agrees = heard == Customer::Heard::done || heard == Customer::Heard::accepted;
            ++(agrees ? done_ : refused_);
            std::this_thread::sleep_for(breath);
        }
    } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
    }
}

void Load::stop() {
    over_ = true;
    threads_.clear();
}

bool Load::goes_on(long long answers) const {
    const long long enough = done_ + answers;
    return eventually([&] { return done_ >= enough || failed(); }, 150s) && !failed();
}

void Load::expect_kept(const Cluster& cluster) const {
    ASSERT_TRUE(cluster.comes_to_rest()) << cluster.left_to_do() << " left to do";
    const StoredOrders rows = cluster.orders();
    for (const Customer& customer : customers_) customer.expect_kept(rows);
}

std::vector<std::string> one_for_each_partition(std::int32_t partitions) {
    std::map<std::int32_t, std::string> found;
    while (found.size() < static_cast<std::size_t>(partitions)) {
        std::string customer = new_customer();
        const std::int32_t partition = kafka::partition_of(customer, partitions);
        found.emplace(partition, std::move(customer));
    }
    std::vector<std::string> customers;
    for (auto& [partition, customer] : found) customers.push_back(std::move(customer));
    return customers;
}

Watch::Watch(const Cluster& cluster)
    : cluster_(cluster), thread_([this] {
          try {
              while (!over_ && !failed()) look();
          } catch (const std::exception& error) {
              ADD_FAILURE() << error.what();
          }
      }) {}

void Watch::stop() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
}

void Watch::look() {
    StoredOrders now = cluster_.orders();
    ++looks_;
    for (const auto& [id, before] : seen_) {
        SCOPED_TRACE(id);
        ASSERT_TRUE(now.contains(id)) << "gone";
        const StoredOrder& order = now.at(id);
        EXPECT_GE(order.version, before.version);
        EXPECT_GE(order.processed_version, before.processed_version);
        EXPECT_GE(order.updated_at, before.updated_at);
        if (order.version == before.version) {
            EXPECT_GE(rank_of(order.status), rank_of(before.status));
        }
        if (before.announced_version != 0) {
            EXPECT_EQ(order.announced_version, before.announced_version);
        }
    }
    seen_ = std::move(now);
}

bool is_stored(const HttpResponse& answer) { return answer.status >= 200 && answer.status <= 202; }

std::map<std::string, int> publications(const Cluster& cluster) {
    const kafka::KafkaOptions options = cluster.kafka_options();
    std::map<std::string, int> times;
    for (const auto& record : contract::TopicReader(options, options.topics.events).read()) {
        const auto event = documents::parse_json(record.message.value);
        if (!event) continue;  // a poison of the test's own
        ++times[text_at(*event, "/order_id") + " " + number_at(*event, "/version")];
    }
    return times;
}

void expect_published_once(const Cluster& cluster) {
    std::map<std::string, int> times = publications(cluster);
    for (const auto& [change, count] : times) EXPECT_EQ(count, 1) << change;
    for (const auto& [id, order] : cluster.orders()) {
        for (int version = 1; version <= order.version; ++version) {
            EXPECT_EQ(times.erase(id + " " + std::to_string(version)), 1U) << id << " " << version;
        }
    }
    EXPECT_TRUE(times.empty()) << "of changes that are not stored, such as " << times.begin()->first;
}

void expect_announced(const Cluster& cluster) {
    const kafka::KafkaOptions options = cluster.kafka_options();
    std::map<std::string, std::size_t> expected;
    for (const auto& [id, order] : cluster.orders()) {
        if (order.announced_version != 0) expected[id] = 1;
    }
    std::map<std::string, std::size_t> announced;
    // The last ones may still be on their way.
    const bool as_expected = eventually(
        [&] {
            std::map<std::string, std::set<std::string>> names;
            for (const auto& record : contract::TopicReader(options, options.topics.created).read()) {
                const auto order = documents::parse_json(record.message.value);
                if (order) names[text_at(*order, "/order_id")].insert(header_in(record.message, "event-id"));
            }
            announced.clear();
            for (const auto& [id, events] : names) announced[id] = events.size();
            return announced == expected;
        },
        20s);
    EXPECT_TRUE(as_expected) << announced.size() << " announced, " << expected.size() << " expected";
}

int times_logged(const Server& server, std::string_view text) {
    const std::string log = server.log();
    int times = 0;
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++times;
    return times;
}

}  // namespace orderstream::e2e
