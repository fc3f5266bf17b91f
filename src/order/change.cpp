#include "order/change.h"

#include <array>

namespace orderstream::order {

namespace {

constexpr std::array all_event_types{EventType::created, EventType::updated, EventType::deleted, EventType::cancelled,
                                     EventType::status_changed};

Verdict judge_create(const Change& change, const Order& current) {
    const bool same = change.create_hash && current.create_hash == change.create_hash;
    return same ? Verdict::replayed : Verdict::key_reused;
}

Verdict judge_final(const Change& change, Status current) {
    if (current == Status::deleted) return Verdict::deleted;
    const bool again = change.verb == Verb::set_status && change.new_status == current;
    return again ? Verdict::unchanged : Verdict::cancelled;
}

Verdict judge_step(const Change& change, Status current) {
    const Lifecycle& lifecycle = lifecycle_of(change.kind);
    if (change.verb == Verb::set_status && change.new_status == current &&
        lifecycle.client_sets.contains(change.new_status)) {
        return Verdict::unchanged;
    }
    return applicable_in(change).contains(current) ? Verdict::applied : Verdict::not_allowed;
}

}  // namespace

std::size_t Change::bytes() const {
    return sizeof(Change) + customer_id.size() + request_id.size() + traceparent.size() + document.external_id.size() +
           document.email.size() + document.currency.size() + (document.payload ? document.payload->size() : 0);
}

std::string_view to_string(EventType type) {
    switch (type) {
        case EventType::created: return "order.created";
        case EventType::updated: return "order.updated";
        case EventType::deleted: return "order.deleted";
        case EventType::cancelled: return "order.cancelled";
        case EventType::status_changed: return "order.status_changed";
    }
    return "";
}

std::optional<EventType> parse_event_type(std::string_view text) {
    for (const EventType type : all_event_types) {
        if (to_string(type) == text) return type;
    }
    return std::nullopt;
}

EventType event_type_of(const Change& change) {
    switch (change.verb) {
        case Verb::create: return EventType::created;
        case Verb::replace: return EventType::updated;
        case Verb::set_status: break;
    }
    if (change.new_status == Status::deleted) return EventType::deleted;
    if (change.new_status == Status::cancelled) return EventType::cancelled;
    return EventType::status_changed;
}

StatusSet applicable_in(const Change& change) {
    const Lifecycle& lifecycle = lifecycle_of(change.kind);
    switch (change.verb) {
        case Verb::create: return {};
        case Verb::replace: return lifecycle.replaceable;
        case Verb::set_status: return lifecycle.sources_of(change.new_status);
    }
    return {};
}

Verdict judge(const Change& change, const Order* current) {
    if (current == nullptr) return Verdict::not_found;
    if (change.verb == Verb::create) return judge_create(change, *current);
    if (current->customer_id != change.customer_id) return Verdict::not_found;
    if (is_final(current->status)) return judge_final(change, current->status);
    if (current->kind != change.kind) return Verdict::kind_differs;
    if (change.expected_version && *change.expected_version != current->version) return Verdict::version_mismatch;
    return judge_step(change, current->status);
}

}  // namespace orderstream::order
