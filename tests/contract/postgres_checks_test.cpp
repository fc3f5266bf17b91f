// What the database refuses by itself, whoever asks.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "contract/postgres_tables.h"

namespace orderstream::contract {
namespace {

using testing::HasSubstr;

class PostgresChecks : public PostgresTables {
  protected:
    /// Of an order with these columns, those that make it a generic one otherwise.
    static std::string insert_order(const std::string& columns = "", const std::string& values = "",
                                    const std::string& kind = "generic", const std::string& status = "new",
                                    const std::string& total = "10") {
        return fmt::format(
            "INSERT INTO orders (order_id, bucket, kind, customer_id, status, currency, total_amount, payload, "
            "version, processed_version, announced_version{}) "
            "VALUES (id_of(1), 1, '{}', 'someone', '{}', 'EUR', {}, '{{}}', 1, 0, 0{});",
            columns, kind, status, total, values);
    }
    static std::string insert_checkout(const std::string& total = "10") {
        return insert_order("", "", "checkout", "pending", total);
    }
    static std::string insert_item(const std::string& name = "chair", const std::string& price = "5",
                                   const std::string& quantity = "2") {
        return fmt::format(
            "INSERT INTO order_items VALUES (id_of(1), 1, gen_random_uuid(), 1, gen_random_uuid(), '{}', "
            "{}, {});",
            name, price, quantity);
    }
    static std::string insert_address(const std::string& values) {
        return fmt::format("INSERT INTO order_addresses VALUES (id_of(1), 1, {});", values);
    }
    /// In one transaction.
    template <class... Statements>
    static std::string together(const Statements&... statements) {
        return "BEGIN; " + (std::string(statements) + ... + std::string()) + " COMMIT;";
    }
    static std::string orders() { return sql("SELECT count(*) FROM orders"); }

