#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "order/ids.h"
#include "ports/order_store.h"

namespace orderstream::pipeline::testing {

enum class Call {
    apply,
    receipt,
    open_notes,
    delete_notes,
    adopt_notes,
    mark_published,
    begin,     ///< take_steps() of nothing but beginnings
    complete,  ///< take_steps() with ends in it
    defer,
    claim_due,
    delete_retries,
    fetch,
    fetch_heads,
    find_by_external,
};

/// A real store that can be told to fail as stores do. Thread-safe; the store must outlive it.
class FaultyStore final : public ports::OrderStore {
  public:
    explicit FaultyStore(ports::OrderStore& store) : store_(store) {}

    /// The next `times` calls of that kind fail so, and change nothing.
    void fail(Call call, ports::StoreFault fault, int times = 1);
    /// The next call of that kind does what it should, and then says that nobody knows.
    void lose_the_answer(Call call);
    /// What it was told about next calls.
    void forget();
    /// Until it is back, every call answers `unavailable`.
    void set_away(bool away);
    /// Every write of a batch with this order in it is refused.
    void reject(const order::OrderId& id);
    /// Runs before each call of that kind, or after it.
    void before(Call call, std::function<void()> happens);
    void after(Call call, std::function<void()> happens);

    [[nodiscard]] int calls(Call call) const;
    /// How many items the calls of that kind had, call by call.
    [[nodiscard]] std::vector<std::size_t> sizes(Call call) const;

    ports::StoreResult<std::vector<ports::ChangeResult>> apply(ports::NoteId note,
                                                               std::span<const order::Change* const> changes,
                                                               std::span<const ports::NoteId> settled) override;
    ports::StoreResult<std::optional<ports::Note>> receipt(ports::NoteId note) override;
    ports::StoreResult<std::vector<ports::Note>> open_notes(std::optional<ports::NoteId> after,
                                                            std::size_t limit) override;
    ports::StoreResult<void> delete_notes(std::span<const ports::NoteId> notes) override;
    ports::StoreResult<std::size_t> adopt_notes() override;
    ports::StoreResult<void> mark_published(std::span<const ports::NoteId> notes) override;
    ports::StoreResult<std::vector<ports::StepResult>> take_steps(std::span<const ports::Step> steps) override;
    ports::StoreResult<void> defer(std::span<const ports::Deferral> deferrals) override;
    ports::StoreResult<std::vector<ports::DueRetry>> claim_due(std::size_t limit,
                                                               std::chrono::milliseconds lease) override;
    ports::StoreResult<void> delete_retries(std::span<const order::OrderVersion> retries) override;
    ports::StoreResult<std::vector<order::OrderPtr>> fetch(std::span<const order::OrderId> ids) override;
    ports::StoreResult<std::vector<order::OrderPtr>> fetch_heads(std::span<const order::OrderId> ids) override;
    ports::StoreResult<std::vector<order::OrderPtr>> find_by_external(std::span<const ExternalKey> keys) override;
    std::string trouble() override;

  private:
    struct Fault {
        ports::StoreFault fault;
        bool done_all_the_same = false;
    };

    /// Counts the call and says how it fails, if it does.
    std::optional<Fault> meet(Call call, std::size_t size, bool holds_rejected = false);
    void leave(Call call);
    [[nodiscard]] bool is_rejected(const order::OrderId& id) const;
    template <class Run>
    auto run(Call call, std::size_t size, bool holds_rejected, Run run_it) -> decltype(run_it());

    ports::OrderStore& store_;
    mutable std::mutex mutex_;
    std::map<Call, std::deque<Fault>> faults_;
    std::map<Call, std::function<void()>> before_;
    std::map<Call, std::function<void()>> after_;
    std::map<Call, std::vector<std::size_t>> sizes_;
    std::set<order::OrderId> rejected_;
    bool away_ = false;
};

}  // namespace orderstream::pipeline::testing
