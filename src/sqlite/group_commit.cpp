#include "sqlite/group_commit.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "sqlite/failure.h"

namespace orderstream::sqlite {
namespace {

// How much log is worth a copy, 64 MB: pages written again and again are copied once.
constexpr int checkpoint_pages = 16'000;
// When the log could not start again, for readers were in the way: until the next attempt.
constexpr int next_attempt_pages = 4'000;
// Readers that overlap without end keep the log from starting again; then they are waited for. Ours take milliseconds,
// or break off; another program's, a shell with a transaction open, may take forever.
constexpr int restart_pages = 2 * checkpoint_pages;
constexpr std::chrono::milliseconds restart_patience{100};

}  // namespace

GroupCommit::GroupCommit(Connection& writer, LogSync& log, Checkpointer& checkpointer, LongReads& long_reads,
                         Fatal fatal)
    : writer_(writer),
      log_(log),
      checkpointer_(checkpointer),
      long_reads_(long_reads),
      fatal_(std::move(fatal)),
      begin_(writer, "BEGIN IMMEDIATE"),
      commit_(writer, "COMMIT"),
      rollback_(writer, "ROLLBACK"),
      savepoint_(writer, "SAVEPOINT work"),
      rollback_to_savepoint_(writer, "ROLLBACK TO work"),
      release_savepoint_(writer, "RELEASE work"),
      checkpoint_at_pages_(checkpoint_pages) {
    writer_.on_commit([this](int pages) { grown_to(pages); });
}

std::string GroupCommit::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

void GroupCommit::commit(Member& member) {
    std::unique_lock lock(mutex_);
    waiting_.push_back(&member);
    changed_.wait(lock, [&] { return member.done || !led_; });
    if (!member.done) lead(lock);
}

void GroupCommit::lead(std::unique_lock<std::mutex>& lock) {
    led_ = true;
    Group group = std::exchange(waiting_, {});
    lock.unlock();
    write(group);
    lock.lock();
    // What a piece of work has seen is at most what was committed last; that it failed may be due to it.
    const LogSync::Ticket commit = log_.newest();
    for (Member* written : group) {
        written->done = true;
        written->commit = commit;
    }
    changed_.notify_all();

    // The others go on; the next group waits for the leader to tidy up.
    if (log_pages_ >= checkpoint_at_pages_) {
        lock.unlock();
        tend_log();
        lock.lock();
    }
    led_ = false;
    changed_.notify_all();
}

bool GroupCommit::begin(Group& group, std::optional<ports::StoreError>& lost) {
    try {
        begin_.run();
        return true;
    } catch (const Failure& failure) {
        lost = failure.store_error();
    }
    // Who came meanwhile has waited for the same lock: they need not wait for it once more, one group after another.
    const std::lock_guard lock(mutex_);
    group.insert(group.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
    return false;
}

void GroupCommit::write(Group& group) {
    std::optional<ports::StoreError> lost;
    if (begin(group, lost)) run_all(group, lost);
    if (lost) {
        roll_back();
        lost->fault = ports::StoreFault::unavailable;
        for (Member* member : group) member->error = lost;
    } else if (std::ranges::all_of(group, [](const Member* member) { return member->error.has_value(); })) {
        roll_back();
    } else {
        commit_or_die();
    }
    const std::lock_guard lock(mutex_);
    trouble_ = lost ? lost->message : std::string();
}

void GroupCommit::run_all(const Group& group, std::optional<ports::StoreError>& lost) {
    try {
        for (Member* member : group) {
            if (!run_alone(*member, group.size() == 1)) {
                lost = member->error;
                break;
            }
        }
    } catch (const Failure& failure) {
        lost = failure.store_error();
    }
}

bool GroupCommit::run_alone(Member& member, bool alone_in_group) {
    if (!alone_in_group) savepoint_.run();
    try {
        member.work();
    } catch (const Failure& failure) {
        member.error = failure.store_error();
    } catch (const std::exception& exception) {  // out of memory, say: no order's fault
        member.error = ports::StoreError{ports::StoreFault::unavailable, exception.what()};
    }
    if (!writer_.in_transaction()) return false;
    if (!alone_in_group) {
        if (member.error) rollback_to_savepoint_.run();
        release_savepoint_.run();
    }
    return true;
}

void GroupCommit::roll_back() {
    if (!writer_.in_transaction()) return;
    try {
        rollback_.run();
    } catch (const Failure& failure) {
        die(std::string("a transaction can be neither finished nor rolled back: ") + failure.what());
    }
}

void GroupCommit::commit_or_die() {
    log_grew_ = false;
    log_.committing();
    try {
        commit_.run();
        log_.committed(log_grew_);
    } catch (const Failure& failure) {
        die(std::string("a commit failed, so what is stored is unknown: ") + failure.what());
    }
}

void GroupCommit::grown_to(int log_pages) {
    if (log_pages < log_pages_) {  // started again
        checkpoint_at_pages_ = checkpoint_pages;
        catching_up_ = false;
    }
    log_pages_ = log_pages;
    log_grew_ = true;
}

// The log starts again from its beginning only when all of it is copied, which never happens beside a writer that never
// rests. So most of it is copied beside the writer, and what has come meanwhile, while nobody writes. A log that has
// grown too long all the same is copied at once.
void GroupCommit::tend_log() {
    const bool overdue = log_pages_ >= restart_pages;
    if (overdue) checkpointer_.wait();
    if (checkpointer_.at_work()) return;
    if (overdue || catching_up_) {
        catch_up_or_die();
        catching_up_ = false;
        checkpoint_at_pages_ = log_pages_ + next_attempt_pages;
    } else {
        checkpointer_.start();
        catching_up_ = true;
        checkpoint_at_pages_ = 0;  // with the next commit after it
    }
}

void GroupCommit::catch_up_or_die() {
    // After an fsync that failed, a second one may succeed without having written anything: only a new process that
    // reads the log again can be trusted.
    try {
        if (log_pages_ < restart_pages) {
            writer_.checkpoint();
        } else {
            const LongReads::Pause pause(long_reads_);
            writer_.checkpoint_and_restart(restart_patience);
        }
    } catch (const Failure& failure) {
        die(std::string("the write-ahead log cannot be copied into the database: ") + failure.what());
    }
}

void GroupCommit::die(const std::string& message) const {
    fatal_(message);
    std::abort();
}

}  // namespace orderstream::sqlite
