// What becomes of batches and notes when sessions, connections or the server break.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "contract/postgres_store.h"
#include "contract/tcp_proxy.h"
#include "postgres/connection.h"
#include "postgres/failure.h"
#include "postgres/steps.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using ports::StoreFault;
using postgres::Failure;
using postgres::PostgresStore;
using Trap = TcpProxy::Trap;

std::unique_ptr<PostgresStore> open_store(const std::string& dsn, std::chrono::milliseconds adoption_after = 0ms) {
    PostgresStore::Options options;
    options.dsn = dsn;
    options.application = "test";
    options.patience.silence = 2s;
    options.patience.lock = 500ms;
    options.adoption_after = adoption_after;
    return std::make_unique<PostgresStore>(options, silent_log());
}

class PostgresSessions : public testing::Test {
  protected:
    PostgresSessions() { (void)sql("DELETE FROM orders; DELETE FROM batches"); }

    static std::string sql(const std::string& statement) {
        return PostgresServer::get().run_sql(database(), statement);
    }
    static const std::string& database() {
        static const std::string name = make_store_database();
        return name;
    }
    static std::string dsn(int port = PostgresServer::get().port()) {
        return PostgresServer::get().dsn(database(), port);
    }

    order::Change create() {
        order::Change change;
        change.order_id = {ids_.next()};
        change.customer_id = "someone";
        change.document.payload = std::make_shared<const std::string>("{}");
        return change;
    }
    static order::Change replace(const order::Change& created) {
        order::Change change = created;
        change.verb = order::Verb::replace;
        return change;
    }
    ports::NoteId new_note() { return ids_.next(); }

    static ports::StoreResult<std::vector<ports::ChangeResult>> apply(PostgresStore& store, ports::NoteId note,
                                                                      const order::Change& change) {
        const order::Change* const batch[] = {&change};
        return store.apply(note, batch, {});
    }
    static std::size_t open_notes(PostgresStore& store) {
        const auto notes = store.open_notes(std::nullopt, 1000);
        return notes ? notes->size() : 1000;
    }
    static int version_of(PostgresStore& store, const order::Change& change) {
        const auto orders = store.fetch(std::vector{change.order_id});
        if (!orders) return -1;
        return orders->front() ? orders->front()->version : 0;
    }

    order::Uuid7Source ids_;
};

template <class Attempt>
bool eventually(Attempt attempt) {
    for (int i = 0; i < 600; ++i) {
        if (attempt()) return true;
        std::this_thread::sleep_for(25ms);
    }
    return false;
}

TEST_F(PostgresSessions, a_commit_whose_answer_is_lost_is_found_by_its_note) {
    TcpProxy proxy(PostgresServer::get().port());
    const auto store = open_store(dsn(proxy.port()));
    const order::Change change = create();
    ASSERT_TRUE(apply(*store, new_note(), change));
    proxy.set_trap(Trap::swallow_answer, "commit");
    const ports::NoteId note = new_note();
    const auto cut = apply(*store, note, replace(change));
    ASSERT_TRUE(proxy.sprung());
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().fault, StoreFault::fate_unknown);

    const auto receipt = store->receipt(note);
    ASSERT_TRUE(receipt) << receipt.error().message;
    ASSERT_TRUE(*receipt);
    EXPECT_EQ((*receipt)->entries.front().version, 2);
    EXPECT_EQ(version_of(*store, change), 2);
    EXPECT_EQ(open_notes(*store), 2u) << "the notes of the session that broke belong to the next one";
}

TEST_F(PostgresSessions, a_commit_that_never_came_leaves_nothing_and_its_locks_are_gone) {
    TcpProxy proxy(PostgresServer::get().port());
    const auto store = open_store(dsn(proxy.port()));
    const order::Change change = create();
    ASSERT_TRUE(apply(*store, new_note(), change));
    // The old backend stays connected to the proxy, in a transaction that has changed the row.
    proxy.set_trap(Trap::swallow_message, "commit");
    const ports::NoteId note = new_note();
    const auto cut = apply(*store, note, replace(change));
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().fault, StoreFault::fate_unknown);

    const auto receipt = store->receipt(note);
    ASSERT_TRUE(receipt) << receipt.error().message;
    EXPECT_FALSE(*receipt);
    EXPECT_EQ(version_of(*store, change), 1);
    const auto again = apply(*store, note, replace(change));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->front().order->version, 2);
    EXPECT_EQ(open_notes(*store), 2u);
    EXPECT_EQ(sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test writer'"), "1");
}

