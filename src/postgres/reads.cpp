#include "postgres/reads.h"

#include <fmt/format.h>

#include <utility>

#include "order/limits.h"
#include "postgres/order_rows.h"

namespace orderstream::postgres::reads {
namespace {

// Joined on the bucket too: three of four partitions are then never looked at.
constexpr const char* by_ids =
    "SELECT c.place, {} FROM unnest($1::uuid[], $2::smallint[]) WITH ORDINALITY AS c (order_id, bucket, place) "
    "JOIN orders o ON o.order_id = c.order_id AND o.bucket = c.bucket";

constexpr int place_column = 0;
constexpr int head_column = 1;
constexpr int payload_column = head_column + head_size;

std::string whole_columns() { return head_columns() + ", o.payload"; }

}  // namespace

const Statement& heads() {
    static const Statement statement{"find_heads", fmt::format(by_ids, head_columns())};
    return statement;
}

const Statement& wholes() {
    static const Statement statement{"find_orders", fmt::format(by_ids, whole_columns())};
    return statement;
}

const Statement& by_external() {
    static const Statement statement{
        "find_by_external",
        fmt::format(
            "SELECT c.place, {} FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS c (customer, id, place), "
            "LATERAL (SELECT * FROM orders WHERE kind = 'generic' AND customer_id = c.customer "
            "AND payload ->> 'id' = c.id AND c.id <> '' AND status <> 'deleted' "
            "ORDER BY created_at DESC, order_id DESC LIMIT 1) o",
            whole_columns())};
    return statement;
}

Parameters parameters_for(std::span<const order::OrderId> ids) {
    Parameters parameters;
    parameters.add_array(ids, [](const order::OrderId& id) { return id.uuid; });
    parameters.add_array(ids, [](const order::OrderId& id) { return static_cast<std::int16_t>(order::bucket_of(id)); });
    return parameters;
}

std::vector<std::optional<order::Order>> answers(const Rows& rows, std::size_t size, bool with_payload) {
    std::vector<std::optional<order::Order>> orders(size);
    for (int row = 0; row < rows.size(); ++row) {
        order::Order order = read_head(rows, row, head_column);
        if (with_payload) order.payload = read_jsonb(rows.bytes(row, payload_column));
        orders.at(static_cast<std::size_t>(rows.integer64(row, place_column)) - 1) = std::move(order);
    }
    return orders;
}

std::vector<std::optional<order::Order>> find_heads(Connection& connection, std::span<const order::OrderId> ids) {
    return answers(connection.run(heads(), parameters_for(ids)), ids.size(), false);
}

std::vector<std::optional<order::Order>> find_wholes(Connection& connection, std::span<const order::OrderId> ids) {
    return answers(connection.run(wholes(), parameters_for(ids)), ids.size(), true);
}

std::vector<std::optional<order::Order>> find_by_external(Connection& connection,
                                                          std::span<const ports::OrderStore::ExternalKey> keys) {
    using Key = ports::OrderStore::ExternalKey;
    Parameters parameters;
    parameters.add_array(keys, [](const Key& key) { return std::string_view(key.customer_id); });
    parameters.add_array(keys, [](const Key& key) { return std::string_view(key.external_id); });
    return answers(connection.run(by_external(), parameters), keys.size(), true);
}

}  // namespace orderstream::postgres::reads
