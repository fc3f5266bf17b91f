#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "order/lifecycle.h"
#include "order/order.h"

namespace orderstream::order {

/// What a door read from a document, validated and reckoned.
struct Document {
    Payload payload;
    std::string external_id;
    std::string email;
    std::string currency = "USD";
    Money total_amount;
};

enum class Verb { create, replace, set_status };

/// One thing a client asks of one order. Every door makes these; the pipeline knows nothing else.
struct Change {
    OrderId order_id;
    Kind kind = Kind::generic;
    Verb verb = Verb::create;
    std::string customer_id;              ///< the owner; a change by another customer does not find the order
    std::optional<int> expected_version;  ///< If-Match
    Document document;                    ///< of create and replace
    std::optional<Sha256> create_hash;    ///< of a create that can be repeated (Idempotency-Key, order_uid)
    Status new_status = Status::new_;     ///< of set_status
    std::string request_id;               ///< X-Request-ID, travels into the event's headers
    std::string traceparent;              ///< W3C Trace Context, travels the same way; empty: there is none

    /// What it weighs in a queue or a batch.
    [[nodiscard]] std::size_t bytes() const;
};

enum class EventType { created, updated, deleted, cancelled, status_changed };

/// "order.created" ...; the ACK says it without the prefix.
[[nodiscard]] std::string_view to_string(EventType type);
[[nodiscard]] std::optional<EventType> parse_event_type(std::string_view text);
[[nodiscard]] EventType event_type_of(const Change& change);

/// Only creates and replaced documents go through the processor.
[[nodiscard]] constexpr bool needs_processing(EventType type) {
    return type == EventType::created || type == EventType::updated;
}

/// The statuses in which the order must be for `change` to apply (the WHERE of every store); creates have none.
[[nodiscard]] StatusSet applicable_in(const Change& change);

/// Why a change hit nothing, or what it found done already.
enum class Verdict {
    applied,
    unchanged,         ///< the order already has that status
    replayed,          ///< the same create again
    not_found,         ///< no such order, or another customer's
    kind_differs,      ///< an order of another kind
    deleted,           ///< final
    cancelled,         ///< final
    version_mismatch,  ///< If-Match
    not_allowed,       ///< the lifecycle has no such step
    key_reused,        ///< the id is taken by a create with another document
};

/// Explains a change that hit nothing by the row that is there (null: none). Pure; every store and door uses it,
/// so that all of them say the same. Order of judgement: exists, owner, final, kind, If-Match, lifecycle. A create is
/// judged by its hash alone. Any change of a deleted order is `deleted`, any of a cancelled one `cancelled`, but
/// cancelling it again is `unchanged`. `applied`: nothing stands in its way.
[[nodiscard]] Verdict judge(const Change& change, const Order* current);

}  // namespace orderstream::order
