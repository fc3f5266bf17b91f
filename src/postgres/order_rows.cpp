#include "postgres/order_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "order/lifecycle.h"
#include "postgres/failure.h"

namespace orderstream::postgres {
namespace {

Failure unknown(std::string_view what, std::string_view value) {
    return Failure::of_server("XX001", fmt::format("the database holds an order of unknown {} '{}'", what, value),
                              false);
}

std::optional<order::Sha256> read_hash(std::string_view bytes) {
    order::Sha256 hash;
    if (bytes.size() != hash.size()) return std::nullopt;
    std::ranges::copy(bytes, hash.begin());
    return hash;
}

}  // namespace

// What a client calls its order stands in the document (migration 0002). In the order in which read_head() takes them.
std::string head_columns() {
    return "o.order_id, o.kind, o.customer_id, "
           "CASE o.kind WHEN 'generic' THEN o.payload ->> 'id' WHEN 'marketplace' THEN o.payload ->> 'order_uid' END, "
           "o.email, o.status, o.currency, o.total_amount, o.version, o.processed_version, o.announced_version, "
           "o.create_hash, o.failure_reason, o.created_at, o.updated_at";
}

order::Order read_head(const Rows& rows, int row, int first) {
    order::Order order;
    int column = first;
    const auto next = [&] { return rows.bytes(row, column++); };
    order.id.uuid = read_uuid(next());
    const std::string_view kind_text = next();
    const std::optional<order::Kind> kind = order::parse_kind(kind_text);
    if (!kind) throw unknown("kind", kind_text);
    order.kind = *kind;
    order.customer_id = next();
    order.external_id = next();
    order.email = next();
    const std::string_view status_text = next();
    const std::optional<order::Status> status = order::parse_status(status_text);
    if (!status) throw unknown("status", status_text);
    order.status = *status;
    order.currency = next();
    order.total_amount = read_money(next());
    order.version = read_int32(next());
    order.processed_version = read_int32(next());
    order.announced_version = read_int32(next());
    order.create_hash = read_hash(next());
    order.failure_reason = next();
    order.created_at = read_time(next());
    order.updated_at = read_time(next());
    return order;
}

std::string quoted(std::string_view name) { return fmt::format("'{}'", name); }

}  // namespace orderstream::postgres
