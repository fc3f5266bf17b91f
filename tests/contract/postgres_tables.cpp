#include "contract/postgres_tables.h"

#include <fmt/format.h>

#include <exception>

#include "contract/postgres_store.h"

namespace orderstream::contract {
namespace {

constexpr const char* helpers_sql = R"sql(
CREATE FUNCTION id_of(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
$$;

CREATE PROCEDURE add_checkout(n int, state text, name text DEFAULT 'chair') LANGUAGE plpgsql AS $$
DECLARE
    document jsonb := jsonb_build_object(
        'customer_id', '00000000-0000-4000-8000-000000000009', 'email', 'someone@example.com', 'currency', 'EUR',
        'metadata', '{"gift": true}'::jsonb, 'billing_address', NULL,
        'shipping_address', '{"street": "Long street 1", "city": "Town", "country": "DE", "zip_code": "1"}'::jsonb,
        'items', jsonb_build_array(
            jsonb_build_object('id', gen_random_uuid(), 'product_id', gen_random_uuid(), 'name', name,
                               'price', 2.5, 'quantity', 2, 'total', 5),
            jsonb_build_object('id', gen_random_uuid(), 'product_id', gen_random_uuid(), 'name', 'table',
                               'price', 5, 'quantity', 1, 'total', 5)));
BEGIN
    PERFORM set_config('orderstream.batch', 'on', true);
    INSERT INTO orders (order_id, bucket, kind, customer_id, email, status, currency, total_amount, payload, version,
                        processed_version, announced_version, failure_reason)
    VALUES (id_of(n), n % 4, 'checkout', document ->> 'customer_id', document ->> 'email', state, 'EUR', 10, document, 1,
            1, 1, CASE state WHEN 'failed' THEN 'why' END);
    INSERT INTO order_items (order_id, bucket, id, position, product_id, name, price, quantity)
    SELECT id_of(n), n % 4, (i ->> 'id')::uuid, place, (i ->> 'product_id')::uuid, i ->> 'name',
           (i ->> 'price')::numeric, (i ->> 'quantity')::int
    FROM jsonb_array_elements(document -> 'items') WITH ORDINALITY AS items (i, place);
    INSERT INTO order_addresses VALUES (id_of(n), n % 4, 'shipping', 'Long street 1', 'Town', NULL, 'DE', '1');
    PERFORM check_checkouts(ARRAY[id_of(n)], ARRAY[n % 4]::smallint[]);
END $$;
)sql";

}  // namespace

PostgresTables::PostgresTables() { sql("DELETE FROM orders; DELETE FROM batches"); }

const std::string& PostgresTables::database() {
    static const std::string name = [] {
        std::string made = make_store_database();
        (void)PostgresServer::get().run_sql(made, std::string("SET search_path = public; ") + helpers_sql);
        return made;
    }();
    return name;
}

std::string PostgresTables::sql(const std::string& statement) {
    return PostgresServer::get().run_sql(database(), statement);
}

std::string PostgresTables::refusal(const std::string& statement) {
    try {
        (void)sql(statement);
    } catch (const std::exception& refused) {
        return refused.what();
    }
    return "accepted";
}

void PostgresTables::add_checkout(int number, const std::string& status) {
    sql(fmt::format("CALL add_checkout({}, '{}')", number, status));
}

std::string PostgresTables::state_of(int number) {
    return sql(
        fmt::format("SELECT format('%s %s version %s processed %s', status, total_amount, version, processed_version) "
                    "FROM orders WHERE order_id = id_of({})",
                    number));
}

std::string PostgresTables::items_of(int number) {
    return sql(
        fmt::format("SELECT string_agg(format('%s %s', i ->> 'name', i ->> 'total'), ', ' ORDER BY place) "
                    "FROM orders, jsonb_array_elements(payload -> 'items') WITH ORDINALITY AS items (i, place) "
                    "WHERE order_id = id_of({})",
                    number));
}

}  // namespace orderstream::contract
