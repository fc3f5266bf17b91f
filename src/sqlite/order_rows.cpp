#include "sqlite/order_rows.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

#include "sqlite/failure.h"

namespace orderstream::sqlite {
namespace {

// In the order in which read_head() takes them. `version` is also a column of other tables.
constexpr std::string_view head_columns =
    "order_id, kind, customer_id, external_id, email, status, currency, total_amount, orders.version, "
    "processed_version, "
    "announced_version, create_hash, failure_reason, created_at, updated_at, orders.seq";

Failure unknown(std::string_view what, std::string_view value) {
    return {SQLITE_CORRUPT, fmt::format("the database holds an order of unknown {} '{}'", what, value)};
}

order::Kind read_kind(const Rows& rows, int column) {
    const std::optional<order::Kind> kind = order::parse_kind(rows.text(column));
    if (!kind) throw unknown("kind", rows.text(column));
    return *kind;
}

order::Status read_status(const Rows& rows, int column) {
    const std::optional<order::Status> status = order::parse_status(rows.text(column));
    if (!status) throw unknown("status", rows.text(column));
    return *status;
}

std::optional<order::Sha256> read_hash(const Rows& rows, int column) {
    const std::string_view bytes = rows.bytes(column);
    order::Sha256 hash;
    if (bytes.size() != hash.size()) return std::nullopt;
    std::ranges::copy(bytes, hash.begin());
    return hash;
}

std::optional<OrderRow> read_one_whole(Rows& rows) {
    if (!rows.next()) return std::nullopt;
    OrderRow row = read_head(rows);
    row.order.payload = read_payload(rows, after_head);
    return row;
}

}  // namespace

std::string select_head(std::string_view rest) { return fmt::format("SELECT {} {}", head_columns, rest); }

OrderRow read_head(const Rows& rows) {
    OrderRow row;
    order::Order& order = row.order;
    int column = 0;
    order.id.uuid = rows.uuid(column++);
    order.kind = read_kind(rows, column++);
    order.customer_id = rows.text(column++);
    order.external_id = rows.text(column++);
    order.email = rows.text(column++);
    order.status = read_status(rows, column++);
    order.currency = rows.text(column++);
    order.total_amount = order::Money::of_cents(rows.integer64(column++));
    order.version = rows.integer(column++);
    order.processed_version = rows.integer(column++);
    order.announced_version = rows.integer(column++);
    order.create_hash = read_hash(rows, column++);
    order.failure_reason = rows.text(column++);
    order.created_at = rows.time(column++);
    order.updated_at = rows.time(column++);
    row.seq = rows.integer64(column);
    return row;
}

order::Payload read_payload(const Rows& rows, int column) {
    return std::make_shared<const std::string>(rows.text(column));
}

FindOrder::FindOrder(Connection& connection)
    : head_(connection, select_head("FROM orders WHERE order_id = ?1")),
      whole_(connection, select_head(", payload FROM orders JOIN order_payloads USING (seq) WHERE order_id = ?1")) {}

std::optional<OrderRow> FindOrder::head(const order::OrderId& id) {
    Rows rows = head_.query(id);
    if (!rows.next()) return std::nullopt;
    return read_head(rows);
}

std::optional<OrderRow> FindOrder::whole(const order::OrderId& id) {
    Rows rows = whole_.query(id);
    return read_one_whole(rows);
}

FindRow::FindRow(Connection& connection)
    : whole_(connection, select_head(", payload FROM orders JOIN order_payloads USING (seq) WHERE seq = ?1")) {}

std::optional<OrderRow> FindRow::whole(Seq seq) {
    Rows rows = whole_.query(seq);
    return read_one_whole(rows);
}

FindByExternal::FindByExternal(Connection& connection)
    : newest_(connection, select_head(", payload FROM orders JOIN order_payloads USING (seq) "
                                      "WHERE customer_id = ?1 AND external_id = ?2 AND status <> 'deleted' "
                                      "ORDER BY created_at DESC, orders.seq DESC LIMIT 1")) {}

std::optional<OrderRow> FindByExternal::newest(std::string_view customer_id, std::string_view external_id) {
    Rows rows = newest_.query(customer_id, external_id);
    return read_one_whole(rows);
}

}  // namespace orderstream::sqlite
