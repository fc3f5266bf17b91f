#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "e2e/life_customer.h"
#include "e2e/support/cluster.h"

namespace orderstream::e2e {

/// Customers who are busy at the replicas of an API while things break, each on a connection of its own, and who keep
/// account of what they are told. One whose answer never comes (a broken connection, a 504) is replaced by the next, so
/// that the load goes on; whose replica is gone for good goes home. Used by one thread.
class Crowd {
  public:
    /// How many answers of each kind; `broken` are connections that ended without one.
    struct Told {
        long done = 0;      ///< 200, 201, 409
        long accepted = 0;  ///< 202
        long refused = 0;   ///< 503
        long unknown = 0;   ///< 504
        long broken = 0;

        friend Told operator-(const Told& a, const Told& b);
        friend std::ostream& operator<<(std::ostream& out, const Told& told);
    };

    Crowd() = default;
    ~Crowd() { go_home(); }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    void come(const Server& api, int customers);
    [[nodiscard]] Told told() const;
    /// Whether they are told `count` more of a kind in time.
    [[nodiscard]] bool hear_more(long Told::*kind, long count,
                                 std::chrono::milliseconds timeout = std::chrono::seconds(60)) const;
    /// Everybody ends, when the answer to the last request is there.
    void go_home();

    /// When the cluster has come to rest and the doubts are settled: every order of theirs is as told and processed,
    /// they have no other one, and each that was processed was announced, under one event id.
    static void expect_kept(const Cluster& cluster, const std::vector<Crowd*>& crowds);
    void expect_kept(const Cluster& cluster) { expect_kept(cluster, {this}); }

  private:
    struct Guest {
        std::list<Customer> customers;  ///< the last one is at work
        std::jthread thread;
    };
    void live(std::list<Customer>& customers, std::uint16_t port);
    /// False when the customer has to be replaced.
    bool visit(Customer& customer, std::uint16_t port);
    void count(Customer::Heard heard);

    std::list<Guest> guests_;
    std::atomic<bool> closing_ = false;
    std::atomic<long> done_ = 0;
    std::atomic<long> accepted_ = 0;
    std::atomic<long> refused_ = 0;
    std::atomic<long> unknown_ = 0;
    std::atomic<long> broken_ = 0;
};

}  // namespace orderstream::e2e
