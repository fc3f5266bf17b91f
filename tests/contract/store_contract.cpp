#include "contract/store_contract.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <stdexcept>

#include "documents/checkout.h"
#include "documents/json.h"

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

using order::Money;

/// As the door makes it of a body with these items; `fields` are its metadata.
order::Payload checkout_document(const order::Change& change, const std::string& items, std::string_view fields) {
    static order::Uuid7Source item_ids;
    const std::string body = fmt::format(
        R"({{"customer_id":"{}","email":"{}","currency":"{}","items":[{}],"metadata":{},)"
        R"("shipping_address":{{"street":"Wałowa 1","city":"Gdańsk","country":"PL","zip_code":"80-858"}}}})",
        change.customer_id, change.document.email, change.document.currency, items, fields);
    auto json = documents::parse_json(body);
    if (!json) throw std::invalid_argument(body + ": " + json.error().detail);
    auto parsed = documents::parse_checkout(std::move(*json), Verb::create, false, item_ids);
    if (!parsed) throw std::invalid_argument(body + ": " + parsed.error().detail);
    return parsed->document.payload;
}

std::string item_text(Money price, std::int32_t quantity) {
    return fmt::format(
        R"({{"product_id":"456e7890-e89b-12d3-a456-426614174001","name":"Tea 茶","price":{},"quantity":{}}})",
        order::to_string(price), quantity);
}

/// A document of these fields (`{"number":1}`) with what its kind must have.
order::Payload document(const order::Change& change, std::string_view fields) {
    if (change.kind == Kind::checkout) {
        return checkout_document(change, item_text(change.document.total_amount, 1), fields);
    }
    const std::string& external_id = change.document.external_id;
    if (external_id.empty()) return std::make_shared<const std::string>(fields);
    // The members stand in the order of PostgreSQL's jsonb, shorter names first, so that documents can be compared as
    // text.
    const std::string_view inner = fields.substr(1, fields.size() - 2);
    if (change.kind == Kind::generic) {
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
    change.customer_id = kind == Kind::checkout ? order::to_string(ids_.next()) : fmt::format("customer-{}", number);
    change.document.external_id = kind == Kind::checkout ? "" : fmt::format("external-{}", number);
    change.document.email = fmt::format("customer-{}@example.com", number);
    change.document.currency = "EUR";
    change.document.total_amount = Money::of_cents(100 * number + 1);
    write_document(change, fmt::format(R"({{"number":{}}})", number));
    return change;
}

void StoreContract::write_document(order::Change& change, std::string_view fields) {
    change.document.payload = document(change, fields);
}

order::Change StoreContract::replace(const order::Change& created, std::string_view payload) {
    order::Change change = created;
    change.verb = Verb::replace;
    change.create_hash = std::nullopt;
    write_document(change, payload);
    return change;
}

void StoreContract::rename(order::Change& change, std::string_view external_id) {
    change.document.external_id = external_id;
    write_document(change, R"({"renamed":true})");
}

void StoreContract::set_items(order::Change& change, const std::vector<OrderItem>& items) {
    std::string texts;
    std::int64_t cents = 0;
    for (const OrderItem& item : items) {
        if (!texts.empty()) texts += ',';
        texts += item_text(Money::of_cents(item.cents), item.quantity);
        cents += item.cents * item.quantity;
    }
    change.document.total_amount = Money::of_cents(cents);
    change.document.payload = checkout_document(change, texts, R"({"several":true})");
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
    store_in(created, status);
    return created;
}

void StoreContract::store_in(const order::Change& created, Status status) {
    EXPECT_TRUE(apply(created).applied);
    const order::OrderVersion first{created.order_id, 1};
    const bool checkout = created.kind == Kind::checkout;
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
            EXPECT_TRUE(complete(processed_as_asked(created)).applied);
            if (status == Status::processing) walk({Status::processing});
            if (status == Status::shipped) walk({Status::processing, Status::shipped});
            if (status == Status::delivered) walk({Status::processing, Status::shipped, Status::delivered});
            if (status == Status::refunded)
                walk({Status::processing, Status::shipped, Status::delivered, Status::refunded});
            break;
    }
}

ports::Step StoreContract::processed(const order::OrderVersion& version, std::int64_t cents) {
    ports::Step step;
    step.order = version;
    step.kind = ports::Step::Kind::processed;
    step.total_amount = Money::of_cents(cents);
    step.currency = "CHF";
    return step;
}

ports::Step StoreContract::processed_as_asked(const order::Change& created) {
    ports::Step step = processed({created.order_id, 1}, created.document.total_amount.cents());
    step.currency = created.document.currency;
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
    if (!order.payload) return describe_head(order) + ": no payload";
    const auto json = documents::parse_json(*order.payload, {.bytes = order.payload->size()});
    return describe_head(order) + ": " + (json ? documents::canonical_json(*json) : *order.payload);
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
