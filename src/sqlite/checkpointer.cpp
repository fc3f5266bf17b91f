#include "sqlite/checkpointer.h"

#include <utility>

#include "sqlite/failure.h"

namespace orderstream::sqlite {

Checkpointer::Checkpointer(const std::filesystem::path& file, Fatal fatal)
    : connection_(file, Connection::Access::read_write), fatal_(std::move(fatal)) {
    // A connection that has read nothing does not know that there is a log, and copies nothing.
    connection_.execute("SELECT 1 FROM sqlite_schema");
    thread_ = std::thread([this] { run(); });
}

Checkpointer::~Checkpointer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Checkpointer::start() {
    {
        const std::lock_guard lock(mutex_);
        at_work_ = true;
    }
    changed_.notify_all();
}

bool Checkpointer::at_work() const {
    const std::lock_guard lock(mutex_);
    return at_work_;
}

void Checkpointer::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !at_work_; });
}

void Checkpointer::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return at_work_ || stopping_; });
        if (stopping_) return;
        lock.unlock();
        try {
            connection_.checkpoint();
        } catch (const Failure& failure) {
            fatal_(std::string("the write-ahead log cannot be copied into the database: ") + failure.what());
        }
        lock.lock();
        at_work_ = false;
        changed_.notify_all();
    }
}

}  // namespace orderstream::sqlite
