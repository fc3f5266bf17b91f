#pragma once

#include <optional>
#include <string>

#include "order/kind.h"
#include "order/lifecycle.h"
#include "order/order.h"

namespace orderstream::pipeline {

/// How a change ended, for the door to say in its protocol's words. One map per door, a switch without default.
enum class Result {
    processed,         ///< a worker is done with this version, or a newer one has overtaken it
    stored,            ///< durable and sure to be processed; not yet, or nobody waited
    unchanged,         ///< the order already was as asked
    failed,            ///< the worker refused the order; `reason` says why
    not_found,         ///< no such order, or another customer's
    kind_differs,      ///< the id belongs to an order of another kind
    deleted,           ///< the order is deleted, for good
    cancelled,         ///< the order is cancelled, for good
    version_mismatch,  ///< If-Match: the order is at `version`
    not_allowed,       ///< the lifecycle has no such step from `status`; `allowed` are those it has
    key_reused,        ///< the Idempotency-Key came before with another document
    refused,           ///< the store takes this change from nobody; `reason`
    overloaded,        ///< no free place; nothing was accepted
    unavailable,       ///< the store is away, or the change waited too long; nothing was accepted
    fate_unknown,      ///< stored or not: the store went away while it was asked to commit
};

struct Outcome {
    Result result = Result::unavailable;
    order::OrderId order_id;
    int version = 0;  ///< of the order after the change, or as it is; 0 where none is known
    order::Status status = order::Status::new_;
    std::optional<order::Status> status_before{};  ///< of a status change that applied, where it is known
    order::StatusSet allowed;
    bool replayed = false;  ///< a create that had been made before
    std::string reason;
    /// Of a change that applied: the order as it was stored with it, whatever has become of it since.
    order::OrderPtr order{};
};

}  // namespace orderstream::pipeline
