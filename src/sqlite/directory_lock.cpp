#include "sqlite/directory_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace orderstream::sqlite {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

/// What the holder wrote; empty when it has not got that far.
std::string holder(int descriptor) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
    std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    return pid.substr(0, pid.find('\n'));
}

int lock_now(int descriptor) {
    int result = 0;
    do {
        result = ::flock(descriptor, LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    return result;
}

bool write_pid(int descriptor) {
    const std::string pid = fmt::format("{}\n", ::getpid());
    return ::ftruncate(descriptor, 0) == 0 &&
           ::pwrite(descriptor, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
}

}  // namespace

tl::expected<DirectoryLock, std::string> DirectoryLock::take(const std::filesystem::path& directory) {
    const std::filesystem::path file = directory / "lock";
    DirectoryLock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (lock.descriptor_ < 0) {
        return tl::unexpected(fmt::format("cannot open the lock file '{}': {}", file.string(), reason(errno)));
    }
    if (lock_now(lock.descriptor_) != 0) {
        if (errno != EWOULDBLOCK) {
            return tl::unexpected(fmt::format("cannot lock '{}': {}", file.string(), reason(errno)));
        }
        const std::string pid = holder(lock.descriptor_);
        return tl::unexpected(
            fmt::format("the data directory '{}' is in use by another OrderStream{}; one process at a "
                        "time can work with it, so stop that one or name another directory",
                        directory.string(), pid.empty() ? "" : fmt::format(" (process {})", pid)));
    }
    if (!write_pid(lock.descriptor_)) {
        return tl::unexpected(fmt::format("cannot write to '{}': {}", file.string(), reason(errno)));
    }
    return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock::~DirectoryLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace orderstream::sqlite
