#include "e2e/life_store.h"

#include <sqlite3.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <thread>

#include "e2e/life_orders.h"
#include "order/ids.h"
#include "order/time.h"

namespace orderstream::e2e {

namespace {

[[noreturn]] void fail(sqlite3* handle, const std::string& doing) {
    throw std::runtime_error(doing + ": " + sqlite3_errmsg(handle));
}

void each_row(sqlite3* handle, const std::string& sql, const std::function<void(sqlite3_stmt*)>& take) {
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v2(handle, sql.c_str(), -1, &made, nullptr) != SQLITE_OK) fail(handle, sql);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(made, sqlite3_finalize);
    for (;;) {
        const int step = sqlite3_step(made);
        if (step == SQLITE_DONE) return;
        if (step != SQLITE_ROW) fail(handle, sql);
        take(made);
    }
}

std::string text(sqlite3_stmt* row, int column) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
    return bytes == nullptr ? "" : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
}

std::string uuid(sqlite3_stmt* row, int column) {
    const std::string bytes = text(row, column);
    order::Uuid id{};
    if (bytes.size() != id.size()) throw std::runtime_error("an id that is no UUID");
    std::ranges::copy(bytes, id.begin());
    return order::to_string(id);
}

}  // namespace

void StoreFile::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

StoreFile::StoreFile(const std::filesystem::path& data_directory) {
    const std::filesystem::path file = data_directory / "orderstream.db";
    sqlite3* handle = nullptr;
    const int result = sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
    handle_.reset(handle);
    if (result != SQLITE_OK) fail(handle, "opening " + file.string());
    sqlite3_busy_timeout(handle, 20'000);
}

void StoreFile::execute(const char* sql) const {
    if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(handle_.get(), sql);
}

StoredOrders StoreFile::orders() const {
    StoredOrders orders;
    each_row(handle_.get(),
             "SELECT order_id, customer_id, external_id, status, payload, updated_at, total_amount, version, "
             "processed_version, announced_version FROM orders JOIN order_payloads USING (seq)",
             [&](sqlite3_stmt* row) {
                 const order::Time updated_at{std::chrono::microseconds(sqlite3_column_int64(row, 5))};
                 orders[uuid(row, 0)] = {.customer = text(row, 1),
                                         .external_id = text(row, 2),
                                         .status = text(row, 3),
                                         .payload = text(row, 4),
                                         .updated_at = order::to_rfc3339(updated_at),
                                         .cents = sqlite3_column_int64(row, 6),
                                         .version = sqlite3_column_int(row, 7),
                                         .processed_version = sqlite3_column_int(row, 8),
                                         .announced_version = sqlite3_column_int(row, 9)};
             });
    return orders;
}

long long StoreFile::number(const std::string& sql) const {
    long long number = 0;
    each_row(handle_.get(), sql, [&](sqlite3_stmt* row) { number = sqlite3_column_int64(row, 0); });
    return number;
}

long long StoreFile::count(const std::string& what) const { return number("SELECT count(*) FROM " + what); }

long long StoreFile::left_to_do() const {
    return number(
        "SELECT (SELECT count(*) FROM orders WHERE processed_version < version) + (SELECT count(*) FROM orders_retry) "
        "+ (SELECT count(*) FROM batches WHERE published_at IS NULL)");
}

bool StoreFile::comes_to_rest(std::chrono::milliseconds timeout) const {
    return eventually([this] { return left_to_do() == 0; }, timeout);
}

std::string StoreFile::integrity() const {
    std::string verdict;
    each_row(handle_.get(), "PRAGMA integrity_check", [&](sqlite3_stmt* row) { verdict += text(row, 0); });
    return verdict;
}

WriteLock::WriteLock(const std::filesystem::path& data_directory) : file_(data_directory) {
    // A busy server hardly ever lets go of the lock: SQLite's own pauses would miss the moment again and again.
    sqlite3_busy_handler(
        file_.handle_.get(),
        [](void*, int attempt) {
            std::this_thread::sleep_for(std::chrono::microseconds(100));
            return attempt < 200'000 ? 1 : 0;
        },
        nullptr);
    file_.execute("BEGIN IMMEDIATE");
}

WriteLock::~WriteLock() { sqlite3_exec(file_.handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr); }

}  // namespace orderstream::e2e
