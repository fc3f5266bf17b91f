// Checkouts in PostgreSQL: their tables, and what becomes of changes made by SQL.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "contract/postgres_store.h"
#include "contract/tcp_proxy.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using order::Kind;
using order::Money;
using order::Status;
using ports::StoreFault;
using testing::HasSubstr;
using Trap = TcpProxy::Trap;

class PostgresCheckouts : public StoreContract {
  protected:
    static std::string sql(const std::string& statement) {
        return PostgresServer::get().run_sql(PostgresUnderTest::database(), statement);
    }
    static std::string key_of(const order::Change& change) {
        return fmt::format("WHERE order_id = '{}'", order::to_string(change.order_id));
    }
    static std::string items_of(const order::Change& change) {
        return sql("SELECT position, price, quantity, total, name FROM order_items " + key_of(change) +
                   " ORDER BY position");
    }
    static std::string addresses_of(const order::Change& change) {
        return sql("SELECT type, street, city, state, country, zip_code FROM order_addresses " + key_of(change) +
                   " ORDER BY type");
    }

    /// A checkout of this text, as its items and addresses stand in a document.
    [[nodiscard]] order::Change create_of(const std::string& text, std::int64_t cents) {
        order::Change change = create(Kind::checkout);
        change.document.payload = std::make_shared<const std::string>(text);
        change.document.total_amount = Money::of_cents(cents);
        return change;
    }
    /// An item of a document.
    [[nodiscard]] std::string item(const std::string& rest) {
        return fmt::format(R"({{"id":"{}","product_id":"456e7890-e89b-12d3-a456-426614174001",{}}})",
                           order::to_string(new_note()), rest);
    }
};

