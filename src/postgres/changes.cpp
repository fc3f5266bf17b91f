#include "postgres/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "postgres/checkout_parts.h"
#include "postgres/order_rows.h"
#include "postgres/reads.h"

namespace orderstream::postgres::changes {
namespace {

using order::Change;
using order::Verb;

constexpr const char* insert_sql =
    "INSERT INTO orders (order_id, bucket, kind, customer_id, email, status, currency, total_amount, payload, "
    "version, processed_version, announced_version, create_hash, created_at, updated_at) "
    "SELECT c.order_id, bucket, kind, customer_id, email, status, currency, total_amount, payload, "
    "1, 0, 0, create_hash, now(), now() "
    "FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], "
    "$8::numeric[], $9::jsonb[], $10::bytea[]) AS c (order_id, bucket, kind, customer_id, email, status, currency, "
    "total_amount, payload, create_hash)";

const Statement& insert() {
    static const Statement statement{
        "create_orders",
        fmt::format("{} ON CONFLICT (order_id, bucket) DO NOTHING RETURNING order_id, created_at", insert_sql)};
    return statement;
}

/// For ids that nobody has had: no look before each insert, and nothing to answer.
const Statement& insert_new() {
    static const Statement statement{"create_new_orders", insert_sql};
    return statement;
}

// One statement for both verbs: each order of a batch is then locked in its first round, in the order of the ids,
// whatever is asked of it, and batches never wait for each other in a circle.
// What the status was before, a change of it reads as the statement began. A row that has been written since, by whom
// the statement had to wait for, is not that row any more and is not hit: nothing explains that, so the batch is tried
// again.
const Statement& update() {
    static const Statement statement{
        "change_orders",
        fmt::format(
            "UPDATE orders o SET version = o.version + 1, status = c.status, failure_reason = NULL, "
            "updated_at = greatest(o.updated_at, now()), "
            "email = CASE WHEN c.replaces THEN c.email ELSE o.email END, "
            "currency = CASE WHEN c.replaces THEN c.currency ELSE o.currency END, "
            "total_amount = CASE WHEN c.replaces THEN c.total_amount ELSE o.total_amount END, "
            "payload = CASE WHEN c.replaces THEN c.payload ELSE o.payload END "
            "FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], "
            "$8::boolean[], $9::text[], $10::text[], $11::numeric[], $12::jsonb[]) WITH ORDINALITY "
            "AS c (order_id, bucket, kind, customer_id, allowed, expected, status, replaces, email, currency, "
            "total_amount, payload, place) "
            "WHERE o.order_id = c.order_id AND o.bucket = c.bucket AND o.customer_id = c.customer_id "
            "AND o.kind = c.kind AND position(' ' || o.status || ' ' IN c.allowed) > 0 "
            "AND (c.expected IS NULL OR o.version = c.expected) "
            "AND (c.replaces OR o.xmin = (SELECT b.xmin {before})) "
            "RETURNING c.place, {head}, CASE WHEN NOT c.replaces THEN o.payload END, "
            "CASE WHEN NOT c.replaces THEN (SELECT b.status {before}) END",
            fmt::arg("head", head_columns()),
            fmt::arg("before", "FROM orders b WHERE b.order_id = c.order_id AND b.bucket = c.bucket"))};
    return statement;
}

/// A change and its place in the batch.
struct Item {
    const Change* change;
    std::size_t place;
};
using Items = std::vector<Item>;

/// The changes that can go together, for they are of different orders; sorted by id.
struct Round {
    Items creates;
    Items updates;
};

order::Uuid id_of(const Item& item) { return item.change->order_id.uuid; }

std::vector<Round> rounds_of(std::span<const Change* const> changes) {
    std::vector<Round> rounds;
    std::unordered_map<order::OrderId, std::size_t, order::OrderIdHash> seen;
    seen.reserve(changes.size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const std::size_t number = seen[changes[i]->order_id]++;
        if (number == rounds.size()) rounds.emplace_back();
        Round& round = rounds[number];
        (changes[i]->verb == Verb::create ? round.creates : round.updates).push_back({changes[i], i});
    }
    for (Round& round : rounds) {
        std::ranges::sort(round.creates, {}, id_of);
        std::ranges::sort(round.updates, {}, id_of);
    }
    return rounds;
}

std::int16_t bucket_of(const Item& item) { return static_cast<std::int16_t>(order::bucket_of(item.change->order_id)); }
std::string_view kind_of(const Item& item) { return order::to_string(item.change->kind); }
std::string_view customer_of(const Item& item) { return item.change->customer_id; }
std::string_view currency_of(const Item& item) { return item.change->document.currency; }
order::Money amount_of(const Item& item) { return item.change->document.total_amount; }

std::optional<std::string_view> email_of(const Item& item) {
    const std::string& email = item.change->document.email;
    return email.empty() ? std::nullopt : std::optional<std::string_view>(email);
}

std::optional<Jsonb> payload_of(const Item& item) {
    const order::Payload& payload = item.change->document.payload;
    if (payload == nullptr) return std::nullopt;
    return Jsonb{*payload};
}

std::optional<Bytes> hash_of(const Item& item) {
    const std::optional<order::Sha256>& hash = item.change->create_hash;
    if (!hash) return std::nullopt;
    return Bytes{{reinterpret_cast<const char*>(hash->data()), hash->size()}};
}

std::string_view status_after(const Item& item) {
    const Change& change = *item.change;
    return order::to_string(change.verb == Verb::set_status ? change.new_status
                                                            : order::lifecycle_of(change.kind).arrival);
}

/// " new done "
std::string spaced_list(order::StatusSet statuses) {
    std::string list = " ";
    for (const order::Status status : statuses.list()) {
        list += order::to_string(status);
        list += ' ';
    }
    return list;
}

Parameters insert_parameters(const Items& items) {
    Parameters parameters;
    parameters.add_array(items, id_of).add_array(items, bucket_of).add_array(items, kind_of);
    parameters.add_array(items, customer_of).add_array(items, email_of).add_array(items, status_after);
    parameters.add_array(items, currency_of).add_array(items, amount_of).add_array(items, payload_of);
    parameters.add_array(items, hash_of);
    return parameters;
}

Parameters update_parameters(const Items& items) {
    std::vector<std::string> allowed;
    allowed.reserve(items.size());
    for (const Item& item : items) allowed.push_back(spaced_list(order::applicable_in(*item.change)));
    Parameters parameters;
    parameters.add_array(items, id_of).add_array(items, bucket_of).add_array(items, kind_of);
    parameters.add_array(items, customer_of);
    parameters.add_array(allowed, [](const std::string& list) { return std::string_view(list); });
    parameters.add_array(items,
                         [](const Item& item) -> std::optional<std::int32_t> { return item.change->expected_version; });
    parameters.add_array(items, status_after);
    parameters.add_array(items, [](const Item& item) { return item.change->verb == Verb::replace; });
    parameters.add_array(items, email_of).add_array(items, currency_of).add_array(items, amount_of);
    parameters.add_array(items, payload_of);
    return parameters;
}

/// The row that the insert makes, without asking for it.
order::Order created(const Change& change, order::Time now) {
    return {
        .id = change.order_id,
        .kind = change.kind,
        .customer_id = change.customer_id,
        .external_id = change.document.external_id,
        .email = change.document.email,
        .status = order::lifecycle_of(change.kind).arrival,
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

class Application {
  public:
    Application(Connection& connection, std::span<const Change* const> changes)
        : connection_(connection), changes_(changes), rounds_(rounds_of(changes)), results_(changes.size()) {}

    std::optional<std::vector<ports::ChangeResult>> apply() {
        connection_.add_begin();
        std::size_t ahead = 1;  // answers before those of the round
        if (checkout_parts::add_beginning(connection_, changes_)) ++ahead;
        Items missed;
        for (const Round& round : rounds_) {
            send_look_up(missed, ahead);
            if (!round.creates.empty()) connection_.add(insert(), insert_parameters(round.creates));
            if (!round.updates.empty()) connection_.add(update(), update_parameters(round.updates));
            const std::vector<Rows> answers = connection_.run();
            if (!missed.empty() && !explain(missed, answers[ahead - 1])) return std::nullopt;
            std::size_t at = ahead;
            if (!round.creates.empty()) take_created(round.creates, answers[at++]);
            if (!round.updates.empty()) take_updated(round.updates, answers[at]);
            missed = missed_in(round);
            ahead = 0;
        }
        if (missed.empty()) return std::move(results_);
        send_look_up(missed, ahead);
        if (!explain(missed, connection_.run().front())) return std::nullopt;
        return std::move(results_);
    }

  private:
    void send_look_up(const Items& missed, std::size_t& ahead) {
        if (missed.empty()) return;
        std::vector<order::OrderId> ids;
        ids.reserve(missed.size());
        for (const Item& item : missed) ids.push_back(item.change->order_id);
        connection_.add(reads::heads(), reads::parameters_for(ids));
        ++ahead;
    }

    void take_created(const Items& items, const Rows& rows) {
        for (int row = 0; row < rows.size(); ++row) {
            const auto found = std::ranges::lower_bound(items, read_uuid(rows.bytes(row, 0)), {}, id_of);
            results_[found->place] = {.applied = true, .order = created(*found->change, read_time(rows.bytes(row, 1)))};
        }
    }

    void take_updated(const Items& items, const Rows& rows) {
        for (int row = 0; row < rows.size(); ++row) {
            const Item& item = items.at(static_cast<std::size_t>(rows.integer64(row, 0)) - 1);
            ports::ChangeResult& result = results_[item.place];
            result = {.applied = true, .order = read_head(rows, row, 1)};
            const int payload = 1 + head_size;
            const int status_before = payload + 1;
            if (item.change->verb == Verb::replace) {
                result.order->payload = item.change->document.payload;
            } else {
                result.order->payload = read_jsonb(rows.bytes(row, payload));
                result.status_before = order::parse_status(rows.bytes(row, status_before));
            }
        }
    }

    Items missed_in(const Round& round) const {
        Items missed;
        for (const Items* items : {&round.creates, &round.updates}) {
            for (const Item& item : *items) {
                if (!results_[item.place].applied) missed.push_back(item);
            }
        }
        return missed;
    }

    /// False when the row that is there now does not stand in the change's way.
    bool explain(const Items& missed, const Rows& rows) {
        std::vector<std::optional<order::Order>> found = reads::answers(rows, missed.size(), false);
        for (std::size_t i = 0; i < missed.size(); ++i) {
            const Change& change = *missed[i].change;
            const order::Order* const row = found[i] ? &*found[i] : nullptr;
            const bool vanished = change.verb == Verb::create && row == nullptr;
            if (vanished || order::judge(change, row) == order::Verdict::applied) return false;
            results_[missed[i].place].order = std::move(found[i]);
        }
        return true;
    }

    Connection& connection_;
    std::span<const Change* const> changes_;
    std::vector<Round> rounds_;
    std::vector<ports::ChangeResult> results_;
};

}  // namespace

std::vector<Statement> statements() { return {insert(), insert_new(), update(), reads::heads()}; }

bool all_new(std::span<const Change* const> changes) {
    return !changes.empty() && std::ranges::all_of(changes, [](const Change* change) {
        return change->verb == Verb::create && !change->create_hash;
    });
}

void add_new(Connection& connection, std::span<const Change* const> changes) {
    Items items;
    items.reserve(changes.size());
    for (std::size_t i = 0; i < changes.size(); ++i) items.push_back({changes[i], i});
    std::ranges::sort(items, {}, id_of);
    connection.add(insert_new(), insert_parameters(items));
}

ports::ChangeResult result_of_new(const Change& change) {
    return {.applied = true, .order = created(change, order::Time{})};
}

std::optional<std::vector<ports::ChangeResult>> apply(Connection& connection, std::span<const Change* const> changes) {
    return Application(connection, changes).apply();
}

}  // namespace orderstream::postgres::changes
