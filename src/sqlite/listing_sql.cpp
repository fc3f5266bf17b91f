#include "sqlite/listing_sql.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "order/lifecycle.h"

namespace orderstream::sqlite {
namespace {

using order::Status;
using ports::OrderFilter;
using ports::SortKey;

/// Those that idx_orders_status holds.
constexpr order::StatusSet rare_statuses{Status::failed,  Status::cancelled, Status::deleted,
                                         Status::shipped, Status::delivered, Status::refunded};

/// Kinds and statuses as literals: SQLite sees which partial index holds them.
std::string conditions(const OrderFilter& filter) {
    std::string all = filter.status ? fmt::format("status = '{}'", order::to_string(*filter.status))
                                    : std::string("status <> 'deleted'");
    const auto add = [&all](bool given, std::string_view condition) {
        if (given) all.append(" AND ").append(condition);
    };
    if (filter.kind) add(true, fmt::format("kind = '{}'", order::to_string(*filter.kind)));
    add(filter.customer_id.has_value(), "customer_id = ?1");
    add(filter.email.has_value(), "lower(email) = lower(?2) AND email IS NOT NULL");
    add(filter.currency.has_value(), "currency = ?3");
    add(filter.min_amount.has_value(), "total_amount >= ?4");
    add(filter.max_amount.has_value(), "total_amount <= ?5");
    add(filter.created_from.has_value(), "created_at >= ?6");
    add(filter.created_to.has_value(), "created_at <= ?7");
    return all;
}

/// The index that leads to few orders, if the filter has one. Chosen here, not by SQLite, which cannot know how many
/// orders there are of what: so it is known what a question costs.
std::optional<std::string_view> narrow_index(const OrderFilter& filter) {
    if (filter.email) return "INDEXED BY idx_orders_email";
    if (filter.customer_id) return "INDEXED BY idx_orders_customer_id";
    if (filter.status && rare_statuses.contains(*filter.status)) return "INDEXED BY idx_orders_status";
    if (filter.created_from || filter.created_to) return "INDEXED BY idx_orders_created_at";
    return std::nullopt;
}

std::string_view column_of(SortKey key) {
    switch (key) {
        case SortKey::created_at: return "created_at";
        case SortKey::updated_at: return "updated_at";
        case SortKey::total_amount: return "total_amount";
        case SortKey::status: break;
    }
    return "status";
}

constexpr std::string_view whole_table = "NOT INDEXED";

}  // namespace

std::string page_sql(const ports::ListQuery& query) {
    const std::string_view key = column_of(query.sort.key);
    // Without a narrow one a page by time is read off its index; by anything else all orders are looked at.
    const std::string_view otherwise =
        query.sort.key == SortKey::created_at ? "INDEXED BY idx_orders_created_at" : whole_table;
    return fmt::format(
        "SELECT seq FROM orders {index} WHERE {conditions}{after} "
        "ORDER BY {key} {direction}, order_id {direction} LIMIT ?10 OFFSET ?11",
        fmt::arg("index", narrow_index(query.filter).value_or(otherwise)),
        fmt::arg("conditions", conditions(query.filter)),
        fmt::arg("after", query.after
                              ? fmt::format(" AND ({}, order_id) {} (?8, ?9)", key, query.sort.descending ? '<' : '>')
                              : std::string()),
        fmt::arg("key", key), fmt::arg("direction", query.sort.descending ? "DESC" : "ASC"));
}

std::string count_sql(const OrderFilter& filter) {
    return fmt::format("SELECT count(*) FROM (SELECT 1 FROM orders {} WHERE {} LIMIT ?8)",
                       narrow_index(filter).value_or(whole_table), conditions(filter));
}

}  // namespace orderstream::sqlite
