#include "contract/store_contract.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace orderstream::contract {

using order::Kind;
using order::Status;
using order::Verb;

std::vector<StoreAdapter> in_all_batch_sizes(const StoreAdapter& adapter) {
    std::vector<StoreAdapter> adapters{adapter, adapter, adapter};
    for (std::size_t size = 1; size <= 2; ++size) {
        adapters[size].name += fmt::format("_in_batches_of_{}", size);
        adapters[size].batch_orders_max = size;
    }
    return adapters;
}

namespace {

/// A document of these fields (`{"number":1}`) with the external id where its kind has it. The fields stand in the
/// order of PostgreSQL's jsonb, shorter names first, so that documents can be compared as text.
order::Payload document(Kind kind, std::string_view external_id, std::string_view fields) {
    const std::string_view inner = fields.substr(1, fields.size() - 2);
    if (external_id.empty() || kind == Kind::checkout) return std::make_shared<const std::string>(fields);
    if (kind == Kind::generic) {
        return std::make_shared<const std::string>(fmt::format(R"({{"id":"{}",{}}})", external_id, inner));
    }
    return std::make_shared<const std::string>(fmt::format(R"({{{},"order_uid":"{}"}})", inner, external_id));
}

}  // namespace

StoreContract::StoreContract() : under_test_(GetParam().make()) {}

template <class Result, class Item, class Call>
std::vector<Result> StoreContract::in_batches(const std::vector<Item>& items, Call call) {
    std::vector<Result> results;
    const std::span all(items);
    for (std::size_t at = 0; at < items.size(); at += GetParam().batch_orders_max) {
        const std::span batch = all.subspan(at, std::min(GetParam().batch_orders_max, items.size() - at));
        ports::StoreResult<std::vector<Result>> answer = call(batch);
        if (!answer) {
            ADD_FAILURE() << "the store failed: " << answer.error().message;
            results.resize(items.size());
            return results;
        }
        EXPECT_EQ(answer->size(), batch.size());
        std::ranges::move(*answer, std::back_inserter(results));
    }
    return results;
}

std::vector<ports::ChangeResult> StoreContract::apply(const std::vector<order::Change>& changes) {
    return in_batches<ports::ChangeResult>(changes, [&](std::span<const order::Change> batch) {
        return apply_whole(new_note(), {batch.begin(), batch.end()});
    });
}

std::vector<ports::StepResult> StoreContract::begin(const std::vector<order::OrderVersion>& versions) {
    return in_batches<ports::StepResult>(versions, [&](std::span<const order::OrderVersion> batch) {
        std::vector<ports::Step> steps;
        for (const order::OrderVersion& version : batch)
            steps.push_back({.order = version, .kind = ports::Step::Kind::begun});
        return store().take_steps(steps);
    });
}

std::vector<ports::StepResult> StoreContract::complete(const std::vector<ports::Step>& ends) {
    return in_batches<ports::StepResult>(ends, [&](auto batch) { return store().take_steps(batch); });
}

std::vector<order::OrderPtr> StoreContract::fetch(const std::vector<order::OrderId>& ids) {
    return in_batches<order::OrderPtr>(ids, [&](auto batch) { return store().fetch(batch); });
}

ports::ChangeResult StoreContract::apply(const order::Change& change) { return apply(std::vector{change}).front(); }
ports::StepResult StoreContract::begin(const order::OrderVersion& version) {
    return begin(std::vector{version}).front();
}
ports::StepResult StoreContract::complete(const ports::Step& end) { return complete(std::vector{end}).front(); }
order::OrderPtr StoreContract::fetch(const order::OrderId& id) { return fetch(std::vector{id}).front(); }

ports::StoreResult<std::vector<ports::ChangeResult>> StoreContract::apply_whole(
    const ports::NoteId& note, const std::vector<order::Change>& changes, const std::vector<ports::NoteId>& settled) {
    std::vector<const order::Change*> pointers;
    for (const order::Change& change : changes) pointers.push_back(&change);
    return store().apply(note, pointers, settled);
}

std::vector<ports::Note> StoreContract::open_notes(std::optional<ports::NoteId> after, std::size_t limit) {
    ports::StoreResult<std::vector<ports::Note>> notes = store().open_notes(after, limit);
    if (notes) return *notes;
    ADD_FAILURE() << notes.error().message;
    return {};
}

void StoreContract::defer(const std::vector<ports::Deferral>& deferrals) {
    const ports::StoreResult<void> result = store().defer(deferrals);
    EXPECT_TRUE(result) << result.error().message;
}

std::vector<ports::DueRetry> StoreContract::claim(std::size_t limit) {
    ports::StoreResult<std::vector<ports::DueRetry>> due = store().claim_due(limit, std::chrono::seconds(30));
    if (due) return *due;
    ADD_FAILURE() << due.error().message;
    return {};
}

