#pragma once

#include <tl/expected.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "order/change.h"
#include "order/order.h"

namespace orderstream::ports {

/// What a failed call means for its caller. Nothing was stored, except for `fate_unknown`.
enum class StoreFault {
    unavailable,   ///< the store is away; no order's fault, try again later
    conflict,      ///< the whole batch can be tried again at once (SQLSTATE 40, 55)
    rejected,      ///< something in the batch is refused: halve it until the culprit stands alone
    fate_unknown,  ///< the connection broke while COMMIT was under way: ask receipt()
};

struct StoreError {
    StoreFault fault = StoreFault::unavailable;
    std::string message;  ///< for the log, and for the reason of an order refused alone
};

template <class T>
using StoreResult = tl::expected<T, StoreError>;

using NoteId = order::Uuid;  // UUIDv7: notes sort by the time they were made

/// What a batch leaves behind: which orders it changed, to which versions, by what. It lives until the batch's events
/// can no longer be lost, and it is the receipt of a commit of unknown fate.
struct NoteEntry {
    order::OrderId order_id;
    int version = 0;  ///< 0: this change changed nothing
    order::EventType type = order::EventType::created;
};
struct Note {
    NoteId id{};
    std::vector<NoteEntry> entries;  ///< one for each change of the batch, in its order
};

/// What became of one change. `order`: the row after the change when `applied`, else the row that is there (none: no
/// such order). Its payload may be null; then the caller's own document is the payload, or nobody needs it: after
/// an applied set_status it is loaded, for the event carries it.
struct ChangeResult {
    bool applied = false;
    std::optional<order::Order> order;
    /// Of an applied set_status: what the status was before it. None where that is not known any more.
    std::optional<order::Status> status_before{};
};

/// One worker's write: where the processing of one version has got to.
struct Step {
    enum class Kind {
        begun,         ///< status becomes the lifecycle's `working`, for those who look meanwhile
        processed,     ///< status becomes the lifecycle's `processed`, amount and currency are set, announced if first
        failed,        ///< status becomes `failed` with the reason
        acknowledged,  ///< a status change: `processed_version` alone
    };
    order::OrderVersion order;
    Kind kind = Kind::processed;
    order::Money total_amount{};
    std::string currency{};
    std::string failure_reason{};
};

/// What became of a step, guarded by `version = v AND processed_version < v`. The row is given when there is one
/// (payload null); of a `begun` that applied it may be left out.
struct StepResult {
    bool applied = false;
    std::optional<order::Order> order;
};

/// An order whose processor failed for now.
struct Deferral {
    order::OrderVersion order;
    int attempts = 0;
    std::chrono::milliseconds due_in{};
    std::string error{};
};
struct DueRetry {
    order::Order order;  ///< as it is now, with its payload
    int version = 0;     ///< the version that was deferred
    int attempts = 0;
    std::string error;
};

/// Where orders live. Every call is one transaction, durable when it returns (but see take_steps). It blocks, and may
/// be made from any thread at once. Calls that change orders take batches and answer one result per item, in order: the
/// k-th change of an order in a batch sees the k-1 before it, and one order never fails its neighbours silently: a
/// batch that the store cannot take whole comes back as `rejected`, and the caller halves it.
class OrderStore {
  public:
    virtual ~OrderStore() = default;

    // --- intake ---------------------------------------------------------------------------------------------------

    /// Applies the changes and writes their note, unless nothing was applied; deletes the notes that have settled.
    [[nodiscard]] virtual StoreResult<std::vector<ChangeResult>> apply(NoteId note,
                                                                       std::span<const order::Change* const> changes,
                                                                       std::span<const NoteId> settled) = 0;

    /// After `fate_unknown`: this session's note, if the commit happened. Waits until the old transaction is over.
    [[nodiscard]] virtual StoreResult<std::optional<Note>> receipt(NoteId note) = 0;

    // --- notes ----------------------------------------------------------------------------------------------------

    /// This session's notes that are not marked as published, oldest first, from the one after `after` on.
    [[nodiscard]] virtual StoreResult<std::vector<Note>> open_notes(std::optional<NoteId> after, std::size_t limit) = 0;
    [[nodiscard]] virtual StoreResult<void> delete_notes(std::span<const NoteId> notes) = 0;
    /// Makes the notes of sessions that are gone this session's own and returns how many they were.
    [[nodiscard]] virtual StoreResult<std::size_t> adopt_notes() = 0;
    /// Keeps them as receipts for limits::receipt_age (an adopted note's writer may still ask), then lets them go.
    [[nodiscard]] virtual StoreResult<void> mark_published(std::span<const NoteId> notes) = 0;

    // --- worker ---------------------------------------------------------------------------------------------------

    /// The beginnings of one batch and the ends of the one before share a transaction. Of several steps of one version
    /// an end goes before a beginning, and the first end counts. Beginnings alone, all applied, tell nobody anything:
    /// they may be durable no sooner than what is written next.
    [[nodiscard]] virtual StoreResult<std::vector<StepResult>> take_steps(std::span<const Step> steps) = 0;

    /// Puts orders aside until they are due; a second deferral of the same version replaces the first.
    [[nodiscard]] virtual StoreResult<void> defer(std::span<const Deferral> deferrals) = 0;
    /// Takes due retries and moves their due time on by `lease`, so that no other worker takes them meanwhile.
    [[nodiscard]] virtual StoreResult<std::vector<DueRetry>> claim_due(std::size_t limit,
                                                                       std::chrono::milliseconds lease) = 0;
    [[nodiscard]] virtual StoreResult<void> delete_retries(std::span<const order::OrderVersion> retries) = 0;

    // --- reads ----------------------------------------------------------------------------------------------------

    /// One answer per id, null where there is no such order.
    [[nodiscard]] virtual StoreResult<std::vector<order::OrderPtr>> fetch(std::span<const order::OrderId> ids) = 0;
    /// The same without payloads: for whoever only needs to know how far an order is.
    [[nodiscard]] virtual StoreResult<std::vector<order::OrderPtr>> fetch_heads(
        std::span<const order::OrderId> ids) = 0;

    struct ExternalKey {
        std::string customer_id;
        std::string external_id;
    };
    /// The newest order of that customer with that external id that is not deleted; null where there is none.
    [[nodiscard]] virtual StoreResult<std::vector<order::OrderPtr>> find_by_external(
        std::span<const ExternalKey> keys) = 0;

    /// Whether the store answers now; cheap, for health checks. Empty: it does; else why not.
    [[nodiscard]] virtual std::string trouble() = 0;
};

}  // namespace orderstream::ports