TEST_F(PostgresSessions, a_batch_that_breaks_its_commit_twice_is_refused_untried) {
    TcpProxy proxy(PostgresServer::get().port());
    const auto store = open_store(dsn(proxy.port()));
    ASSERT_TRUE(apply(*store, new_note(), create()));  // is connected: a session's preparations name "commit" too
    const ports::NoteId note = new_note();
    const order::Change change = create();
    for (int i = 0; i < 2; ++i) {
        proxy.set_trap(Trap::swallow_message, "commit");
        EXPECT_EQ(apply(*store, note, change).error().fault, StoreFault::fate_unknown);
        ASSERT_TRUE(store->receipt(note));
    }
    EXPECT_EQ(apply(*store, note, change).error().fault, StoreFault::rejected);
    EXPECT_TRUE(apply(*store, new_note(), change));
}

TEST_F(PostgresSessions, a_connection_lost_before_the_commit_is_replaced_unnoticed) {
    TcpProxy proxy(PostgresServer::get().port());
    const auto store = open_store(dsn(proxy.port()));
    ASSERT_TRUE(apply(*store, new_note(), create()));
    proxy.set_trap(Trap::swallow_message, "create_orders");
    const ports::NoteId note = new_note();
    order::Change repeatable = create();
    repeatable.create_hash.emplace().fill(1);
    const auto result = apply(*store, note, repeatable);
    ASSERT_TRUE(proxy.sprung());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_TRUE(result->front().applied);
    EXPECT_TRUE(*store->receipt(note));
}

TEST_F(PostgresSessions, new_orders_go_out_together_with_their_commit) {
    TcpProxy proxy(PostgresServer::get().port());
    const auto store = open_store(dsn(proxy.port()));
    ASSERT_TRUE(apply(*store, new_note(), create()));
    const ports::NoteId note = new_note();
    const order::Change change = create();
    proxy.set_trap(Trap::swallow_message, "create_new_orders");
    EXPECT_EQ(apply(*store, note, change).error().fault, StoreFault::fate_unknown);
    ASSERT_TRUE(proxy.sprung());
    EXPECT_FALSE(store->receipt(note).value());
    proxy.set_trap(Trap::swallow_answer, "create_new_orders");
    EXPECT_EQ(apply(*store, note, change).error().fault, StoreFault::fate_unknown);
    EXPECT_TRUE(store->receipt(note).value());
    EXPECT_EQ(version_of(*store, change), 1);
    EXPECT_EQ(open_notes(*store), 2u);
}

TEST_F(PostgresSessions, a_server_that_falls_silent_counts_as_lost) {
    TcpProxy proxy(PostgresServer::get().port());
    const auto store = open_store(dsn(proxy.port()));
    const order::Change change = create();
    ASSERT_TRUE(apply(*store, new_note(), change));
    proxy.set_trap(Trap::silence, "commit");
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(apply(*store, new_note(), replace(change)).error().fault, StoreFault::fate_unknown);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 2s);
}

TEST_F(PostgresSessions, sessions_that_are_ended_by_hand_are_replaced_unnoticed) {
    const auto store = open_store(dsn());
    const order::Change change = create();
    ASSERT_TRUE(apply(*store, new_note(), change));
    ASSERT_TRUE(store->take_steps(std::vector{ports::Step{{change.order_id, 1}, ports::Step::Kind::begun}}));
    ASSERT_EQ(version_of(*store, change), 1);
    (void)sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'test %'");
    EXPECT_TRUE(store->take_steps(std::vector{ports::Step{{change.order_id, 1}, ports::Step::Kind::begun}}));
    EXPECT_EQ(version_of(*store, change), 1);
    EXPECT_TRUE(apply(*store, new_note(), replace(change)));
    EXPECT_EQ(open_notes(*store), 2u);
}