    static constexpr const char* no_items = "checkout 00000000-0000-7000-8000-000000000001 has no items";
};

TEST_F(PostgresChecks, a_checkout_without_items) {
    EXPECT_THAT(refusal(insert_checkout()), HasSubstr(no_items));
    EXPECT_EQ(orders(), "0");
    EXPECT_EQ(refusal(insert_order()), "accepted");
    EXPECT_THAT(refusal("UPDATE orders SET status = 'pending', kind = 'checkout'"), HasSubstr(no_items));
    EXPECT_EQ(sql("SELECT kind FROM orders"), "generic");
}

TEST_F(PostgresChecks, taking_all_items_away) {
    add_checkout(1);
    for (const char* statement :
         {"DELETE FROM order_items", "DELETE FROM order_items_p1", "TRUNCATE order_items", "TRUNCATE order_items_p1"}) {
        EXPECT_THAT(refusal(statement), HasSubstr(no_items)) << statement;
    }
    EXPECT_EQ(sql("SELECT count(*) FROM order_items"), "2");
    EXPECT_EQ(state_of(1), "confirmed 10.00 version 1 processed 1");
    EXPECT_EQ(refusal("TRUNCATE orders CASCADE"), "accepted");
}

TEST_F(PostgresChecks, but_new_items_in_the_same_transaction_will_do) {
    add_checkout(1);
    EXPECT_EQ(refusal(together("DELETE FROM order_items;", insert_item())), "accepted");
    EXPECT_EQ(state_of(1), "pending 10.00 version 2 processed 1");
    EXPECT_EQ(items_of(1), "chair 10");
}

TEST_F(PostgresChecks, a_total_that_does_not_match_at_the_end_of_the_transaction) {
    add_checkout(1);
    EXPECT_THAT(refusal("UPDATE orders SET total_amount = 10.01"),
                HasSubstr("the total of checkout 00000000-0000-7000-8000-000000000001 is 10.01, its items add up to "
                          "10.00"));
    EXPECT_EQ(refusal(together("UPDATE orders SET total_amount = 3;", "UPDATE orders SET total_amount = 10;")),
              "accepted");
    EXPECT_EQ(state_of(1), "confirmed 10.00 version 1 processed 1");
}

TEST_F(PostgresChecks, a_total_past_the_largest) {
    add_checkout(1);
    EXPECT_EQ(refusal("UPDATE order_items SET price = 99999994.99, quantity = 1 WHERE name = 'chair'"), "accepted");
    EXPECT_EQ(state_of(1), "pending 99999999.99 version 2 processed 1");
    EXPECT_THAT(refusal("UPDATE order_items SET price = 5.01 WHERE name = 'table'"),
                HasSubstr("the total of checkout 00000000-0000-7000-8000-000000000001 is more than 99999999.99"));
}

TEST_F(PostgresChecks, a_bad_email) {
    for (const char* email :
         {"", "a", "a@b", "a@b.c", "@b.de", "a b@c.de", "a@b.de\n", "a@b.de c", "ä@b.de", "a@b.d3", "<a@b.de>"}) {
        EXPECT_THAT(refusal(insert_order(", email", fmt::format(", '{}'", email))), HasSubstr("email_address_check"))
            << email;
    }
    EXPECT_THAT(refusal(insert_order(", email", ", repeat('a', 251) || '@b.de'")), HasSubstr("email_address_check"));
    EXPECT_EQ(refusal(insert_order(", email", ", repeat('a', 250) || '@b.de'")), "accepted");
    EXPECT_THAT(refusal("UPDATE orders SET email = 'nobody'"), HasSubstr("email_address_check"));
    for (const char* email : {"'First.Last+tag%x-1_2@sub.example.museum'", "NULL"}) {
        EXPECT_EQ(refusal(fmt::format("UPDATE orders SET email = {}", email)), "accepted") << email;
    }
}

TEST_F(PostgresChecks, a_bad_item) {
    struct Item {
        const char* name;
        const char* price;
        const char* quantity;
    };
    const std::string longest(255, 'n');
    const std::string too_long = longest + "n";
    for (const Item& item : {Item{"chair", "-1", "1"}, Item{"chair", "0", "1"}, Item{"chair", "0.004", "1"},
                             Item{"chair", "100000000", "1"}, Item{"chair", "5", "0"}, Item{"chair", "5", "-2"},
                             Item{"", "5", "2"}, Item{too_long.c_str(), "5", "2"}}) {
        EXPECT_THAT(refusal(together(insert_checkout(), insert_item(item.name, item.price, item.quantity))),
                    HasSubstr("order_items_check"))
            << item.name << " " << item.price << " " << item.quantity;
    }
    EXPECT_EQ(orders(), "0");
    EXPECT_EQ(refusal(together(insert_checkout(), insert_item(longest))), "accepted");
    for (const char* change : {"price = -0.01", "quantity = 0", "name = ''", "position = 0"}) {
        EXPECT_THAT(refusal(fmt::format("UPDATE order_items SET {}", change)), HasSubstr("order_items_check"))
            << change;
    }
    EXPECT_THAT(refusal("UPDATE order_items SET total = 3"), HasSubstr("generated column"));
    EXPECT_THAT(refusal(fmt::format("{}",
                                    "INSERT INTO order_items SELECT id_of(5), 1, id, position, product_id, name, "
                                    "price, quantity FROM order_items")),
                HasSubstr("order_items_order_fkey"));
}

TEST_F(PostgresChecks, a_bad_address) {
    add_checkout(1);
    for (const char* values : {"'home', 's', 'c', NULL, 'x', 'z'", "'billing', '', 'c', NULL, 'x', 'z'",
                               "'billing', 's', '', NULL, 'x', 'z'", "'billing', 's', 'c', NULL, '', 'z'",
                               "'billing', 's', 'c', NULL, 'x', ''", "'billing', repeat('s', 256), 'c', NULL, 'x', 'z'",
                               "'billing', 's', 'c', repeat('s', 256), 'x', 'z'"}) {
        EXPECT_THAT(refusal(insert_address(values)), HasSubstr("order_addresses_check")) << values;
    }
    EXPECT_THAT(refusal(insert_address("'shipping', 's', 'c', NULL, 'x', 'z'")), HasSubstr("order_addresses_p1_pkey"));
    EXPECT_EQ(refusal(insert_address("'billing', 's', 'c', '', 'x', repeat('z', 255)")), "accepted");
}

TEST_F(PostgresChecks, what_no_order_may_be) {
    EXPECT_THAT(refusal(insert_order("", "", "order")), HasSubstr("order_kind_check"));
    EXPECT_THAT(refusal(insert_order("", "", "generic", "lost")), HasSubstr("order_status_check"));
    EXPECT_THAT(refusal(insert_order("", "", "generic", "new", "1e16")), HasSubstr("order_amount_check"));
    EXPECT_THAT(refusal(insert_order(", create_hash", ", '\\xab'")), HasSubstr("sha256_check"));
    EXPECT_EQ(refusal(insert_order("", "", "generic", "new", "-9999999999999999.99")), "accepted");
    for (const auto& [change, constraint] :
         {std::pair("currency = 'eur'", "currency_code_check"), std::pair("currency = 'E'", "currency_code_check"),
          std::pair("version = 0", "orders_version_check"), std::pair("processed_version = 2", "orders_version_check"),
          std::pair("processed_version = -1", "orders_version_check"),
          std::pair("announced_version = 1", "orders_version_check"),
          std::pair("announced_version = -1", "orders_version_check"),
          std::pair("order_id = id_of(2)", "orders_check2")}) {
        EXPECT_THAT(refusal(fmt::format("UPDATE orders SET {}", change)), HasSubstr(constraint)) << change;
    }
}

TEST_F(PostgresChecks, a_status_that_checkouts_do_not_have) {
    add_checkout(1);
    for (const char* status : {"new", "done"}) {
        EXPECT_THAT(refusal(fmt::format("UPDATE orders SET status = '{}'", status)), HasSubstr("orders_status_check"));
    }
    for (const char* status :
         {"pending", "confirmed", "processing", "shipped", "delivered", "refunded", "cancelled", "deleted", "failed"}) {
        EXPECT_EQ(refusal(fmt::format("UPDATE orders SET status = '{}'", status)), "accepted") << status;
    }
}

// The service's own batches: the triggers step aside, one question stands for them all.
class PostgresBatchChecks : public PostgresChecks {
  protected:
    static constexpr const char* aside = "SET LOCAL orderstream.batch = on;";
    static constexpr const char* check = "SELECT check_checkouts(ARRAY[id_of(2), id_of(3), id_of(1)], '{2,3,1}');";
};

TEST_F(PostgresBatchChecks, a_batch_is_asked_once_and_names_the_first_bad_order) {
    add_checkout(2);
    add_checkout(3);
    EXPECT_THAT(refusal(together(aside, insert_checkout(), check)), HasSubstr(no_items));
    EXPECT_THAT(refusal(together(aside, insert_checkout("9.99"), insert_item(), check)),
                HasSubstr("is 9.99, its items add up to 10.00"));
    EXPECT_THAT(
        refusal(together(aside, insert_checkout(), "UPDATE order_items SET quantity = 7 WHERE bucket = 3;", check)),
        HasSubstr("checkout 00000000-0000-7000-8000-000000000003 is 10.00, its items add up to 52.50"));
    EXPECT_EQ(orders(), "2");
    EXPECT_EQ(refusal(together(aside, insert_checkout(), insert_item(), check)), "accepted");
    // No trigger has touched it.
    EXPECT_EQ(state_of(1), "pending 10.00 version 1 processed 0");
    EXPECT_EQ(sql("SELECT count(*) FROM batches"), "0");
}

TEST_F(PostgresBatchChecks, it_answers_under_the_services_plans_too) {
    add_checkout(2);
    const std::string planned =
        "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; "
        "SET enable_memoize = off; SET enable_material = off; SET plan_cache_mode = force_generic_plan;";
    EXPECT_EQ(refusal(planned + check), "accepted");
    EXPECT_EQ(refusal(planned + "UPDATE order_items SET quantity = 3 WHERE name = 'chair'"), "accepted");
    EXPECT_EQ(state_of(2), "pending 12.50 version 2 processed 1");
}

TEST_F(PostgresBatchChecks, others_orders_and_none_are_no_matter) {
    EXPECT_EQ(refusal(insert_order()), "accepted");
    EXPECT_EQ(refusal(check), "accepted");
    EXPECT_EQ(refusal("SELECT check_checkouts('{}', '{}')"), "accepted");
}

TEST_F(PostgresBatchChecks, the_next_transaction_is_defended_again) {
    EXPECT_THAT(refusal(together(aside, "SELECT 1;") + insert_checkout()), HasSubstr(no_items));
}

}  // namespace
}  // namespace orderstream::contract
