#include "postgres/retries.h"

#include <fmt/format.h>

#include <algorithm>

#include "postgres/order_rows.h"

namespace orderstream::postgres::retries {
namespace {

using order::OrderVersion;

// An order that is gone needs no retry.
const Statement defer_statement{
    "defer",
    "INSERT INTO orders_retry (order_id, bucket, version, attempts, due_at, error) "
    "SELECT c.order_id, c.bucket, c.version, c.attempts, now() + c.due_in * interval '1 millisecond', c.error "
    "FROM unnest($1::uuid[], $2::smallint[], $3::int[], $4::int[], $5::bigint[], $6::text[]) "
    "AS c (order_id, bucket, version, attempts, due_in, error) "
    "JOIN orders o ON o.order_id = c.order_id AND o.bucket = c.bucket "
    "ON CONFLICT (order_id, bucket, version) "
    "DO UPDATE SET attempts = excluded.attempts, due_at = excluded.due_at, error = excluded.error"};

const Statement& claim_statement() {
    static const Statement statement{
        "claim_due",
        fmt::format("WITH due AS MATERIALIZED (SELECT order_id, bucket, version, due_at FROM orders_retry "
                    "WHERE due_at <= now() ORDER BY due_at LIMIT $1::bigint FOR UPDATE SKIP LOCKED), "
                    "claimed AS (UPDATE orders_retry r SET due_at = now() + $2::bigint * interval '1 millisecond' "
                    "FROM due WHERE r.order_id = due.order_id AND r.bucket = due.bucket AND r.version = due.version "
                    "RETURNING r.order_id, r.bucket, r.version, r.attempts, r.error, due.due_at AS was_due) "
                    "SELECT c.version, c.attempts, c.error, {}, o.payload FROM claimed c "
                    "JOIN orders o ON o.order_id = c.order_id AND o.bucket = c.bucket ORDER BY c.was_due",
                    head_columns())};
    return statement;
}

const Statement remove_statement{
    "remove_retries",
    "DELETE FROM orders_retry r USING unnest($1::uuid[], $2::smallint[], $3::int[]) AS c (order_id, bucket, version) "
    "WHERE r.order_id = c.order_id AND r.bucket = c.bucket AND r.version = c.version"};

template <class Item, class Version>
void add_keys(Parameters& parameters, const std::vector<Item>& items, Version version_of) {
    parameters.add_array(items, [&](const Item& item) { return version_of(item).id.uuid; });
    parameters.add_array(
        items, [&](const Item& item) { return static_cast<std::int16_t>(order::bucket_of(version_of(item).id)); });
    parameters.add_array(items, [&](const Item& item) { return std::int32_t{version_of(item).version}; });
}

/// Sorted by id, and of one version the last one: an INSERT cannot replace a row twice.
std::vector<const ports::Deferral*> last_of_each(std::span<const ports::Deferral> deferrals) {
    std::vector<const ports::Deferral*> sorted;
    for (const ports::Deferral& deferral : deferrals) sorted.push_back(&deferral);
    const auto key_of = [](const ports::Deferral* deferral) {
        return std::pair(deferral->order.id.uuid, deferral->order.version);
    };
    std::ranges::stable_sort(sorted, {}, key_of);
    std::vector<const ports::Deferral*> last;
    for (const ports::Deferral* deferral : sorted) {
        if (!last.empty() && last.back()->order == deferral->order) last.pop_back();
        last.push_back(deferral);
    }
    return last;
}

}  // namespace

std::vector<Statement> statements() { return {defer_statement, claim_statement(), remove_statement}; }

void defer(Connection& connection, std::span<const ports::Deferral> deferrals) {
    using Item = const ports::Deferral*;
    const std::vector<Item> items = last_of_each(deferrals);
    Parameters parameters;
    add_keys(parameters, items, [](Item item) -> const OrderVersion& { return item->order; });
    parameters.add_array(items, [](Item item) { return std::int32_t{item->attempts}; });
    parameters.add_array(items, [](Item item) { return std::int64_t{item->due_in.count()}; });
    parameters.add_array(items, [](Item item) { return std::string_view(item->error); });
    connection.run(defer_statement, parameters);
}

std::vector<ports::DueRetry> claim_due(Connection& connection, std::size_t limit, std::chrono::milliseconds lease) {
    Parameters parameters;
    parameters.add(static_cast<std::int64_t>(limit)).add(std::int64_t{lease.count()});
    const Rows rows = connection.run(claim_statement(), parameters);
    std::vector<ports::DueRetry> due;
    for (int row = 0; row < rows.size(); ++row) {
        ports::DueRetry& retry = due.emplace_back();
        retry.version = rows.integer(row, 0);
        retry.attempts = rows.integer(row, 1);
        retry.error = rows.bytes(row, 2);
        retry.order = read_head(rows, row, 3);
        retry.order.payload = read_jsonb(rows.bytes(row, 3 + head_size));
    }
    return due;
}

void remove(Connection& connection, std::span<const OrderVersion> retries) {
    std::vector<OrderVersion> sorted(retries.begin(), retries.end());
    std::ranges::sort(sorted, {}, [](const OrderVersion& retry) { return retry.id.uuid; });
    Parameters parameters;
    add_keys(parameters, sorted, [](const OrderVersion& retry) -> const OrderVersion& { return retry; });
    connection.run(remove_statement, parameters);
}

}  // namespace orderstream::postgres::retries
