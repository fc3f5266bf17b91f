#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "contract/store_contract.h"
#include "sqlite/sqlite_listing.h"
#include "sqlite/sqlite_store.h"

namespace orderstream::contract {

/// A directory of its own, removed at the end.
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Must succeed.
[[nodiscard]] std::unique_ptr<sqlite::SqliteStore> open_sqlite(const std::filesystem::path& data_dir,
                                                               sqlite::SqliteStore::Options options = {});

/// Runs SQL behind the store's back and returns the last value that it answers; it must succeed.
std::string run_sql(const std::filesystem::path& data_dir, const std::string& sql);
/// What SQL that must fail is refused with.
[[nodiscard]] std::string sql_refusal(const std::filesystem::path& data_dir, const std::string& sql);

/// A SQLite store in a directory of its own, by a clock that only tests move.
class SqliteUnderTest final : public StoreUnderTest {
  public:
    SqliteUnderTest() { open(); }
    [[nodiscard]] ports::OrderStore& store() override { return *store_; }
    [[nodiscard]] ports::OrderListing& listing() override { return *listing_; }
    void restart() override {
        listing_.reset();
        store_.reset();
        open();
    }
    [[nodiscard]] const std::filesystem::path& data_dir() const { return directory_.path(); }
    void let_pass(std::chrono::milliseconds time) override { now_ = now_.load() + time; }

  private:
    void open();

    TemporaryDirectory directory_;
    std::atomic<order::Time> now_ = order::Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 31));
    std::unique_ptr<sqlite::SqliteStore> store_;
    std::unique_ptr<sqlite::SqliteListing> listing_;
};

}  // namespace orderstream::contract
