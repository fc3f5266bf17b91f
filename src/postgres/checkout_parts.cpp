#include "postgres/checkout_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "postgres/reads.h"

namespace orderstream::postgres::checkout_parts {
namespace {

using order::Change;

const Statement batch_statement{"begin_checkouts", "SET LOCAL orderstream.batch = on"};

Statement removal_from(std::string_view table) {
    return {fmt::format("remove_{}", table),
            fmt::format("DELETE FROM {} p USING unnest($1::uuid[], $2::smallint[]) AS c (order_id, bucket) "
                        "WHERE p.order_id = c.order_id AND p.bucket = c.bucket",
                        table)};
}
const Statement remove_items_statement = removal_from("order_items");
const Statement remove_addresses_statement = removal_from("order_addresses");

// The rows were written by this very transaction. Of an order that the batch changed more than once, the last counts.
constexpr const char* from_stored =
    "FROM unnest($1::uuid[], $2::smallint[]) AS c (order_id, bucket) "
    "JOIN orders o ON o.order_id = c.order_id AND o.bucket = c.bucket";

const Statement add_items_statement{
    "add_items",
    fmt::format("INSERT INTO order_items (order_id, bucket, id, position, product_id, name, price, quantity) "
                "SELECT o.order_id, o.bucket, i.id, i.position, i.product_id, i.name, i.price, i.quantity {}, "
                "ROWS FROM (jsonb_to_recordset(o.payload -> 'items') "
                "AS (id uuid, product_id uuid, name text, price numeric, quantity int)) "
                "WITH ORDINALITY AS i (id, product_id, name, price, quantity, position)",
                from_stored)};

const Statement add_addresses_statement{
    "add_addresses",
    fmt::format(
        "INSERT INTO order_addresses (order_id, bucket, type, street, city, state, country, zip_code) "
        "SELECT o.order_id, o.bucket, a.type, a.address ->> 'street', a.address ->> 'city', a.address ->> 'state', "
        "a.address ->> 'country', a.address ->> 'zip_code' {}, "
        "LATERAL (VALUES ('shipping', o.payload -> 'shipping_address'), ('billing', o.payload -> 'billing_address')) "
        "AS a (type, address) WHERE jsonb_typeof(a.address) = 'object'",
        from_stored)};

const Statement check_statement{"check_checkouts", "SELECT check_checkouts($1::uuid[], $2::smallint[])"};

bool stores_checkout(const Change& change) {
    return change.kind == order::Kind::checkout && change.verb != order::Verb::set_status;
}

/// Sorted, each once.
class Ids {
  public:
    void add(const order::OrderId& id) { ids_.push_back(id); }
    [[nodiscard]] bool empty() const { return ids_.empty(); }
    [[nodiscard]] Parameters parameters() {
        std::ranges::sort(ids_, {}, &order::OrderId::uuid);
        ids_.erase(std::ranges::unique(ids_).begin(), ids_.end());
        return reads::parameters_for(ids_);
    }

  private:
    std::vector<order::OrderId> ids_;
};

}  // namespace

std::vector<Statement> statements() {
    return {batch_statement,     remove_items_statement,  remove_addresses_statement,
            add_items_statement, add_addresses_statement, check_statement};
}

bool add_beginning(Connection& connection, std::span<const Change* const> changes) {
    const bool any = std::ranges::any_of(changes, [](const Change* change) { return stores_checkout(*change); });
    if (any) connection.add(batch_statement, {});
    return any;
}

void add_all(Connection& connection, std::span<const Change* const> changes,
             std::span<const ports::ChangeResult> results) {
    Ids stored;
    Ids replaced;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if (!results[i].applied || !stores_checkout(*changes[i])) continue;
        stored.add(changes[i]->order_id);
        if (changes[i]->verb == order::Verb::replace) replaced.add(changes[i]->order_id);
    }
    if (stored.empty()) return;
    if (!replaced.empty()) {
        const Parameters parameters = replaced.parameters();
        connection.add(remove_items_statement, parameters).add(remove_addresses_statement, parameters);
    }
    const Parameters parameters = stored.parameters();
    connection.add(add_items_statement, parameters).add(add_addresses_statement, parameters);
    connection.add(check_statement, parameters);
}

}  // namespace orderstream::postgres::checkout_parts