TEST_F(PostgresSessions, only_beginnings_alone_do_not_wait_for_the_disk) {
    const auto store = open_store(dsn());
    const order::Change change = create();
    ASSERT_TRUE(apply(*store, new_note(), change));

    postgres::Connection connection(dsn(), "test steps", {});
    const postgres::Statement durability{"durability", "SELECT current_setting('synchronous_commit')"};
    std::vector<postgres::Statement> statements = postgres::steps::statements();
    statements.push_back(durability);
    connection.prepare(statements);
    const auto waits_for_disk = [&] { return std::string(connection.run(durability, {}).bytes(0, 0)); };
    const auto within_transaction = [&](const std::vector<ports::Step::Kind>& kinds) {
        connection.add_begin().run();
        std::vector<ports::Step> steps;
        for (const ports::Step::Kind kind : kinds) {
            steps.push_back({.order = {change.order_id, 1}, .kind = kind, .currency = "USD"});
        }
        EXPECT_TRUE(postgres::steps::take(connection, steps).front().applied);
        std::string during = waits_for_disk();
        connection.add_commit().run();
        return during;
    };
    EXPECT_EQ(within_transaction({ports::Step::Kind::begun}), "off");
    EXPECT_EQ(waits_for_disk(), "on") << "the session's own setting is as it was";
    EXPECT_EQ(within_transaction({ports::Step::Kind::processed, ports::Step::Kind::begun}), "on");
}

TEST_F(PostgresSessions, nobody_adopts_the_notes_of_a_session_that_is_there) {
    auto first = open_store(dsn());
    const auto second = open_store(dsn());
    ASSERT_TRUE(apply(*first, new_note(), create()));
    ASSERT_TRUE(apply(*second, new_note(), create()));
    EXPECT_EQ(second->adopt_notes().value(), 0u);
    first.reset();
    EXPECT_TRUE(eventually([&] { return second->adopt_notes().value() == 1; }));
    EXPECT_EQ(open_notes(*second), 2u);
}

TEST_F(PostgresSessions, notes_without_a_living_owner_are_adopted_but_not_by_a_session_that_is_too_young) {
    (void)sql(
        "INSERT INTO batches (batch_id, owner, order_ids, buckets, versions, types) "
        "VALUES (gen_random_uuid(), 0, '{}', '{}', '{}', '{}')");
    EXPECT_EQ(open_store(dsn(), 60s)->adopt_notes().value(), 0u);
    EXPECT_EQ(open_store(dsn())->adopt_notes().value(), 1u);
}

TEST_F(PostgresSessions, an_adopted_note_can_be_asked_for_by_whoever_wrote_it) {
    TcpProxy proxy(PostgresServer::get().port());
    const auto writer = open_store(dsn(proxy.port()));
    const auto other = open_store(dsn());
    const ports::NoteId note = new_note();
    ASSERT_TRUE(apply(*writer, new_note(), create()));
    proxy.set_trap(Trap::swallow_answer, "commit");
    EXPECT_EQ(apply(*writer, note, create()).error().fault, StoreFault::fate_unknown);
    ASSERT_TRUE(eventually([&] { return other->adopt_notes().value() == 2; }));
    ASSERT_TRUE(other->mark_published(std::vector{note}));
    EXPECT_TRUE(*writer->receipt(note));
    EXPECT_EQ(open_notes(*writer), 0u);
}

TEST_F(PostgresSessions, a_row_that_somebody_keeps_locked_is_a_conflict) {
    const auto store = open_store(dsn());
    const order::Change change = create();
    ASSERT_TRUE(apply(*store, new_note(), change));
    std::jthread locker([&] { (void)sql("BEGIN; UPDATE orders SET kind = kind; SELECT pg_sleep(3); ROLLBACK"); });
    ASSERT_TRUE(
        eventually([&] { return sql("SELECT count(*) FROM pg_locks WHERE relation = 'orders'::regclass") != "0"; }));
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(apply(*store, new_note(), replace(change)).error().fault, StoreFault::conflict);
    locker.join();
    EXPECT_TRUE(apply(*store, new_note(), replace(change)));
}

