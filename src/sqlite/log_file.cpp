#include "sqlite/log_file.h"

#include <sqlite3.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>

#include "sqlite/failure.h"

namespace orderstream::sqlite {
namespace {

constexpr const char* layer_name = "orderstream-log";
// The system's layer writes less than 128 KiB at once, whatever it is given; SQLite gives a page at most, 64 KiB.
constexpr std::size_t gathered_max = std::size_t{127} << 10;

/// The log as SQLite sees it; the operating system's file stands behind it in the same piece of memory.
class LogFile : public sqlite3_file {
  public:
    LogFile() : sqlite3_file{&methods}, buffer_(new(std::nothrow) std::byte[gathered_max]) {}

    [[nodiscard]] bool has_memory() const { return buffer_ != nullptr; }

    [[nodiscard]] sqlite3_file& real() { return *reinterpret_cast<sqlite3_file*>(this + 1); }

    int write(const void* from, int size, sqlite3_int64 offset) {
        const std::span what(static_cast<const std::byte*>(from), static_cast<std::size_t>(size));
        const bool follows = offset == begin_ + static_cast<sqlite3_int64>(gathered_);
        if (!follows || gathered_ + what.size() > gathered_max) {
            if (const int result = flush(); result != SQLITE_OK) return result;
            begin_ = offset;
        }
        std::memcpy(buffer_.get() + gathered_, what.data(), what.size());
        gathered_ += what.size();
        return SQLITE_OK;
    }

    int flush() {
        if (gathered_ == 0) return SQLITE_OK;
        const int size = static_cast<int>(gathered_);
        gathered_ = 0;
        return real().pMethods->xWrite(&real(), buffer_.get(), size, begin_);
    }

    int sync(int flags) {
        if (const int result = flush(); result != SQLITE_OK) return result;
        const bool by_a_checkpoint = (flags & 0x0f) == SQLITE_SYNC_FULL;
        return by_a_checkpoint ? real().pMethods->xSync(&real(), flags) : SQLITE_OK;
    }

  private:
    static const sqlite3_io_methods methods;

    std::unique_ptr<std::byte[]> buffer_;
    std::size_t gathered_ = 0;
    sqlite3_int64 begin_ = 0;  // where in the file the gathered bytes belong
};

LogFile& log(sqlite3_file* file) { return *static_cast<LogFile*>(file); }

/// What is asked of the system's file, which must hold all that was written for the answer to be true.
template <auto method, class... Arguments>
int ask(sqlite3_file* file, Arguments... arguments) {
    if (const int result = log(file).flush(); result != SQLITE_OK) return result;
    sqlite3_file& real = log(file).real();
    return (real.pMethods->*method)(&real, arguments...);
}

sqlite3_io_methods make_methods() {
    sqlite3_io_methods methods{};
    methods.iVersion = 1;                      // without shared memory and mapping, which a log is never asked for
    methods.xClose = [](sqlite3_file* file) {  // what is gathered now belongs to no commit
        sqlite3_file& real = log(file).real();
        const int result = real.pMethods->xClose(&real);
        std::destroy_at(&log(file));
        return result;
    };
    methods.xRead = ask<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>;
    methods.xWrite = [](sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
        return log(file).write(from, size, offset);
    };
    methods.xTruncate = ask<&sqlite3_io_methods::xTruncate, sqlite3_int64>;
    methods.xSync = [](sqlite3_file* file, int flags) { return log(file).sync(flags); };
    methods.xFileSize = ask<&sqlite3_io_methods::xFileSize, sqlite3_int64*>;
    methods.xLock = ask<&sqlite3_io_methods::xLock, int>;
    methods.xUnlock = ask<&sqlite3_io_methods::xUnlock, int>;
    methods.xCheckReservedLock = ask<&sqlite3_io_methods::xCheckReservedLock, int*>;
    methods.xFileControl = ask<&sqlite3_io_methods::xFileControl, int, void*>;
    methods.xSectorSize = ask<&sqlite3_io_methods::xSectorSize>;
    methods.xDeviceCharacteristics = ask<&sqlite3_io_methods::xDeviceCharacteristics>;
    return methods;
}

const sqlite3_io_methods LogFile::methods = make_methods();

sqlite3_vfs* system_layer() { return sqlite3_vfs_find("unix"); }

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
    sqlite3_vfs* system = system_layer();
    if ((flags & SQLITE_OPEN_WAL) == 0) return system->xOpen(system, name, file, flags, flags_out);
    LogFile* log = ::new (static_cast<void*>(file)) LogFile;
    const int result = log->has_memory() ? system->xOpen(system, name, &log->real(), flags, flags_out) : SQLITE_NOMEM;
    if (result != SQLITE_OK) {
        std::destroy_at(log);
        file->pMethods = nullptr;  // there is nothing to close
    }
    return result;
}

/// The system's, but for how a file is opened.
sqlite3_vfs make_layer() {
    sqlite3_vfs layer = *system_layer();
    layer.szOsFile += static_cast<int>(sizeof(LogFile));
    layer.zName = layer_name;
    layer.pNext = nullptr;
    layer.xOpen = open;
    return layer;
}

/// Its name, once SQLite knows it.
const char* registered_layer() {
    static sqlite3_vfs layer = make_layer();
    static const int result = sqlite3_vfs_register(&layer, 0);
    if (result != SQLITE_OK) throw Failure(result, "the layer that gathers the log's writes");
    return layer_name;
}

}  // namespace

Connection open_for_writing(const std::filesystem::path& file) {
    Connection connection(file, Connection::Access::read_write, registered_layer());
    connection.execute("PRAGMA synchronous = FULL");         // a commit asks for an fsync
    connection.execute("PRAGMA checkpoint_fullfsync = ON");  // a checkpoint asks for a stronger one
    return connection;
}

}  // namespace orderstream::sqlite
