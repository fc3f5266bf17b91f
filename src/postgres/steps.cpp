#include "postgres/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "order/kind.h"
#include "order/lifecycle.h"
#include "postgres/order_rows.h"
#include "postgres/reads.h"

namespace orderstream::postgres::steps {
namespace {

using ports::Step;

/// What the lifecycle of the row's kind says, as SQL.
std::string by_kind(order::Status order::Lifecycle::*status) {
    std::string sql = "CASE o.kind";
    for (const order::Kind kind : order::all_kinds) {
        sql += fmt::format(" WHEN {} THEN {}", quoted(order::to_string(kind)),
                           quoted(order::to_string(order::lifecycle_of(kind).*status)));
    }
    return sql + " END";
}

// How the kinds of a step are written for the statement. An end sorts before a beginning.
constexpr std::int16_t processed = 0;
constexpr std::int16_t failed = 1;
constexpr std::int16_t acknowledged = 2;
constexpr std::int16_t begun = 3;

std::int16_t outcome_of(Step::Kind kind) {
    switch (kind) {
        case Step::Kind::begun: return begun;
        case Step::Kind::processed: return processed;
        case Step::Kind::failed: return failed;
        case Step::Kind::acknowledged: break;
    }
    return acknowledged;
}

/// Beginnings alone, which nobody is told of: not worth waiting for the disk, which has them when it has what the
/// server commits next. It is a condition without columns, so it is looked at once, before any row.
constexpr std::string_view unsynchronised = "(SELECT set_config('synchronous_commit', 'off', true)) = 'off' AND ";

// A zombie, a redelivery and an overtaken event change nothing. A kind that shows no work, and an order that a worker
// that is gone has begun, need no write: the look-up finds them as they should be.
std::string take_sql(std::string_view conditions) {
    return fmt::format(
        "UPDATE orders o SET "
        "processed_version = CASE c.outcome WHEN {begun} THEN o.processed_version ELSE c.version END, "
        "status = CASE c.outcome WHEN {processed} THEN {processed_status} WHEN {failed} THEN {failed_status} "
        "WHEN {begun} THEN {working} ELSE o.status END, "
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
        "WHERE {conditions}o.order_id = c.order_id AND o.bucket = c.bucket AND o.version = c.version "
        "AND o.processed_version < c.version "
        "AND (c.outcome <> {begun} OR (o.status = {arrival} AND o.status <> {working})) "
        "RETURNING c.place, {head}",
        fmt::arg("conditions", conditions), fmt::arg("processed", processed), fmt::arg("failed", failed),
        fmt::arg("acknowledged", acknowledged), fmt::arg("begun", begun),
        fmt::arg("processed_status", by_kind(&order::Lifecycle::processed)),
        fmt::arg("working", by_kind(&order::Lifecycle::working)),
        fmt::arg("arrival", by_kind(&order::Lifecycle::arrival)),
        fmt::arg("failed_status", quoted(order::to_string(order::Status::failed))), fmt::arg("head", head_columns()));
}

constexpr int partitions = 4;  // of `orders`: one for each bucket (migration 0001)

/// One statement for orders of any bucket, and one for each bucket alone: there the server makes ready for one
/// partition in place of all (measured: a tenth of its time for a lone order). It is still the parent that is named, so
/// rights on `orders` are enough.
struct Take {
    Take(std::string_view name, std::string_view conditions) : of_any{std::string(name), take_sql(conditions)} {
        for (int bucket = 0; bucket < partitions; ++bucket) {
            of_one.push_back({fmt::format("{}_p{}", name, bucket),
                              take_sql(fmt::format("{}o.bucket = {} AND ", conditions, bucket))});
        }
    }

