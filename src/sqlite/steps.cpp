#include "sqlite/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace orderstream::sqlite {
namespace {

using ports::Step;

/// A zombie, a redelivery and an overtaken event change nothing.
bool is_open(const std::optional<OrderRow>& row, int version) {
    return row && row->order.version == version && row->order.processed_version < version;
}

ports::StepResult not_applied(std::optional<OrderRow> row) {
    if (!row) return {};
    return {.applied = false, .order = std::move(row->order)};
}

void finish(order::Order& order, const Step& step, order::Time now) {
    order.processed_version = step.order.version;
    switch (step.kind) {
        case Step::Kind::begun: return;
        case Step::Kind::processed:
            order.status = order::lifecycle_of(order.kind).processed;
            order.total_amount = step.total_amount;
            order.currency = step.currency;
            if (order.announced_version == 0) order.announced_version = step.order.version;
            break;
        case Step::Kind::failed:
            order.status = order::Status::failed;
            order.failure_reason = step.failure_reason;
            break;
        case Step::Kind::acknowledged: return;  // nothing of it shows, so it is no update
    }
    order.updated_at = std::max(order.updated_at, now);
}

/// The usual beginning, without a look at the row: of an order that has arrived and whose kind shows that it is worked
/// on.
std::string begin_sql() {
    std::string kinds;
    std::string working;
    for (const order::Kind kind : order::all_kinds) {
        const order::Lifecycle& lifecycle = order::lifecycle_of(kind);
        if (lifecycle.working == lifecycle.arrival) continue;
        kinds += fmt::format("{}(kind = '{}' AND status = '{}')", kinds.empty() ? "" : " OR ", order::to_string(kind),
                             order::to_string(lifecycle.arrival));
        working += fmt::format(" WHEN '{}' THEN '{}'", order::to_string(kind), order::to_string(lifecycle.working));
    }
    return fmt::format(
        "UPDATE orders SET status = CASE kind{} END, updated_at = max(updated_at, ?3) "
        "WHERE order_id = ?1 AND version = ?2 AND processed_version < ?2 AND ({})",
        working, kinds);
}

}  // namespace

Steps::Steps(Connection& writer)
    : find_(writer),
      begin_(writer, begin_sql()),
      write_(writer,
             "UPDATE orders SET status = ?3, currency = ?4, total_amount = ?5, processed_version = ?6, "
             "announced_version = ?7, failure_reason = ?8, updated_at = ?9 "
             "WHERE seq = ?1 AND version = ?2 AND processed_version < ?2") {}

std::vector<ports::StepResult> Steps::take(std::span<const Step> steps, order::Time now) {
    std::vector<ports::StepResult> results(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].kind != Step::Kind::begun) results[i] = end(steps[i], now);
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].kind == Step::Kind::begun) results[i] = begin(steps[i].order, now);
    }
    return results;
}

ports::StepResult Steps::begin(const order::OrderVersion& version, order::Time now) {
    if (begin_.run(version.id, version.version, now) == 1) return {.applied = true, .order = std::nullopt};
    std::optional<OrderRow> row = find_.head(version.id);
    if (!is_open(row, version.version)) return not_applied(std::move(row));
    order::Order& order = row->order;
    const order::Lifecycle& lifecycle = order::lifecycle_of(order.kind);
    // Begun by a worker that is gone, or of a kind that does not show it.
    if (order.status == lifecycle.working) return {.applied = true, .order = std::move(order)};
    if (order.status != lifecycle.arrival) return not_applied(std::move(row));
    order.status = lifecycle.working;
    order.updated_at = std::max(order.updated_at, now);
    return write(std::move(*row), version.version);
}

ports::StepResult Steps::end(const Step& step, order::Time now) {
    std::optional<OrderRow> row = find_.head(step.order.id);
    if (!is_open(row, step.order.version)) return not_applied(std::move(row));
    finish(row->order, step, now);
    return write(std::move(*row), step.order.version);
}

ports::StepResult Steps::write(OrderRow row, int version) {
    const order::Order& order = row.order;
    const int changed = write_.run(row.seq, version, order::to_string(order.status), order.currency, order.total_amount,
                                   order.processed_version, order.announced_version,
                                   null_if_empty(order.failure_reason), order.updated_at);
    return {.applied = changed == 1, .order = std::move(row.order)};
}

}  // namespace orderstream::sqlite
