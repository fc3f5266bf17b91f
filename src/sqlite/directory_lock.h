#pragma once

#include <tl/expected.hpp>

#include <filesystem>
#include <string>

namespace orderstream::sqlite {

/// Holds a data directory for this process: an flock on its file `lock`, which names the holder's pid for whoever
/// comes second. The kernel lets go when the process ends, however it ends; the file stays.
class DirectoryLock {
  public:
    /// Refuses with a sentence when another holder is there, in this process or another.
    [[nodiscard]] static tl::expected<DirectoryLock, std::string> take(const std::filesystem::path& directory);

    DirectoryLock(DirectoryLock&& other) noexcept;
    DirectoryLock& operator=(DirectoryLock&&) = delete;
    ~DirectoryLock();

  private:
    explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace orderstream::sqlite