TEST_P(PostgresCheckouts, the_tables_hold_what_was_asked_for_last) {
    const std::string items = fmt::format(R"("items":[{},{}])", item(R"("name":"Tea 茶","price":49.99,"quantity":3)"),
                                          item(R"("name":"x|'\"y","price":0.1,"quantity":1)"));
    order::Change change =
        create_of(fmt::format(R"({{{},"shipping_address":{{"street":"Wałowa 1","city":"Gdańsk","country":"PL",)"
                              R"("zip_code":"80-858"}},"billing_address":{{"street":"1 Main St","city":"Springfield",)"
                              R"("state":"IL","country":"US","zip_code":"62701"}}}})",
                              items),
                  15'007);
    ASSERT_TRUE(apply(change).applied);
    EXPECT_EQ(items_of(change), "1|49.99|3|149.97|Tea 茶\n2|0.10|1|0.10|x|'\"y");
    EXPECT_EQ(addresses_of(change), "billing|1 Main St|Springfield|IL|US|62701\nshipping|Wałowa 1|Gdańsk||PL|80-858");

    order::Change replaced = change;
    replaced.verb = order::Verb::replace;
    replaced.document = create_of(fmt::format(R"({{"items":[{}],"shipping_address":null,"billing_address":null}})",
                                              item(R"("name":"Ink","price":7,"quantity":2)")),
                                  1400)
                            .document;
    ASSERT_TRUE(apply(replaced).applied);
    EXPECT_EQ(items_of(change), "1|7.00|2|14.00|Ink");
    EXPECT_EQ(addresses_of(change), "");

    ASSERT_TRUE(apply(set_status(change, Status::deleted)).applied);
    EXPECT_EQ(items_of(change), "1|7.00|2|14.00|Ink") << "the row stays, and its parts with it";
    (void)sql("DELETE FROM orders " + key_of(change));
    EXPECT_EQ(items_of(change), "");
}

TEST_P(PostgresCheckouts, of_several_documents_in_one_batch_the_last_counts) {
    order::Change created = create(Kind::checkout);
    set_items(created, {{.cents = 100}, {.cents = 200}});
    order::Change neighbour = create(Kind::checkout);
    order::Change once = replace(created);
    set_items(once, {{.cents = 300, .quantity = 2}, {.cents = 5}, {.cents = 6}});
    order::Change twice = replace(created);
    set_items(twice, {{.cents = 700}});
    for (const ports::ChangeResult& result : apply({created, neighbour, once, twice})) EXPECT_TRUE(result.applied);
    EXPECT_EQ(items_of(created), "1|7.00|1|7.00|Tea 茶");
    EXPECT_EQ(sql("SELECT count(*) FROM order_items " + key_of(neighbour)), "1");
}

TEST_P(PostgresCheckouts, what_the_tables_refuse_is_refused_alone) {
    const std::string twin = item(R"("name":"a","price":1,"quantity":1)");
    const std::vector<order::Change> wrong{
        create_of(fmt::format(R"({{"items":[{},{}]}})", twin, twin), 200),
        create_of(fmt::format(R"({{"items":[{}]}})", item(R"("name":"a","price":-1,"quantity":-1)")), 100),
        create_of(fmt::format(R"({{"items":[{}]}})", item(R"("name":"","price":1,"quantity":1)")), 100),
        create_of(fmt::format(R"({{"items":[{}]}})", item(R"("name":"a","price":"free","quantity":1)")), 100),
        create_of(R"({"items":{"a":1}})", 100),
        create_of(fmt::format(R"({{"items":[{}],"billing_address":{{"city":"nowhere"}}}})",
                              item(R"("name":"a","price":1,"quantity":1)")),
                  100)};
    for (const order::Change& change : wrong) {
        const order::Change before = create(Kind::checkout);
        const order::Change after = create();
        const auto together = apply_whole(new_note(), {before, change, after});
        ASSERT_FALSE(together) << *change.document.payload;
        EXPECT_EQ(together.error().fault, StoreFault::rejected) << together.error().message;
        EXPECT_EQ(apply_whole(new_note(), {change}).error().fault, StoreFault::rejected);
        EXPECT_TRUE(apply(before).applied);
        EXPECT_TRUE(apply(after).applied);
        EXPECT_EQ(sql("SELECT count(*) FROM order_items " + key_of(change)), "0");
    }
}

TEST_P(PostgresCheckouts, a_batch_asks_for_the_tables_only_where_there_are_checkouts) {
    TcpProxy proxy(PostgresServer::get().port());
    const auto own = open_postgres(PostgresUnderTest::database(), proxy.port());
    const auto apply_by_proxy = [&](const order::Change& change) {
        const order::Change* const batch[] = {&change};
        return own->apply(new_note(), batch, {});
    };
    const order::Change generic = create();
    const order::Change checkout = create(Kind::checkout);
    ASSERT_TRUE(apply_by_proxy(generic));
    ASSERT_TRUE(apply_by_proxy(checkout));
    for (const char* word :
         {"begin_checkouts", "add_items", "add_addresses", "check_checkouts", "remove_order_items"}) {
        proxy.set_trap(Trap::swallow_message, word);
        ASSERT_TRUE(apply_by_proxy(create()));
        ASSERT_TRUE(apply_by_proxy(replace(generic)));
        ASSERT_TRUE(apply_by_proxy(set_status(checkout, Status::shipped)));
        EXPECT_FALSE(proxy.sprung()) << word;
    }
    (void)apply_by_proxy(replace(checkout));
    EXPECT_TRUE(proxy.sprung());
}

TEST_P(PostgresCheckouts, a_commit_of_unknown_fate_leaves_each_part_once) {
    TcpProxy proxy(PostgresServer::get().port());
    const auto own = open_postgres(PostgresUnderTest::database(), proxy.port());
    order::Change change = create(Kind::checkout);
    set_items(change, {{.cents = 100}, {.cents = 200, .quantity = 2}});
    const ports::NoteId note = new_note();
    const order::Change* const batch[] = {&change};
    ASSERT_EQ(own->trouble(), "");
    const order::Change first = create();
    const order::Change* const first_batch[] = {&first};
    ASSERT_TRUE(own->apply(new_note(), first_batch, {}));

    proxy.set_trap(Trap::swallow_message, "add_items");  // with COMMIT
    EXPECT_EQ(own->apply(note, batch, {}).error().fault, StoreFault::fate_unknown);
    EXPECT_FALSE(own->receipt(note).value());
    EXPECT_EQ(items_of(change), "");
    proxy.set_trap(Trap::swallow_answer, "add_items");
    EXPECT_EQ(own->apply(note, batch, {}).error().fault, StoreFault::fate_unknown);
    EXPECT_TRUE(own->receipt(note).value());
    EXPECT_EQ(items_of(change), "1|1.00|1|1.00|Tea 茶\n2|2.00|2|4.00|Tea 茶");
}

TEST_P(PostgresCheckouts, what_is_changed_by_sql_is_published_and_processed_like_anything_else) {
    order::Change change = create(Kind::checkout);
    set_items(change, {{.cents = 250, .quantity = 2}, {.cents = 75}});
    store_in(change, Status::confirmed);
    const std::vector<ports::Note> own = open_notes();
    (void)sql("UPDATE order_items SET quantity = 4 " + key_of(change) + " AND position = 1");

    EXPECT_EQ(store().adopt_notes().value(), 1u);
    std::vector<ports::Note> notes = open_notes();
    ASSERT_EQ(notes.size(), own.size() + 1);
    const ports::Note& adopted = notes.front();
    ASSERT_EQ(adopted.entries.size(), 1u);
    EXPECT_EQ(adopted.entries.front().order_id, change.order_id);
    EXPECT_EQ(adopted.entries.front().version, 2);
    EXPECT_EQ(adopted.entries.front().type, order::EventType::updated);

    const order::OrderPtr order = fetch(change.order_id);
    EXPECT_EQ(order->version, 2);
    EXPECT_EQ(order->processed_version, 1);
    EXPECT_EQ(order->status, Status::pending);
    EXPECT_EQ(order->total_amount, Money::of_cents(1075));
    EXPECT_THAT(*order->payload, HasSubstr(R"("quantity":4)"));
    EXPECT_THAT(*order->payload, HasSubstr(R"("total":10)"));

    ports::Step end = processed({change.order_id, 2}, 1075);
    end.currency = order->currency;
    const ports::StepResult result = complete(end);
    EXPECT_TRUE(result.applied);
    EXPECT_EQ(result.order->status, Status::confirmed);
    ASSERT_TRUE(store().mark_published(std::vector{adopted.id}));
    EXPECT_EQ(open_notes().size(), own.size());
}

TEST_P(PostgresCheckouts, a_worker_that_reckons_otherwise_than_the_items_is_refused) {
    const order::Change change = create(Kind::checkout);
    apply(change);
    const auto refused = store().take_steps(std::vector{processed({change.order_id, 1}, 1)});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, StoreFault::rejected);
    EXPECT_TRUE(complete(processed_as_asked(change)).applied);
}

// While somebody has the row, the change of status waits with an old picture of it.
TEST_P(PostgresCheckouts, what_a_status_was_before_is_exact_whoever_else_writes) {
    const order::Change change = order_in(Kind::checkout, Status::confirmed);
    std::jthread other([&] {
        (void)sql(
            fmt::format("BEGIN; UPDATE orders SET status = 'processing' {}; SELECT pg_advisory_lock(42); DO $$ BEGIN "
                        "WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'test writer' "
                        "AND wait_event_type = 'Lock') LOOP PERFORM pg_sleep(0.005); PERFORM pg_stat_clear_snapshot(); "
                        "END LOOP; END $$; COMMIT",
                        key_of(change)));
    });
    (void)sql(
        "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 42) LOOP "
        "PERFORM pg_sleep(0.005); END LOOP; END $$");
    const auto first = apply_whole(new_note(), {set_status(change, Status::cancelled)});
    other.join();
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().fault, StoreFault::conflict) << "the batch is tried again";
    EXPECT_EQ(fetch(change.order_id)->status, Status::processing);
    EXPECT_EQ(apply(set_status(change, Status::cancelled)).status_before, Status::processing);
}

INSTANTIATE_TEST_SUITE_P(Postgres, PostgresCheckouts,
                         testing::Values(StoreAdapter{.name = "postgres", .make = std::make_unique<PostgresUnderTest>}),
                         [](const auto& adapter) { return adapter.param.name; });

}  // namespace
}  // namespace orderstream::contract
