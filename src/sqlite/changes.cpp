#include "sqlite/changes.h"

#include <fmt/format.h>

namespace orderstream::sqlite {
namespace {

// ?1 is the order, ?2 its new status, ?3 now; ?4 to ?7 say which order may be changed. An If-Match that was not sent
// is NULL.
constexpr std::string_view guarded_update =
    "UPDATE orders SET status = ?2, updated_at = max(updated_at, ?3), version = version + 1, failure_reason = NULL{} "
    "WHERE order_id = ?1 AND customer_id = ?4 AND kind = ?5 AND instr(?6, ' ' || status || ' ') > 0 "
    "AND (?7 IS NULL OR version = ?7)";

/// " new done ": what instr() searches in `guarded_update`.
std::string spaced_list(order::StatusSet statuses) {
    std::string list = " ";
    for (const order::Status status : statuses.list()) {
        list += order::to_string(status);
        list += ' ';
    }
    return list;
}

/// The row that the insert has just made, without asking for it.
order::Order created(const order::Change& change, order::Status status, order::Time now) {
    return {
        .id = change.order_id,
        .kind = change.kind,
        .customer_id = change.customer_id,
        .external_id = change.document.external_id,
        .email = change.document.email,
        .status = status,
        .currency = change.document.currency,
        .total_amount = change.document.total_amount,
        .payload = change.document.payload,
        .version = 1,
        .processed_version = 0,
        .announced_version = 0,
        .create_hash = change.create_hash,
        .failure_reason = {},
        .created_at = now,
        .updated_at = now,
    };
}

ports::ChangeResult result_of(bool applied, std::optional<OrderRow> row) {
    if (!row) return {.applied = false, .order = std::nullopt};
    return {.applied = applied, .order = std::move(row->order)};
}

}  // namespace

Changes::Changes(Connection& writer)
    : writer_(writer),
      find_(writer),
      find_status_(writer, "SELECT status FROM orders WHERE order_id = ?1"),
      insert_(writer,
              "INSERT INTO orders (order_id, kind, customer_id, external_id, email, status, currency, total_amount, "
              "version, processed_version, announced_version, create_hash, created_at, updated_at) "
              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, 0, 0, ?9, ?10, ?10) ON CONFLICT (order_id) DO NOTHING"),
      insert_payload_(writer, "INSERT INTO order_payloads (seq, payload) VALUES (last_insert_rowid(), ?1)"),
      replace_(writer,
               fmt::format(guarded_update, ", external_id = ?8, email = ?9, currency = ?10, total_amount = ?11")),
      replace_payload_(writer, "UPDATE order_payloads SET payload = ?2 WHERE seq = ?1"),
      set_status_(writer, fmt::format(guarded_update, "")),
      checkout_parts_(writer) {}

ports::ChangeResult Changes::apply(const order::Change& change, order::Time now) {
    switch (change.verb) {
        case order::Verb::create: return create(change, now);
        case order::Verb::replace: return replace(change, now);
        case order::Verb::set_status: return set_status(change, now);
    }
    return {};
}

ports::ChangeResult Changes::create(const order::Change& change, order::Time now) {
    const order::Document& document = change.document;
    const order::Status arrival = order::lifecycle_of(change.kind).arrival;
    const int inserted =
        insert_.run(change.order_id, order::to_string(change.kind), change.customer_id,
                    null_if_empty(document.external_id), null_if_empty(document.email), order::to_string(arrival),
                    document.currency, document.total_amount, change.create_hash, now);
    if (inserted == 0) return result_of(false, find_.head(change.order_id));
    insert_payload_.run(*document.payload);
    if (change.kind == order::Kind::checkout) checkout_parts_.insert(writer_.last_row(), document);
    return {.applied = true, .order = created(change, arrival, now)};
}

ports::ChangeResult Changes::replace(const order::Change& change, order::Time now) {
    const order::Document& document = change.document;
    const int updated = replace_.run(
        change.order_id, order::to_string(order::lifecycle_of(change.kind).arrival), now, change.customer_id,
        order::to_string(change.kind), spaced_list(order::applicable_in(change)), change.expected_version,
        null_if_empty(document.external_id), null_if_empty(document.email), document.currency, document.total_amount);
    std::optional<OrderRow> row = find_.head(change.order_id);
    if (updated == 1 && row) {
        replace_payload_.run(row->seq, *document.payload);
        if (change.kind == order::Kind::checkout) checkout_parts_.replace(row->seq, document);
        row->order.payload = document.payload;
    }
    return result_of(updated == 1, std::move(row));
}

ports::ChangeResult Changes::set_status(const order::Change& change, order::Time now) {
    const std::optional<order::Status> before = status_of(change.order_id);
    const int updated = set_status_.run(change.order_id, order::to_string(change.new_status), now, change.customer_id,
                                        order::to_string(change.kind), spaced_list(order::applicable_in(change)),
                                        change.expected_version);
    if (updated == 0) return result_of(false, find_.head(change.order_id));
    ports::ChangeResult result = result_of(true, find_.whole(change.order_id));
    result.status_before = before;
    return result;
}

std::optional<order::Status> Changes::status_of(const order::OrderId& id) {
    Rows rows = find_status_.query(id);
    return rows.next() ? order::parse_status(rows.text(0)) : std::nullopt;
}

}  // namespace orderstream::sqlite
