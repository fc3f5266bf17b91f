// What becomes of a checkout when somebody changes its items or addresses by SQL.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "contract/postgres_store.h"
#include "contract/postgres_tables.h"
#include "documents/pricing.h"

namespace orderstream::contract {
namespace {

using testing::HasSubstr;

class PostgresParts : public PostgresTables {
  protected:
    static order::OrderId id_of(int number) {
        return {*order::parse_uuid(sql(fmt::format("SELECT id_of({})", number)))};
    }
    /// What each order that this note names has come to: "order 1 version 2, ..."
    static std::string notes() {
        return sql(
            "SELECT string_agg(format('%s: order %s version %s', type, right(order_id::text, 2)::int, version), ', ' "
            "ORDER BY stored_at, batch_id, order_id) "
            "FROM batches, unnest(types, order_ids, versions) AS entries (type, order_id, version)");
    }
    static std::string change(const std::string& what, const std::string& where = "name = 'chair'") {
        return fmt::format("UPDATE order_items SET {} WHERE {};", what, where);
    }
};

TEST_F(PostgresParts, a_changed_quantity_is_a_new_version_with_the_right_total) {
    add_checkout(1);
    sql(change("quantity = 4"));
    EXPECT_EQ(state_of(1), "pending 15.00 version 2 processed 1");
    EXPECT_EQ(items_of(1), "chair 10, table 5");
    EXPECT_EQ(notes(), "order.updated: order 1 version 2");
    EXPECT_EQ(sql("SELECT updated_at > created_at FROM orders"), "t");
    // The rest of the document is as it was.
    EXPECT_EQ(sql("SELECT payload - 'items' FROM orders"),
              R"({"email": "someone@example.com", "currency": "EUR", "metadata": {"gift": true}, )"
              R"("customer_id": "00000000-0000-4000-8000-000000000009", "billing_address": null, )"
              R"("shipping_address": {"city": "Town", "street": "Long street 1", "country": "DE", "zip_code": "1"}})");
}

TEST_F(PostgresParts, a_store_takes_its_note_over_and_a_worker_finds_what_was_changed) {
    add_checkout(1);
    sql(change("quantity = 3, price = 49.99"));
    const auto store = open_postgres(database());
    ASSERT_EQ(store->adopt_notes().value(), 1u);
    const std::vector<ports::Note> notes = store->open_notes(std::nullopt, 10).value();
    ASSERT_EQ(notes.size(), 1u);
    ASSERT_EQ(notes[0].entries.size(), 1u);
    EXPECT_EQ(notes[0].entries[0].order_id, id_of(1));
    EXPECT_EQ(notes[0].entries[0].version, 2);
    EXPECT_EQ(notes[0].entries[0].type, order::EventType::updated);

    const std::array ids{id_of(1)};
    const order::OrderPtr order = store->fetch(ids).value().at(0);
    const auto priced = documents::price(order->kind, *order->payload);
    ASSERT_TRUE(priced) << priced.error();
    EXPECT_EQ(priced->total_amount, order->total_amount);
    EXPECT_EQ(order::to_string(order->total_amount), "154.97");

    const std::array steps{ports::Step{.order = {id_of(1), 2},
                                       .kind = ports::Step::Kind::processed,
                                       .total_amount = priced->total_amount,
                                       .currency = priced->currency}};
    EXPECT_TRUE(store->take_steps(steps).value().at(0).applied);
    EXPECT_EQ(state_of(1), "confirmed 154.97 version 2 processed 2");
}

TEST_F(PostgresParts, its_notes_come_before_those_of_any_session) {
    add_checkout(1);
    sql(change("quantity = 4"));
    EXPECT_EQ(sql("SELECT owner, left(batch_id::text, 15) FROM batches"), "-1|00000000-0000-7");
    order::Uuid7Source ids;
    EXPECT_EQ(sql(fmt::format("SELECT batch_id < '{}' FROM batches", order::to_string(ids.next()))), "t");
}

TEST_F(PostgresParts, what_a_client_could_have_replaced_is_worked_on_again_and_nothing_else) {
    int number = 0;
    for (const auto& [status, after] : {std::pair("pending", "pending 12.50 version 2 processed 1"),
                                        std::pair("confirmed", "pending 12.50 version 2 processed 1"),
                                        std::pair("failed", "pending 12.50 version 2 processed 1"),
                                        std::pair("processing", "processing 12.50 version 2 processed 2"),
                                        std::pair("shipped", "shipped 12.50 version 2 processed 2"),
                                        std::pair("delivered", "delivered 12.50 version 2 processed 2"),
                                        std::pair("refunded", "refunded 12.50 version 2 processed 2"),
                                        std::pair("cancelled", "cancelled 12.50 version 2 processed 2"),
                                        std::pair("deleted", "deleted 12.50 version 2 processed 2")}) {
        add_checkout(++number, status);
        sql(change("quantity = 3", fmt::format("name = 'chair' AND order_id = id_of({})", number)));
        EXPECT_EQ(state_of(number), after) << status;
    }
    EXPECT_EQ(sql("SELECT count(*) FROM orders WHERE failure_reason IS NOT NULL"), "0");
}

TEST_F(PostgresParts, one_statement_over_several_orders_leaves_one_note_of_those_that_changed) {
    for (const int number : {1, 2, 3, 4}) add_checkout(number);
    sql("UPDATE order_items SET quantity = 6 WHERE bucket IN (1, 2, 0) AND name = 'table'");
    for (const int number : {1, 2, 4}) EXPECT_EQ(state_of(number), "pending 35.00 version 2 processed 1") << number;
    EXPECT_EQ(state_of(3), "confirmed 10.00 version 1 processed 1");
    EXPECT_EQ(sql("SELECT count(*) FROM batches"), "1");
    EXPECT_EQ(notes(),
              "order.updated: order 1 version 2, order.updated: order 2 version 2, order.updated: order 4 version 2");
}

TEST_F(PostgresParts, a_statement_over_many_orders_leaves_notes_of_bounded_size) {
    sql("DO $$ BEGIN FOR n IN 1..501 LOOP CALL add_checkout(n, 'confirmed'); END LOOP; END $$");
    sql(change("quantity = 3"));
    EXPECT_EQ(sql("SELECT string_agg(cardinality(versions)::text, ' ' ORDER BY cardinality(versions)) FROM batches"),
              "1 500");
    EXPECT_EQ(sql("SELECT DISTINCT total_amount, version FROM orders"), "12.50|2");
}

TEST_F(PostgresParts, a_statement_that_changes_nothing_makes_no_version) {
    add_checkout(1);
    sql(change("quantity = quantity") + change("quantity = 4", "false") +
        "UPDATE order_addresses SET city = city; DELETE FROM order_items WHERE false");
    EXPECT_EQ(state_of(1), "confirmed 10.00 version 1 processed 1");
    EXPECT_EQ(notes(), "");
}

TEST_F(PostgresParts, items_come_and_go_and_move) {
    add_checkout(1);
    add_checkout(2);
    sql("INSERT INTO order_items VALUES (id_of(1), 1, gen_random_uuid(), 3, gen_random_uuid(), '灯', 0.1, 3)");
    EXPECT_EQ(state_of(1), "pending 10.30 version 2 processed 1");
    EXPECT_EQ(items_of(1), "chair 5, table 5, 灯 0.3");
    sql("DELETE FROM order_items WHERE bucket = 1 AND name = 'chair'");
    EXPECT_EQ(state_of(1), "pending 5.30 version 3 processed 1");
    // From one partition to another.
    sql("UPDATE order_items SET order_id = id_of(2), bucket = 2 WHERE name = '灯'");
    EXPECT_EQ(state_of(1), "pending 5.00 version 4 processed 1");
    EXPECT_EQ(state_of(2), "pending 10.30 version 2 processed 1");
    EXPECT_EQ(items_of(2), "chair 5, table 5, 灯 0.3");
    sql("UPDATE order_items SET position = 4 - position WHERE bucket = 2");
    EXPECT_EQ(items_of(2), "灯 0.3, table 5, chair 5");
    EXPECT_EQ(state_of(2), "pending 10.30 version 3 processed 1");
}

TEST_F(PostgresParts, statements_that_name_a_partition_count_as_well) {
    add_checkout(1);
    sql("UPDATE order_items_p1 SET quantity = 3 WHERE name = 'chair'");
    EXPECT_EQ(state_of(1), "pending 12.50 version 2 processed 1");
    sql("INSERT INTO order_items_p1 VALUES (id_of(1), 1, gen_random_uuid(), 3, gen_random_uuid(), 'lamp', 1, 1)");
    EXPECT_EQ(state_of(1), "pending 13.50 version 3 processed 1");
    sql("DELETE FROM order_items_p1 WHERE name = 'chair'");
    EXPECT_EQ(state_of(1), "pending 6.00 version 4 processed 1");
    sql("DELETE FROM order_addresses_p1");
    EXPECT_EQ(state_of(1), "pending 6.00 version 5 processed 1");
}

TEST_F(PostgresParts, the_document_follows_the_addresses) {
    add_checkout(1);
    sql("UPDATE order_addresses SET city = 'City', state = 'ST'");
    EXPECT_EQ(state_of(1), "pending 10.00 version 2 processed 1");
    sql("INSERT INTO order_addresses VALUES (id_of(1), 1, 'billing', 'S', 'C', NULL, 'X', 'Z')");
    EXPECT_EQ(state_of(1), "pending 10.00 version 3 processed 1");
    EXPECT_EQ(sql("SELECT payload -> 'shipping_address', payload -> 'billing_address' FROM orders"),
              R"({"city": "City", "state": "ST", "street": "Long street 1", "country": "DE", "zip_code": "1"}|)"
              R"({"city": "C", "street": "S", "country": "X", "zip_code": "Z"})");
    sql("DELETE FROM order_addresses WHERE type = 'shipping'");
    EXPECT_EQ(sql("SELECT payload -> 'shipping_address' FROM orders"), "null");
    EXPECT_EQ(notes(),
              "order.updated: order 1 version 2, order.updated: order 1 version 3, order.updated: order 1 version 4");
}

TEST_F(PostgresParts, a_checkout_made_by_sql_is_published_like_any_other) {
    sql("BEGIN;"
        "INSERT INTO orders (order_id, bucket, kind, customer_id, status, currency, total_amount, payload, version, "
        "processed_version, announced_version) "
        "VALUES (id_of(1), 1, 'checkout', 'c', 'pending', 'EUR', 0.01, '{\"currency\": \"EUR\"}', 1, 0, 0);"
        "INSERT INTO order_items VALUES (id_of(1), 1, gen_random_uuid(), 2, gen_random_uuid(), 'b', 1, 1);"
        "INSERT INTO order_items VALUES (id_of(1), 1, gen_random_uuid(), 1, gen_random_uuid(), 'a', 2, 2);"
        "COMMIT");
    EXPECT_EQ(state_of(1), "pending 5.00 version 3 processed 0");
    EXPECT_EQ(items_of(1), "a 4, b 1");
    EXPECT_THAT(notes(), HasSubstr("order.updated: order 1 version 3"));
}

TEST_F(PostgresParts, an_order_takes_its_parts_along) {
    add_checkout(1);
    add_checkout(2);
    sql("INSERT INTO orders_retry VALUES (id_of(1), 1, 1, 1, now(), 'why')");
    sql("DELETE FROM orders WHERE order_id = id_of(1)");
    EXPECT_EQ(sql("SELECT count(*) FROM order_items"), "2");
    EXPECT_EQ(sql("SELECT count(*) FROM order_addresses"), "1");
    EXPECT_EQ(sql("SELECT count(*) FROM orders_retry"), "0");
    EXPECT_EQ(notes(), "");
}

// Two sessions, each with another item of the same orders. The first waits, its orders locked, until the second waits
// for them.
TEST_F(PostgresParts, a_change_that_has_to_wait_for_another_sees_it) {
    for (const int number : {1, 2, 3}) add_checkout(number);
    const std::string other_waits =
        "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted) LOOP PERFORM pg_sleep(0.005); END LOOP; "
        "END $$;";
    const std::string first_holds =
        "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 77) "
        "LOOP PERFORM pg_sleep(0.005); END LOOP; END $$;";
    {
        const std::jthread second(
            [&] { sql(first_holds + "UPDATE order_items SET quantity = 3 WHERE name = 'table'"); });
        sql("BEGIN;" + change("quantity = 4") + "SELECT pg_advisory_xact_lock(77);" + other_waits + "COMMIT");
    }
    for (const int number : {1, 2, 3}) {
        EXPECT_EQ(state_of(number), "pending 25.00 version 3 processed 1");
        EXPECT_EQ(items_of(number), "chair 10, table 15");
    }
}

TEST_F(PostgresParts, sessions_that_change_items_of_the_same_orders_do_not_wait_in_a_circle) {
    for (int number = 1; number <= 12; ++number) add_checkout(number);
    const auto rounds = [](const char* name) {
        return fmt::format(
            "DO $$ BEGIN FOR n IN 1..40 LOOP UPDATE order_items SET quantity = quantity + 1 WHERE name = '{}'; COMMIT; "
            "END LOOP; END $$",
            name);
    };
    std::string failure;
    {
        const std::jthread other([&] { failure = refusal(rounds("table")); });
        EXPECT_EQ(refusal(rounds("chair")), "accepted");
    }
    EXPECT_EQ(failure, "accepted");
    EXPECT_EQ(sql("SELECT DISTINCT total_amount, version FROM orders"), "310.00|81");
}

}  // namespace
}  // namespace orderstream::contract
