// What the database offers to whoever looks at it by SQL.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/postgres_tables.h"

namespace orderstream::contract {
namespace {

using testing::HasSubstr;

class PostgresReports : public PostgresTables {
  protected:
    static void add_generic(int number, const std::string& status) {
        sql(
            fmt::format("INSERT INTO orders (order_id, bucket, kind, customer_id, status, currency, total_amount, "
                        "payload, version, processed_version, announced_version) "
                        "VALUES (id_of({0}), {0} % 4, 'generic', 'someone', '{1}', 'USD', 7, '{{}}', 1, 0, 0)",
                        number, status));
    }
    static std::string plan_of(const std::string& query) { return sql("EXPLAIN (COSTS OFF) " + query); }
};

TEST_F(PostgresReports, checkouts_with_what_they_hold) {
    add_checkout(1);
    add_checkout(2);
    add_generic(3, "done");
    sql("DELETE FROM order_addresses WHERE bucket = 2");
    EXPECT_EQ(sql("SELECT order_id, status, items_count, total_quantity, has_shipping_address FROM orders_with_stats "
                  "ORDER BY order_id"),
              "00000000-0000-7000-8000-000000000001|confirmed|2|3|t\n"
              "00000000-0000-7000-8000-000000000002|pending|2|3|f");
}

TEST_F(PostgresReports, statistics_of_checkouts) {
    EXPECT_EQ(sql("SELECT * FROM get_order_statistics()"), "");
    add_checkout(1);
    add_checkout(2);
    add_checkout(3);
    add_checkout(4, "deleted");
    add_generic(5, "done");
    sql("BEGIN; SET LOCAL orderstream.batch = on; UPDATE orders SET total_amount = 10.01 WHERE order_id = id_of(1); "
        "COMMIT");
    EXPECT_EQ(sql("SELECT * FROM get_order_statistics()"), "confirmed|3|30.01|10.00\ndeleted|1|10.00|10.00");
}

TEST_F(PostgresReports, only_deleted_orders_that_are_old_enough_are_cleaned_up) {
    add_checkout(1, "deleted");
    add_checkout(2, "deleted");
    add_checkout(3, "cancelled");
    add_generic(4, "deleted");
    add_generic(5, "deleted");
    add_generic(6, "done");
    const std::string left = "SELECT string_agg(right(order_id::text, 1), '' ORDER BY order_id) FROM orders";
    sql("UPDATE orders SET updated_at = pg_catalog.now() - interval '366 days' WHERE order_id NOT IN (id_of(2), "
        "id_of(5));"
        "UPDATE orders SET updated_at = pg_catalog.now() - interval '11 days' WHERE order_id IN (id_of(2), id_of(5))");
    EXPECT_EQ(sql("SELECT cleanup_old_orders()"), "2");
    EXPECT_EQ(sql(left), "2356");
    EXPECT_EQ(sql("SELECT cleanup_old_orders(12)"), "0");
    EXPECT_THAT(refusal("SELECT cleanup_old_orders(-1)"), HasSubstr("must not be negative"));
    EXPECT_EQ(sql("SELECT cleanup_old_orders(older_than_days => 10)"), "2");
    EXPECT_EQ(sql(left), "36");
    EXPECT_EQ(sql("SELECT count(*) FROM order_items"), "2");
    // Whoever cleans up is watched again afterwards.
    EXPECT_THAT(refusal("BEGIN; SELECT cleanup_old_orders(); DELETE FROM order_items; COMMIT"),
                HasSubstr("has no items"));
}

TEST_F(PostgresReports, a_rare_status_has_an_index_and_the_ordinary_way_stays_out_of_it) {
    for (const char* status : {"new", "processing", "done", "cancelled", "deleted", "failed"}) {
        sql("DELETE FROM orders");
        add_generic(1, status);
        const std::string name = status;
        const bool rare = name == "cancelled" || name == "deleted" || name == "failed";
        EXPECT_EQ(sql("SELECT coalesce(rare_status, '-') FROM orders"), rare ? name : "-");
    }
    EXPECT_THAT(plan_of("SELECT * FROM orders WHERE rare_status = 'failed' ORDER BY created_at, order_id LIMIT 3"),
                HasSubstr("rare_status_created_at_order_id_idx"));
}

TEST_F(PostgresReports, a_workers_updates_stay_on_their_page_and_out_of_every_index) {
    const std::string hot =
        "SELECT sum(pg_stat_get_xact_tuples_updated(oid)), sum(pg_stat_get_xact_tuples_hot_updated(oid)) FROM pg_class "
        "WHERE relname LIKE 'orders_p_'";
    const std::string on = "WHERE order_id = id_of(1);";
    const auto update = [&](const std::string& set) { return "UPDATE orders SET updated_at = now(), " + set + on; };
    add_generic(1, "new");
    EXPECT_EQ(sql("BEGIN;" + update("status = 'processing' ") +
                  update("status = 'done', total_amount = 44.98, currency = 'EUR', processed_version = 1, "
                         "announced_version = 1 ") +
                  hot + "; COMMIT"),
              "2|2");
    EXPECT_EQ(sql("BEGIN;" + update("status = 'failed' ") + hot + "; COMMIT"), "1|0");
    sql("DELETE FROM orders");
    add_checkout(1, "pending");
    EXPECT_EQ(sql("BEGIN;" + update("status = 'confirmed' ") + hot + "; COMMIT"), "1|1");
}

}  // namespace
}  // namespace orderstream::contract
