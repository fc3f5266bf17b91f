#include "sqlite/connection.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "sqlite/failure.h"

namespace orderstream::sqlite {
namespace {

using namespace std::chrono_literals;

// Only another program (someone's shell) can hold a lock that we wait for.
constexpr std::chrono::milliseconds busy_timeout = 2s;

}  // namespace

void Connection::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Connection::Connection(const std::filesystem::path& file, Access access, const char* layer) {
    const int flags = SQLITE_OPEN_NOMUTEX |
                      (access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    sqlite3* handle = nullptr;
    const int result = sqlite3_open_v2(file.c_str(), &handle, flags, layer);
    handle_.reset(handle);
    if (result != SQLITE_OK) throw Failure::of(handle, fmt::format("opening '{}'", file.string()));
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
}

void Connection::execute(const std::string& sql) {
    if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        throw Failure::of(handle_.get(), sql.substr(0, sql.find('\n')));
    }
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

std::int64_t Connection::last_row() const { return sqlite3_last_insert_rowid(handle_.get()); }

void Connection::on_commit(std::function<void(int pages)> committed) {
    committed_ = std::make_unique<std::function<void(int)>>(std::move(committed));
    const auto hook = [](void* context, sqlite3*, const char*, int pages) {
        (*static_cast<std::function<void(int)>*>(context))(pages);
        return SQLITE_OK;
    };
    sqlite3_wal_hook(handle_.get(), hook, committed_.get());
}

void Connection::checkpoint() { checkpoint(SQLITE_CHECKPOINT_PASSIVE); }

void Connection::checkpoint_and_restart(std::chrono::milliseconds patience) {
    sqlite3_busy_timeout(handle_.get(), static_cast<int>(patience.count()));
    checkpoint(SQLITE_CHECKPOINT_RESTART);
    sqlite3_busy_timeout(handle_.get(), static_cast<int>(busy_timeout.count()));
}

void Connection::checkpoint(int mode) {
    const int result = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, mode, nullptr, nullptr);
    // Busy: a reader, or another program's checkpoint, was in the way; there will be another time.
    if (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY && (result & 0xff) != SQLITE_LOCKED) {
        throw Failure::of(handle_.get(), "checkpoint");
    }
}

BreakOff::BreakOff(Connection& connection, std::function<bool()> wanted)
    : handle_(connection.handle()), wanted_(std::move(wanted)) {
    constexpr int instructions = 10'000;  // of SQLite's machine: some thousand rows
    const auto ask = [](void* asked) { return (*static_cast<std::function<bool()>*>(asked))() ? 1 : 0; };
    sqlite3_progress_handler(handle_, instructions, ask, &wanted_);
}

BreakOff::~BreakOff() { sqlite3_progress_handler(handle_, 0, nullptr, nullptr); }

}  // namespace orderstream::sqlite
