#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

#include "contract/tcp_proxy.h"
#include "e2e/cluster_load.h"
#include "e2e/life_orders.h"
#include "e2e/support/cluster.h"
#include "e2e/support/concurrent.h"
#include "e2e/support/json_access.h"

// The connection to PostgreSQL is cut exactly while COMMIT is under way: a change happens once, and its caller hears
// the truth.

namespace orderstream::e2e {

namespace {

using contract::TcpProxy;
using Trap = TcpProxy::Trap;

/// The prepared COMMIT as it is bound, with the unnamed portal's name before it; its preparation reads otherwise.
const std::string commit_is_sent("\0commit", 7);

class ClusterCommits : public testing::TestWithParam<Trap> {
  protected:
    /// An API whose PostgreSQL is behind the proxy.
    [[nodiscard]] std::unique_ptr<Server> start_behind_proxy() {
        const std::string own = ":" + std::to_string(Cluster::servers().port("postgres")) + "/";
        std::string dsn = cluster.dsn();
        dsn.replace(dsn.find(own), own.size(), ":" + std::to_string(proxy.port()) + "/");
        return cluster.start("api", {{"POSTGRES_DSN", dsn}});
    }

    Cluster cluster{patient};
    TcpProxy proxy{Cluster::servers().port("postgres")};
};

INSTANTIATE_TEST_SUITE_P(Trap, ClusterCommits, testing::Values(Trap::swallow_answer, Trap::swallow_message),
                         [](const auto& instance) {
                             return std::string(instance.param == Trap::swallow_answer ? "answer_lost" : "never_came");
                         });

TEST_P(ClusterCommits, cut_again_and_again_under_load_happen_once_and_nobody_notices) {
    const auto api = start_behind_proxy();
    const auto other = cluster.start("api");
    const auto worker = cluster.start("worker");
    const std::string customer = new_customer();
    Load load({api->port(), other->port()}, 8);
    ASSERT_TRUE(load.goes_on());
    for (int round = 0; round < scaled(12); ++round) {
        proxy.set_trap(GetParam(), commit_is_sent);
        ASSERT_TRUE(eventually([&] { return proxy.sprung(); }));
        // Its turn comes when the one before is settled: twice in a row would count as the batch's own fault.
        const HttpResponse created = api->ask(create(customer, document("x", round)));
        ASSERT_TRUE(is_stored(created)) << created << api->log();
    }
    load.stop();
    EXPECT_EQ(load.refused(), 0);
    load.expect_kept(cluster);
    expect_announced(cluster);
}

TEST_P(ClusterCommits, whose_fate_stays_unknown_are_told_so_and_a_retry_elsewhere_settles_them) {
    const auto api = start_behind_proxy();
    const auto heir = cluster.start("api");
    const auto worker = cluster.start("worker");
    const std::string customer = new_customer();
    const std::string updated = id_in(api->ask(create(customer, document("u", 0))));

    proxy.set_trap(GetParam(), commit_is_sent, TcpProxy::Weather::cut);
    constexpr int creates = 6;
    const auto request = [&](int i) {
        return create(customer, document("x", i), {{"Idempotency-Key", "key-" + std::to_string(i)}});
    };
    std::array<HttpResponse, creates + 1> told;
    std::jthread ending([&] {
        EXPECT_TRUE(eventually([&] { return proxy.sprung(); }));
        EXPECT_EQ(api->stop(), exited(0)) << api->log();
    });
    concurrently(creates + 1, [&](int i) {
        told[static_cast<std::size_t>(i)] =
            api->ask(i < creates ? request(i) : update(updated, customer, document("v", 1)));
    });
    ending.join();

    // Those of the batch whose COMMIT was cut hear that nobody knows, those behind it that nothing was accepted.
    int unknown = 0;
    for (const HttpResponse& answer : told) {
        EXPECT_TRUE(answer.status == 504 || answer.status == 503) << answer;
        if (answer.status == 504) ++unknown;
    }
    EXPECT_GE(unknown, 1);
    const bool stored = GetParam() == Trap::swallow_answer;
    for (int i = 0; i < creates; ++i) {
        const HttpResponse& answer = told[static_cast<std::size_t>(i)];
        const HttpResponse again = heir->ask(request(i));
        EXPECT_TRUE(is_stored(again)) << again;
        EXPECT_EQ(again.header("Idempotent-Replayed").has_value(), stored && answer.status == 504) << again;
        if (answer.status == 504) {
            EXPECT_EQ(id_in(answer), id_in(again));
        }
    }
    const HttpResponse shown = heir->ask(show(updated));
    EXPECT_EQ(version_in(shown), stored && told[creates].status == 504 ? 2 : 1) << shown;
    ASSERT_TRUE(cluster.comes_to_rest());
    EXPECT_EQ(cluster.count("orders"), creates + 1);
    EXPECT_EQ(cluster.count("orders WHERE status <> 'done'"), 0);
    expect_announced(cluster);
}

}  // namespace

}  // namespace orderstream::e2e
