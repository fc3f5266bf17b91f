#include "postgres/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "order/lifecycle.h"
#include "postgres/order_rows.h"
#include "postgres/reads.h"

namespace orderstream::postgres::steps {
namespace {

using ports::Completion;

constexpr std::array all_kinds{order::Kind::generic, order::Kind::marketplace, order::Kind::checkout};

/// What the lifecycle of the row's kind says, as SQL.
std::string by_kind(order::Status order::Lifecycle::*status) {
    std::string sql = "CASE o.kind";
    for (const order::Kind kind : all_kinds) {
        sql += fmt::format(" WHEN {} THEN {}", quoted(order::to_string(kind)),
                           quoted(order::to_string(order::lifecycle_of(kind).*status)));
    }
    return sql + " END";
}

// A zombie, a redelivery and an overtaken event change nothing. A kind that shows no work, and an order that a worker
// that is gone has begun, need no write: the look-up finds them as they should be.
const Statement& begin_statement() {
    static const Statement statement{
        "begin_processing",
        fmt::format("UPDATE orders o SET status = {working}, updated_at = greatest(o.updated_at, now()) "
                    "FROM unnest($1::uuid[], $2::smallint[], $3::int[]) WITH ORDINALITY "
                    "AS c (order_id, bucket, version, place) "
                    "WHERE o.order_id = c.order_id AND o.bucket = c.bucket AND o.version = c.version "
                    "AND o.processed_version < c.version AND o.status = {arrival} AND o.status <> {working} "
                    "RETURNING c.place, {head}",
                    fmt::arg("working", by_kind(&order::Lifecycle::working)),
                    fmt::arg("arrival", by_kind(&order::Lifecycle::arrival)), fmt::arg("head", head_columns()))};
    return statement;
}

// How the kinds of a completion are written for complete_statement().
constexpr std::int16_t processed = 0;
constexpr std::int16_t failed = 1;
constexpr std::int16_t acknowledged = 2;

const Statement& complete_statement() {
    static const Statement statement{
        "complete",
        fmt::format(
            "UPDATE orders o SET processed_version = c.version, "
            "status = CASE c.outcome WHEN {processed} THEN {processed_status} WHEN {failed} THEN {failed_status} "
            "ELSE o.status END, "
            "total_amount = CASE c.outcome WHEN {processed} THEN c.total_amount ELSE o.total_amount END, "
            "currency = CASE c.outcome WHEN {processed} THEN c.currency ELSE o.currency END, "
            "announced_version = CASE WHEN c.outcome = {processed} AND o.announced_version = 0 THEN c.version "
            "ELSE o.announced_version END, "
            "failure_reason = CASE c.outcome WHEN {failed} THEN c.failure_reason ELSE o.failure_reason END, "
            "updated_at = CASE c.outcome WHEN {acknowledged} THEN o.updated_at "
            "ELSE greatest(o.updated_at, now()) END "
            "FROM unnest($1::uuid[], $2::smallint[], $3::int[], $4::smallint[], $5::numeric[], $6::text[], "
            "$7::text[]) WITH ORDINALITY AS c (order_id, bucket, version, outcome, total_amount, currency, "
            "failure_reason, place) "
            "WHERE o.order_id = c.order_id AND o.bucket = c.bucket AND o.version = c.version "
            "AND o.processed_version < c.version "
            "RETURNING c.place, {head}",
            fmt::arg("processed", processed), fmt::arg("failed", failed), fmt::arg("acknowledged", acknowledged),
            fmt::arg("processed_status", by_kind(&order::Lifecycle::processed)),
            fmt::arg("failed_status", quoted(order::to_string(order::Status::failed))),
            fmt::arg("head", head_columns()))};
    return statement;
}

std::int16_t outcome_of(Completion::Kind kind) {
    switch (kind) {
        case Completion::Kind::processed: return processed;
        case Completion::Kind::failed: return failed;
        case Completion::Kind::acknowledged: break;
    }
    return acknowledged;
}

/// Where the items stand once they are sorted by id, those of one order in their own order: rows are locked in that
/// order by everybody, and of two completions of a version the first one counts.
template <class Item, class Version>
std::vector<std::size_t> sorted_places(std::span<const Item> items, Version version_of) {
    std::vector<std::size_t> places(items.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::ranges::stable_sort(places, {}, [&](std::size_t place) { return version_of(items[place]).id.uuid; });
    return places;
}

void take_applied(const Rows& rows, const std::vector<std::size_t>& places, std::vector<ports::StepResult>& results) {
    for (int row = 0; row < rows.size(); ++row) {
        const auto sorted = static_cast<std::size_t>(rows.integer64(row, 0)) - 1;
        results[places.at(sorted)] = {.applied = true, .order = read_head(rows, row, 1)};
    }
}

/// Gives each result that has no order yet the row that is there.
template <class Item, class Version, class Found>
void look_up_missed(Connection& connection, std::span<const Item> items, Version version_of, Found found,
                    std::vector<ports::StepResult>& results) {
    std::vector<std::size_t> missed;
    std::vector<order::OrderId> ids;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (results[i].applied) continue;
        missed.push_back(i);
        ids.push_back(version_of(items[i]).id);
    }
    if (missed.empty()) return;
    std::vector<std::optional<order::Order>> rows = reads::find_heads(connection, ids);
    for (std::size_t i = 0; i < missed.size(); ++i) {
        if (!rows[i]) continue;
        results[missed[i]] = found(items[missed[i]], std::move(*rows[i]));
    }
}

}  // namespace

std::vector<Statement> statements() { return {begin_statement(), complete_statement(), reads::heads()}; }

std::vector<ports::StepResult> begin(Connection& connection, std::span<const order::OrderVersion> orders) {
    using order::OrderVersion;
    const auto version_of = [](const OrderVersion& item) -> const OrderVersion& { return item; };
    const std::vector<std::size_t> places = sorted_places(orders, version_of);
    Parameters parameters;
    parameters.add_array(places, [&](std::size_t place) { return orders[place].id.uuid; });
    parameters.add_array(
        places, [&](std::size_t place) { return static_cast<std::int16_t>(order::bucket_of(orders[place].id)); });
    parameters.add_array(places, [&](std::size_t place) { return std::int32_t{orders[place].version}; });

    std::vector<ports::StepResult> results(orders.size());
    take_applied(connection.run(begin_statement(), parameters), places, results);
    const auto found = [](const OrderVersion& asked, order::Order row) {
        const bool open = row.version == asked.version && row.processed_version < asked.version;
        const bool working = row.status == order::lifecycle_of(row.kind).working;
        return ports::StepResult{.applied = open && working, .order = std::move(row)};
    };
    look_up_missed(connection, orders, version_of, found, results);
    return results;
}

std::vector<ports::StepResult> complete(Connection& connection, std::span<const Completion> completions) {
    const auto version_of = [](const Completion& item) -> const order::OrderVersion& { return item.order; };
    const std::vector<std::size_t> places = sorted_places(completions, version_of);
    const auto at = [&](std::size_t place) -> const Completion& { return completions[place]; };
    Parameters parameters;
    parameters.add_array(places, [&](std::size_t place) { return at(place).order.id.uuid; });
    parameters.add_array(
        places, [&](std::size_t place) { return static_cast<std::int16_t>(order::bucket_of(at(place).order.id)); });
    parameters.add_array(places, [&](std::size_t place) { return std::int32_t{at(place).order.version}; });
    parameters.add_array(places, [&](std::size_t place) { return outcome_of(at(place).kind); });
    parameters.add_array(places, [&](std::size_t place) { return at(place).total_amount; });
    parameters.add_array(places, [&](std::size_t place) { return std::string_view(at(place).currency); });
    parameters.add_array(places, [&](std::size_t place) { return std::string_view(at(place).failure_reason); });

    std::vector<ports::StepResult> results(completions.size());
    take_applied(connection.run(complete_statement(), parameters), places, results);
    const auto found = [](const Completion&, order::Order row) {
        return ports::StepResult{.applied = false, .order = std::move(row)};
    };
    look_up_missed(connection, completions, version_of, found, results);
    return results;
}

}  // namespace orderstream::postgres::steps
