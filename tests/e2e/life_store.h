#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

struct sqlite3;

namespace orderstream::e2e {

/// An order's row in the database.
struct StoredOrder {
    std::string customer;
    std::string external_id;
    std::string status;
    std::string payload;
    std::string updated_at;  ///< as answers show it
    long long cents = 0;
    int version = 0;
    int processed_version = 0;
    int announced_version = 0;
};
using StoredOrders = std::map<std::string, StoredOrder>;  ///< by id

/// The database of a data directory, looked at from outside while a server runs on it or has ended in order. Throws
/// what SQLite says. Used by one thread.
class StoreFile {
  public:
    explicit StoreFile(const std::filesystem::path& data_directory);

    [[nodiscard]] StoredOrders orders() const;
    /// SELECT count(*) FROM `what`.
    [[nodiscard]] long long count(const std::string& what) const;
    /// Changes not yet processed, notes not yet published, retries.
    [[nodiscard]] long long left_to_do() const;
    /// Whether nothing is left to do within the timeout.
    [[nodiscard]] bool comes_to_rest(std::chrono::milliseconds timeout = std::chrono::seconds(20)) const;
    /// What PRAGMA integrity_check says.
    [[nodiscard]] std::string integrity() const;

  private:
    friend class WriteLock;
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    void execute(const char* sql) const;
    [[nodiscard]] long long number(const std::string& sql) const;

    std::unique_ptr<sqlite3, Close> handle_;
};

/// Nobody else can write to the database while this lives: to the server its disk has become very slow.
class WriteLock {
  public:
    explicit WriteLock(const std::filesystem::path& data_directory);
    ~WriteLock();
    WriteLock(const WriteLock&) = delete;
    WriteLock& operator=(const WriteLock&) = delete;

  private:
    StoreFile file_;
};

}  // namespace orderstream::e2e