    Statement of_any;
    std::vector<Statement> of_one;
};

const Take& all_steps() {
    static const Take take("take_steps", "");
    return take;
}

const Take& beginnings() {
    static const Take take("begin_steps", unsynchronised);
    return take;
}

const Statement& statement_for(std::span<const Step> steps) {
    const auto begins = [](const Step& step) { return step.kind == Step::Kind::begun; };
    const Take& take = std::ranges::all_of(steps, begins) ? beginnings() : all_steps();
    const auto bucket = [](const Step& step) { return order::bucket_of(step.order.id); };
    const int first = bucket(steps.front());
    const bool of_one = std::ranges::all_of(steps, [&](const Step& step) { return bucket(step) == first; });
    return of_one ? take.of_one.at(static_cast<std::size_t>(first)) : take.of_any;
}

/// Where the steps stand once they are sorted by id, which is how everybody locks rows; of several of one version an
/// end goes before a beginning, and the first end counts.
std::vector<std::size_t> sorted_places(std::span<const Step> steps) {
    std::vector<std::size_t> places(steps.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::ranges::stable_sort(places, {}, [&](std::size_t place) {
        return std::pair(steps[place].order.id.uuid, steps[place].kind == Step::Kind::begun);
    });
    return places;
}

/// A beginning that hit nothing is applied all the same when the row shows it already.
bool shows(const Step& step, const order::Order& row) {
    return step.kind == Step::Kind::begun && row.version == step.order.version &&
           row.processed_version < step.order.version && row.status == order::lifecycle_of(row.kind).working;
}

/// Gives each result that has no order yet the row that is there.
void look_up_missed(Connection& connection, std::span<const Step> steps, std::vector<ports::StepResult>& results) {
    std::vector<std::size_t> missed;
    std::vector<order::OrderId> ids;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (results[i].applied) continue;
        missed.push_back(i);
        ids.push_back(steps[i].order.id);
    }
    if (missed.empty()) return;
    std::vector<std::optional<order::Order>> rows = reads::find_heads(connection, ids);
    for (std::size_t i = 0; i < missed.size(); ++i) {
        if (!rows[i]) continue;
        const bool applied = shows(steps[missed[i]], *rows[i]);
        results[missed[i]] = {.applied = applied, .order = std::move(*rows[i])};
    }
}

}  // namespace

std::vector<Statement> statements() {
    std::vector<Statement> all{all_steps().of_any, beginnings().of_any, reads::heads()};
    for (const Take* take : {&all_steps(), &beginnings()}) {
        all.insert(all.end(), take->of_one.begin(), take->of_one.end());
    }
    return all;
}

std::vector<ports::StepResult> take(Connection& connection, std::span<const Step> steps) {
    if (steps.empty()) return {};
    const std::vector<std::size_t> places = sorted_places(steps);
    const auto at = [&](std::size_t place) -> const Step& { return steps[place]; };
    Parameters parameters;
    parameters.add_array(places, [&](std::size_t place) { return at(place).order.id.uuid; });
    parameters.add_array(
        places, [&](std::size_t place) { return static_cast<std::int16_t>(order::bucket_of(at(place).order.id)); });
    parameters.add_array(places, [&](std::size_t place) { return std::int32_t{at(place).order.version}; });
    parameters.add_array(places, [&](std::size_t place) { return outcome_of(at(place).kind); });
    parameters.add_array(places, [&](std::size_t place) { return at(place).total_amount; });
    parameters.add_array(places, [&](std::size_t place) { return std::string_view(at(place).currency); });
    parameters.add_array(places, [&](std::size_t place) { return std::string_view(at(place).failure_reason); });

    std::vector<ports::StepResult> results(steps.size());
    const Rows rows = connection.run(statement_for(steps), parameters);
    for (int row = 0; row < rows.size(); ++row) {
        const auto sorted = static_cast<std::size_t>(rows.integer64(row, 0)) - 1;
        results[places.at(sorted)] = {.applied = true, .order = read_head(rows, row, 1)};
    }
    look_up_missed(connection, steps, results);
    return results;
}

}  // namespace orderstream::postgres::steps