TEST_F(PostgresSessions, a_server_that_is_killed_is_trouble_until_it_is_back) {
    const auto store = open_store(dsn());
    const order::Change change = create();
    ASSERT_TRUE(apply(*store, new_note(), change));
    EXPECT_EQ(store->trouble(), "");
    PostgresServer::get().control("kill");
    EXPECT_EQ(apply(*store, new_note(), create()).error().fault, StoreFault::unavailable);
    EXPECT_EQ(store->fetch(std::vector{change.order_id}).error().fault, StoreFault::unavailable);
    EXPECT_NE(store->trouble(), "");
    PostgresServer::get().control("start");
    EXPECT_TRUE(eventually([&] { return store->trouble().empty(); }));
    EXPECT_EQ(version_of(*store, change), 1);
    EXPECT_TRUE(eventually([&] { return apply(*store, new_note(), create()).has_value(); }));
    EXPECT_EQ(open_notes(*store), 2u);
}

TEST_F(PostgresSessions, most_updates_of_orders_are_hot_and_none_reads_a_whole_table) {
    const auto store = open_store(dsn());
    (void)sql("SELECT pg_stat_reset()");
    for (int round = 0; round < 40; ++round) {
        std::vector<order::Change> changes;
        std::vector<const order::Change*> batch;
        std::vector<ports::Step> beginnings;
        std::vector<ports::Step> ends;
        for (int i = 0; i < 50; ++i) changes.push_back(create());
        for (const order::Change& change : changes) {
            batch.push_back(&change);
            beginnings.push_back({.order = {change.order_id, 1}, .kind = ports::Step::Kind::begun});
            ends.push_back({.order = {change.order_id, 1}, .currency = "USD"});
        }
        ASSERT_TRUE(store->apply(new_note(), batch, {}));
        ASSERT_TRUE(store->take_steps(beginnings));
        ASSERT_TRUE(store->take_steps(ends));
    }
    EXPECT_TRUE(eventually([&] {
        return sql("SELECT sum(n_tup_upd) FROM pg_stat_user_tables WHERE relname LIKE 'orders\\_p_'") == "4000";
    }));
    EXPECT_EQ(sql("SELECT sum(n_tup_hot_upd) > 3500, sum(seq_scan) FROM pg_stat_user_tables "
                  "WHERE relname LIKE 'orders\\_p_'"),
              "t|0");
}

TEST(PostgresFailure, an_sqlstate_says_what_it_means_for_the_caller) {
    const auto fault_of = [](const char* sqlstate) {
        return Failure::of_server(sqlstate, "so it is", false).store_error().fault;
    };
    for (const char* sqlstate : {"22003", "23505", "23514", "54000", "P0001", "57014"}) {
        EXPECT_EQ(fault_of(sqlstate), StoreFault::rejected) << sqlstate;
    }
    for (const char* sqlstate : {"40001", "40P01", "55P03"}) {
        EXPECT_EQ(fault_of(sqlstate), StoreFault::conflict) << sqlstate;
    }
    for (const char* sqlstate : {"08006", "53300", "57P01", "58030", "25006", "42P01", "XX000"}) {
        EXPECT_EQ(fault_of(sqlstate), StoreFault::unavailable) << sqlstate;
    }
    EXPECT_EQ(Failure::of_server("57P01", "ended", true).store_error().fault, StoreFault::fate_unknown);
    EXPECT_EQ(Failure::of_server("23514", "refused at commit", true).store_error().fault, StoreFault::rejected);
    EXPECT_EQ(Failure::of_connection("gone", true).store_error().fault, StoreFault::fate_unknown);
    EXPECT_EQ(Failure::of_connection("gone", false).store_error().fault, StoreFault::unavailable);
}

}  // namespace
}  // namespace orderstream::contract
