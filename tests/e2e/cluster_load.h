#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "e2e/life_customer.h"
#include "e2e/support/cluster.h"

namespace orderstream::e2e {

/// Replicas whose callers hear of the end, however slow the machine.
inline const Environment patient{{"ACK_TIMEOUT", "120s"}};

/// Customers who ask for one thing after the other, each at a replica of his own, from now until stop(). What one of
/// them is told wrongly is a failure of the running test, and ends them all. Used by one thread.
class Load {
  public:
    /// `ports`: of APIs that stay for as long as this does.
    Load(const std::vector<std::uint16_t>& ports, int customers);
    /// The same of known customers.
    Load(const std::vector<std::uint16_t>& ports, const std::vector<std::string>& customers);
    ~Load() { stop(); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void stop();

    /// Answers that agree. 202 is among them: to who is busy himself a broker that is busy seems to be away.
    [[nodiscard]] long long done() const { return done_; }
    [[nodiscard]] long long refused() const { return refused_; }  ///< all others
    /// Whether so many more are done before long.
    [[nodiscard]] bool goes_on(long long answers = 50) const;

    /// Once stopped: waits for the rest, and every customer's orders are as he was told.
    void expect_kept(const Cluster& cluster) const;

  private:
    void live(Customer& customer, std::uint16_t port);

    std::vector<Customer> customers_;
    std::atomic<long long> done_ = 0;
    std::atomic<long long> refused_ = 0;
    std::atomic<bool> over_ = false;
    std::vector<std::jthread> threads_;
};

/// Customers whose events go, one's each, to each of so many partitions.
[[nodiscard]] std::vector<std::string> one_for_each_partition(std::int32_t partitions);

/// Looks at every order's row again and again: nothing may go backward.
class Watch {
  public:
    explicit Watch(const Cluster& cluster);
    ~Watch() { stop(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    void stop();
    [[nodiscard]] int looks() const { return looks_; }

  private:
    void look();

    const Cluster& cluster_;
    StoredOrders seen_;
    std::atomic<int> looks_ = 0;
    std::atomic<bool> over_ = false;
    std::jthread thread_;
};

/// 200, 201 or 202.
[[nodiscard]] bool is_stored(const HttpResponse& answer);

/// How often each change was published: by `<order_id> <version>`, over the whole events topic.
[[nodiscard]] std::map<std::string, int> publications(const Cluster& cluster);
/// Every stored version of every order was published, and none twice.
void expect_published_once(const Cluster& cluster);
/// Every order that has been processed was announced, under one event id however often.
void expect_announced(const Cluster& cluster);

/// How many lines a server has written with `text` in them.
[[nodiscard]] int times_logged(const Server& server, std::string_view text);

}  // namespace orderstream::e2e
