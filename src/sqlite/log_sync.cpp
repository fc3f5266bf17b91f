#include "sqlite/log_sync.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "sqlite/failure.h"

namespace orderstream::sqlite {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

// A descriptor of our own: SQLite's may be in use by the writer. Closing it takes no lock away, for SQLite locks the
// other two files.
int open_log(const std::filesystem::path& database) {
    const std::string file = database.string() + "-wal";
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) throw Failure(SQLITE_CANTOPEN, fmt::format("opening '{}': {}", file, reason(errno)));
    return descriptor;
}

}  // namespace

LogSync::LogSync(const std::filesystem::path& database, Fatal fatal)
    : descriptor_(open_log(database)), fatal_(std::move(fatal)) {}

LogSync::~LogSync() { ::close(descriptor_); }

void LogSync::committing() {
    const std::lock_guard lock(mutex_);
    ++begun_;
}

void LogSync::committed(bool grew) {
    {
        const std::lock_guard lock(mutex_);
        if (!grew && synced_ == committed_) synced_ = begun_;
        committed_ = begun_;
    }
    changed_.notify_all();
}

LogSync::Ticket LogSync::newest() const {
    const std::lock_guard lock(mutex_);
    return begun_;
}

void LogSync::wait(Ticket commit) {
    std::unique_lock lock(mutex_);
    while (synced_ < commit) {
        // One at a time: the kernel tells a failure only once, to one of those who ask.
        if (syncing_ || committed_ < commit) {
            changed_.wait(lock);
            continue;
        }
        syncing_ = true;
        const Ticket covered = committed_;
        lock.unlock();
        if (::fdatasync(descriptor_) != 0) {
            fatal_("the write-ahead log cannot be brought to the disk, so what is stored is unknown: " + reason(errno));
            std::abort();
        }
        lock.lock();
        syncing_ = false;
        synced_ = covered;
        changed_.notify_all();
    }
}

}  // namespace orderstream::sqlite