order::Change StoreContract::create(Kind kind) {
    const int number = ++created_;
    order::Change change;
    change.order_id = new_id();
    change.kind = kind;
    change.verb = Verb::create;
    change.customer_id = fmt::format("customer-{}", number);
    change.document.external_id = kind == Kind::checkout ? "" : fmt::format("external-{}", number);
    change.document.payload = document(kind, change.document.external_id, fmt::format(R"({{"number":{}}})", number));
    change.document.email = fmt::format("customer-{}@example.com", number);
    change.document.currency = "EUR";
    change.document.total_amount = order::Money::of_cents(100 * number + 1);
    return change;
}

order::Change StoreContract::replace(const order::Change& created, std::string_view payload) {
    order::Change change = created;
    change.verb = Verb::replace;
    change.create_hash = std::nullopt;
    change.document.payload = document(change.kind, change.document.external_id, payload);
    return change;
}

void StoreContract::rename(order::Change& change, std::string_view external_id) {
    change.document.external_id = external_id;
    change.document.payload = document(change.kind, external_id, R"({"renamed":true})");
}

order::Change StoreContract::set_status(const order::Change& created, Status status) {
    order::Change change;
    change.order_id = created.order_id;
    change.kind = created.kind;
    change.verb = Verb::set_status;
    change.customer_id = created.customer_id;
    change.new_status = status;
    return change;
}

order::Change StoreContract::refused() {
    order::Change change = create();
    change.document.currency = "usd";
    return change;
}

order::Change StoreContract::order_in(Kind kind, Status status) {
    const order::Change created = create(kind);
    EXPECT_TRUE(apply(created).applied);
    const order::OrderVersion first{created.order_id, 1};
    const bool checkout = kind == Kind::checkout;
    const auto walk = [&](std::initializer_list<Status> path) {
        for (const Status next : path) EXPECT_TRUE(apply(set_status(created, next)).applied);
    };
    switch (status) {
        case Status::new_:
        case Status::pending: break;
        case Status::cancelled:
        case Status::deleted: walk({status}); break;
        case Status::failed: EXPECT_TRUE(complete(failed(first)).applied); break;
        case Status::processing:
            if (!checkout) {
                EXPECT_TRUE(begin(first).applied);
                break;
            }
            [[fallthrough]];
        case Status::done:
        case Status::confirmed:
        case Status::shipped:
        case Status::delivered:
        case Status::refunded:
            EXPECT_TRUE(complete(processed(first)).applied);
            if (status == Status::processing) walk({Status::processing});
            if (status == Status::shipped) walk({Status::processing, Status::shipped});
            if (status == Status::delivered) walk({Status::processing, Status::shipped, Status::delivered});
            if (status == Status::refunded)
                walk({Status::processing, Status::shipped, Status::delivered, Status::refunded});
            break;
    }
    return created;
}

ports::Step StoreContract::processed(const order::OrderVersion& version, std::int64_t cents) {
    ports::Step step;
    step.order = version;
    step.kind = ports::Step::Kind::processed;
    step.total_amount = order::Money::of_cents(cents);
    step.currency = "CHF";
    return step;
}

ports::Step StoreContract::failed(const order::OrderVersion& version, std::string reason) {
    ports::Step step;
    step.order = version;
    step.kind = ports::Step::Kind::failed;
    step.failure_reason = std::move(reason);
    return step;
}

ports::Step StoreContract::acknowledged(const order::OrderVersion& version) {
    ports::Step step;
    step.order = version;
    step.kind = ports::Step::Kind::acknowledged;
    return step;
}

std::string describe_head(const order::Order& order) {
    std::string hash = "none";
    if (order.create_hash) hash = fmt::format("{:02x}..{:02x}", order.create_hash->front(), order.create_hash->back());
    return fmt::format(
        "{} {} of '{}', external '{}', email '{}', {}, {} {}, version {}, processed {}, announced {}, hash {}, "
        "reason '{}', created {}, updated {}",
        order::to_string(order.kind), order::to_string(order.id), order.customer_id, order.external_id, order.email,
        order::to_string(order.status), order::to_string(order.total_amount), order.currency, order.version,
        order.processed_version, order.announced_version, hash, order.failure_reason,
        order::to_rfc3339(order.created_at), order::to_rfc3339(order.updated_at));
}

std::string describe(const order::Order& order) {
    return describe_head(order) + ": " + (order.payload ? *order.payload : std::string("no payload"));
}

std::string describe(const order::OrderPtr& order) { return order ? describe(*order) : "none"; }

std::string describe(const ports::Note& note) {
    std::string text = order::to_string(note.id);
    for (const ports::NoteEntry& entry : note.entries) {
        text += fmt::format(" {}@{} {}", order::to_string(entry.order_id), entry.version, order::to_string(entry.type));
    }
    return text;
}

}  // namespace orderstream::contract
