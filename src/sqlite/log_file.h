#pragma once

#include <filesystem>

#include "sqlite/connection.h"

namespace orderstream::sqlite {

/// The writing connection. What a commit adds to the write-ahead log leaves in as few system calls as it fills buffers
/// of 127 KiB, where SQLite makes two for each page: a layer between SQLite and the file (a VFS, sqlite.org/vfs.html)
/// gathers it until SQLite asks for the commit's fsync, before any other connection can see the commit. A write that
/// fails then fails the commit. For one such connection to a file at a time, any thread's; throws Failure.
///
/// That fsync itself is not made: LogSync makes it, beside the next transaction, and nobody may be told of the commit
/// before. Checkpoints, and a log that starts again, fsync as ever.
[[nodiscard]] Connection open_for_writing(const std::filesystem::path& file);

}  // namespace orderstream::sqlite
