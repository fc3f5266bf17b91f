#include "pipeline/batch_writer.h"

#include <algorithm>
#include <utility>

#include "order/limits.h"

namespace orderstream::pipeline {

namespace limits = order::limits;
using ports::StoreFault;

namespace {

constexpr std::chrono::milliseconds settle_pause{100};

}  // namespace

BatchWriter::BatchWriter(ports::OrderStore& store, Publisher& publisher, order::Uuid7Source& ids, Clock clock,
                         std::function<bool()> give_up, telemetry::Log& log)
    : store_(store),
      publisher_(publisher),
      ids_(ids),
      clock_(std::move(clock)),
      give_up_(std::move(give_up)),
      log_(log) {}

void BatchWriter::write(std::span<const order::Change* const> changes, Sink& sink) { write_from(0, changes, sink); }

void BatchWriter::write_from(std::size_t first, std::span<const order::Change* const> changes, Sink& sink) {
    const ports::NoteId note = ids_.next();
    const MonotonicTime began = clock_.now();
    bool in_doubt = false;
    int attempt = 0;
    for (;;) {
        ports::StoreError error;
        if (in_doubt) {
            auto settled = settle(note, changes);
            if (settled && *settled) {
                sink.stored(note, first, std::move(**settled));
                return;
            }
            if (settled) {
                in_doubt = false;  // it did not happen, and nobody was told anything: run it again
            } else {
                error = std::move(settled).error();
            }
        }
        if (!in_doubt) {
            std::vector<ports::NoteId> settled_notes = publisher_.begin_batch(note);
            auto results = store_.apply(note, changes, settled_notes);
            if (results) {
                sink.stored(note, first, std::move(*results));
                return;
            }
            // Deleting a note twice is harmless; forgetting to delete it is not.
            publisher_.give_back_settled(std::move(settled_notes));
            error = std::move(results).error();
        }

        switch (in_doubt ? StoreFault::fate_unknown : error.fault) {
            case StoreFault::conflict:
                if (++attempt < limits::conflict_attempts_max) {
                    clock_.sleep(std::chrono::milliseconds(1 << attempt));
                    continue;
                }
                error.fault = StoreFault::unavailable;
                sink.not_stored(first, changes.size(), error);
                return;
            case StoreFault::rejected: {
                if (changes.size() == 1) {
                    log_.warn("the store refuses an order", {{"order_id", order::to_string(changes[0]->order_id)},
                                                             {"request_id", changes[0]->request_id},
                                                             {"error", error.message}});
                    sink.not_stored(first, 1, error);
                    return;
                }
                const std::size_t half = changes.size() / 2;
                write_from(first, changes.first(half), sink);
                write_from(first + half, changes.subspan(half), sink);
                return;
            }
            case StoreFault::unavailable: sink.not_stored(first, changes.size(), error); return;
            case StoreFault::fate_unknown:
                in_doubt = true;
                if (give_up_() || clock_.now() - began >= limits::unknown_fate_wait) {
                    error.fault = StoreFault::fate_unknown;
                    log_.error(
                        "the fate of a batch stays unknown",
                        {{"note", order::to_string(note)}, {"orders", changes.size()}, {"error", error.message}});
                    // Should it be stored after all, its events are still to be published.
                    publisher_.give_up(note);
                    sink.not_stored(first, changes.size(), error);
                    return;
                }
                clock_.sleep(settle_pause);
                continue;
        }
    }
}

ports::StoreResult<std::optional<std::vector<ports::ChangeResult>>> BatchWriter::settle(
    ports::NoteId note, std::span<const order::Change* const> changes) {
    auto receipt = store_.receipt(note);
    if (!receipt) return tl::unexpected(std::move(receipt).error());
    if (!*receipt) return std::nullopt;

    std::vector<order::OrderId> ids;
    ids.reserve(changes.size());
    for (const order::Change* change : changes) ids.push_back(change->order_id);
    auto rows = store_.fetch(ids);
    if (!rows) return tl::unexpected(std::move(rows).error());

    std::vector<ports::ChangeResult> results(changes.size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if ((*rows)[i] == nullptr) continue;
        results[i].order = *(*rows)[i];
        const int version = (*receipt)->entries[i].version;
        if (version == 0) continue;
        results[i].applied = true;
        // The row may be further by now. What this change made of it is the version in the note, and its own document.
        results[i].order->version = version;
        if (changes[i]->verb != order::Verb::set_status) results[i].order->payload = nullptr;
    }
    return results;
}

}  // namespace orderstream::pipeline
