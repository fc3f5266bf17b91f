#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "ports/order_store.h"
#include "sqlite/checkpointer.h"
#include "sqlite/connection.h"
#include "sqlite/log_sync.h"
#include "sqlite/long_reads.h"
#include "sqlite/statement.h"

namespace orderstream::sqlite {

/// Runs pieces of work on the one writing connection, all that wait together in one transaction (group commit without a
/// timer). Whoever comes first leads and runs the others' work on its own thread, in their order, while the next group
/// gathers; the next is written while this one is brought to the disk. Thread-safe; run() blocks until its work, and
/// all that it may have seen, is durable. Work that throws a Failure is rolled back alone. A commit or a checkpoint
/// that fails calls `fatal`, for what is durable is then unknown: nobody is answered.
class GroupCommit {
  public:
    using Fatal = std::function<void(const std::string& message)>;  // must not return

    GroupCommit(Connection& writer, LogSync& log, Checkpointer& checkpointer, LongReads& long_reads, Fatal fatal);

    /// `work` uses the writing connection and answers a value; it may run on another caller's thread.
    template <class Work>
    [[nodiscard]] auto run(Work work) -> ports::StoreResult<std::invoke_result_t<Work&>> {
        return run(std::move(work), [](const auto&) { return true; });
    }

    /// The same, but where `matters` says no of what the work has answered, it returns as soon as it is written: the
    /// disk has it when any later work is durable.
    template <class Work, class Matters>
    [[nodiscard]] auto run(Work work, Matters matters) -> ports::StoreResult<std::invoke_result_t<Work&>> {
        std::optional<std::invoke_result_t<Work&>> result;
        Member member([&] { result.emplace(work()); });
        commit(member);
        if (member.error || matters(std::as_const(*result))) log_.wait(member.commit);
        if (member.error) return tl::unexpected(std::move(*member.error));
        return std::move(*result);
    }

    /// Why the last group could not be written; empty once one could.
    [[nodiscard]] std::string trouble() const;

  private:
    struct Member {
        explicit Member(std::function<void()> what) : work(std::move(what)) {}

        std::function<void()> work;
        std::optional<ports::StoreError> error;
        // Guarded by mutex_.
        bool done = false;
        LogSync::Ticket commit = 0;
    };
    using Group = std::vector<Member*>;

    void commit(Member& member);
    void lead(std::unique_lock<std::mutex>& lock);
    void write(Group& group);
    [[nodiscard]] bool begin(Group& group, std::optional<ports::StoreError>& lost);
    void run_all(const Group& group, std::optional<ports::StoreError>& lost);
    /// False: SQLite has rolled back the whole transaction.
    bool run_alone(Member& member, bool alone_in_group);
    void roll_back();
    void commit_or_die();
    void grown_to(int log_pages);
    void tend_log();
    void catch_up_or_die();
    [[noreturn]] void die(const std::string& message) const;

    Connection& writer_;
    LogSync& log_;
    Checkpointer& checkpointer_;
    LongReads& long_reads_;
    Fatal fatal_;
    Statement begin_;
    Statement commit_;
    Statement rollback_;
    Statement savepoint_;
    Statement rollback_to_savepoint_;
    Statement release_savepoint_;
    // Of the write-ahead log; only the leader touches them.
    int log_pages_ = 0;
    bool log_grew_ = false;
    int checkpoint_at_pages_;
    bool catching_up_ = false;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Group waiting_;
    bool led_ = false;
    std::string trouble_;
};

}  // namespace orderstream::sqlite
