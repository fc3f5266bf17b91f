#include "postgres/listing_sql.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "order/lifecycle.h"

namespace orderstream::postgres::listing_sql {
namespace {

/// Gathers conditions and, in the same order, what they compare with.
class Builder {
  public:
    /// The next parameter, as SQL that gives its type: "$3::text".
    template <class T>
    std::string parameter(const T& value, std::string_view type) {
        parameters_.add(value);
        return fmt::format("${}::{}", parameters_.values().size(), type);
    }

    void add(const std::string& condition) {
        where_ += where_.empty() ? "WHERE " : " AND ";
        where_ += condition;
    }

    [[nodiscard]] const std::string& where() const { return where_; }
    [[nodiscard]] Parameters take_parameters() { return std::move(parameters_); }

  private:
    std::string where_;
    Parameters parameters_;
};

/// Whether `rare_status` tells of the orders with this status: it is NULL while they are on their kind's ordinary way
/// (migration 0003), and has an index.
bool is_rare(order::Status status) {
    for (const order::Kind kind : {order::Kind::generic, order::Kind::marketplace, order::Kind::checkout}) {
        const order::Lifecycle& life = order::lifecycle_of(kind);
        if (status == life.arrival || status == life.working || status == life.processed) return false;
    }
    return true;
}

void add_status(Builder& builder, const std::optional<order::Status>& status) {
    if (!status) {
        builder.add("o.status <> 'deleted'");
        return;
    }
    const std::string wanted = builder.parameter(order::to_string(*status), "text");
    builder.add(fmt::format("{} = {}", is_rare(*status) ? "o.rare_status" : "o.status", wanted));
}

void add_filter(Builder& builder, const ports::OrderFilter& filter) {
    using std::string_view;
    if (filter.kind) builder.add("o.kind = " + builder.parameter(order::to_string(*filter.kind), "text"));
    if (filter.customer_id) {
        builder.add("o.customer_id = " + builder.parameter(string_view(*filter.customer_id), "text"));
    }
    add_status(builder, filter.status);
    if (filter.email) {
        builder.add(fmt::format(R"(lower(o.email COLLATE "C") = lower({} COLLATE "C"))",
                                builder.parameter(string_view(*filter.email), "text")));
    }
    if (filter.currency) builder.add("o.currency = " + builder.parameter(string_view(*filter.currency), "bpchar"));
    if (filter.min_amount) builder.add("o.total_amount >= " + builder.parameter(*filter.min_amount, "numeric"));
    if (filter.max_amount) builder.add("o.total_amount <= " + builder.parameter(*filter.max_amount, "numeric"));
    if (filter.created_from) builder.add("o.created_at >= " + builder.parameter(*filter.created_from, "timestamptz"));
    if (filter.created_to) builder.add("o.created_at <= " + builder.parameter(*filter.created_to, "timestamptz"));
}

std::string_view column_of(ports::SortKey key) {
    switch (key) {
        case ports::SortKey::created_at: return "o.created_at";
        case ports::SortKey::updated_at: return "o.updated_at";
        case ports::SortKey::total_amount: return "o.total_amount";
        case ports::SortKey::status: break;
    }
    return R"(o.status COLLATE "C")";
}

std::string key_parameter(Builder& builder, const ports::ListPosition& position) {
    if (const auto* time = std::get_if<order::Time>(&position.key)) return builder.parameter(*time, "timestamptz");
    if (const auto* money = std::get_if<order::Money>(&position.key)) return builder.parameter(*money, "numeric");
    return builder.parameter(order::to_string(std::get<order::Status>(position.key)), "text");
}

}  // namespace

// Compared as a row, the position is one range of each partition's index, and the partitions are merged.
Question keys(const ports::ListQuery& query) {
    Builder builder;
    add_filter(builder, query.filter);
    const std::string_view column = column_of(query.sort.key);
    if (query.after) {
        const std::string key = key_parameter(builder, *query.after);
        const std::string id = builder.parameter(query.after->id.uuid, "uuid");
        builder.add(fmt::format("({}, o.order_id) {} ({}, {})", column, query.sort.descending ? '<' : '>', key, id));
    }
    const std::string_view direction = query.sort.descending ? "DESC" : "ASC";
    const std::string limit = builder.parameter(static_cast<std::int64_t>(query.limit) + 1, "bigint");
    const std::string offset = builder.parameter(static_cast<std::int64_t>(query.offset), "bigint");
    std::string sql = fmt::format(
        "SELECT o.order_id, pg_column_size(o.payload) FROM orders o {} ORDER BY {} {}, o.order_id {} "
        "LIMIT {} OFFSET {}",
        builder.where(), column, direction, direction, limit, offset);
    return {{"list_keys", std::move(sql)}, builder.take_parameters()};
}

Question count(const ports::OrderFilter& filter, std::size_t at_most) {
    Builder builder;
    add_filter(builder, filter);
    const std::string limit = builder.parameter(static_cast<std::int64_t>(at_most), "bigint");
    std::string sql =
        fmt::format("SELECT count(*) FROM (SELECT FROM orders o {} LIMIT {}) counted", builder.where(), limit);
    return {{"list_total", std::move(sql)}, builder.take_parameters()};
}

}  // namespace orderstream::postgres::listing_sql
