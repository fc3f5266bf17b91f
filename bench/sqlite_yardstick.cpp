// What SQLite itself can do with the three steps of an order's life, to hold OrderStream's rate against: insert + note,
// `processing`, `done`, each one commit per batch, by one thread that does nothing else. As durable as the service:
// WAL and synchronous=FULL, every commit is on the disk before the next step.
//
//   sqlite_yardstick DIRECTORY SECONDS BATCH...      prints `batch<TAB>orders per second` for each batch size

#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Id = std::array<std::uint8_t, 16>;

constexpr const char* schema = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE orders (
    order_id BLOB NOT NULL PRIMARY KEY, customer_id TEXT NOT NULL, status TEXT NOT NULL, currency TEXT NOT NULL,
    total_amount INTEGER NOT NULL, payload TEXT NOT NULL, version INTEGER NOT NULL, processed_version INTEGER NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX orders_by_customer ON orders (customer_id, created_at);
CREATE TABLE notes (batch_id BLOB NOT NULL PRIMARY KEY, order_ids BLOB NOT NULL) WITHOUT ROWID;
)sql";

/// A new one, with the tables in it.
class Database {
  public:
    explicit Database(const std::filesystem::path& file) {
        sqlite3* handle = nullptr;
        const int result = sqlite3_open(file.c_str(), &handle);
        handle_.reset(handle);
        check(result);
        execute(schema);
    }

    void execute(const char* sql) { check(sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr)); }

    void check(int result) const {
        if (result != SQLITE_OK && result != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(handle_.get()));
    }

    [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

  private:
    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close(handle); }
    };
    std::unique_ptr<sqlite3, Close> handle_;
};

/// Prepared once; the bound memory must live until run() returns.
class Statement {
  public:
    Statement(Database& database, const char* sql) : database_(database) {
        sqlite3_stmt* handle = nullptr;
        database_.check(sqlite3_prepare_v3(database_.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr));
        handle_.reset(handle);
    }

    template <class... Values>
    void run(const Values&... values) {
        int column = 0;
        (bind(++column, values), ...);
        database_.check(sqlite3_step(handle_.get()));
        database_.check(sqlite3_reset(handle_.get()));
    }

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
    };

    void bind(int column, const Id& id) {
        database_.check(
            sqlite3_bind_blob(handle_.get(), column, id.data(), static_cast<int>(id.size()), SQLITE_STATIC));
    }
    void bind(int column, const std::vector<Id>& ids) {
        database_.check(sqlite3_bind_blob(handle_.get(), column, ids.data(), static_cast<int>(ids.size() * sizeof(Id)),
                                          SQLITE_STATIC));
    }
    void bind(int column, std::string_view text) {
        database_.check(
            sqlite3_bind_text(handle_.get(), column, text.data(), static_cast<int>(text.size()), SQLITE_STATIC));
    }
    void bind(int column, std::int64_t number) { database_.check(sqlite3_bind_int64(handle_.get(), column, number)); }

    Database& database_;
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

std::int64_t now_microseconds() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// UUIDv7-like, as the service's: they grow, and end at random.
class IdSource {
  public:
    Id next() {
        Id id{};
        const auto milliseconds = static_cast<std::uint64_t>(now_microseconds() / 1000);
        const std::uint64_t random = random_();
        ++counter_;
        for (std::size_t i = 0; i < 6; ++i) id[i] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * i));
        for (std::size_t i = 0; i < 4; ++i) id[6 + i] = static_cast<std::uint8_t>(counter_ >> (24 - 8 * i));
        for (std::size_t i = 0; i < 6; ++i) id[10 + i] = static_cast<std::uint8_t>(random >> (8 * i));
        return id;
    }

    /// One of 10,000 customers, as bench/orders.lua has them.
    std::string customer() {
        std::array<char, 37> text{};
        std::snprintf(text.data(), text.size(), "%08u-0000-4000-8000-000000000000",
                      static_cast<unsigned>(random_() % 10'000));
        return text.data();
    }

  private:
    std::mt19937_64 random_{std::random_device{}()};
    std::uint32_t counter_ = 0;
};

// The payload of the 250-byte requests that bench/orders.lua sends.
constexpr std::string_view payload =
    R"({"id":"order-0000000001","currency":"USD","note":"please ring twice and leave it at the door","items":[)"
    R"({"sku":"AB-101","price":19.99,"quantity":2},{"sku":"CD-2002","price":5,"quantity":1}]})";

class Yardstick {
  public:
    explicit Yardstick(const std::filesystem::path& file) : database_(file) {}

    /// Orders that came all the way, per second.
    double run(std::size_t batch_size, std::chrono::duration<double> duration) {
        const Clock::time_point start = Clock::now();
        std::int64_t orders = 0;
        while (Clock::now() - start < duration) {
            batch(batch_size);
            orders += static_cast<std::int64_t>(batch_size);
        }
        return static_cast<double>(orders) / std::chrono::duration<double>(Clock::now() - start).count();
    }

  private:
    void batch(std::size_t size) {
        std::vector<Id> ids;
        for (std::size_t i = 0; i < size; ++i) ids.push_back(ids_.next());
        const Id note = ids_.next();

        begin_.run();
        for (const Id& id : ids) insert_.run(id, std::string_view(ids_.customer()), payload, now_microseconds());
        insert_note_.run(note, ids);
        delete_note_.run(last_note_);
        commit_.run();
        last_note_ = note;

        begin_.run();
        for (const Id& id : ids) processing_.run(id, std::int64_t{1}, now_microseconds());
        commit_.run();

        begin_.run();
        for (const Id& id : ids) done_.run(id, std::int64_t{1}, now_microseconds(), std::int64_t{4498});
        commit_.run();
    }

    Database database_;
    IdSource ids_;
    Id last_note_{};
    Statement begin_{database_, "BEGIN IMMEDIATE"};
    Statement commit_{database_, "COMMIT"};
    Statement insert_{database_, "INSERT INTO orders VALUES (?1, ?2, 'new', 'USD', 0, ?3, 1, 0, ?4, ?4)"};
    Statement insert_note_{database_, "INSERT INTO notes VALUES (?1, ?2)"};
    Statement delete_note_{database_, "DELETE FROM notes WHERE batch_id = ?1"};
    Statement processing_{database_,
                          "UPDATE orders SET status = 'processing', updated_at = ?3 "
                          "WHERE order_id = ?1 AND version = ?2 AND processed_version < ?2"};
    Statement done_{database_,
                    "UPDATE orders SET status = 'done', processed_version = ?2, updated_at = ?3, total_amount = ?4 "
                    "WHERE order_id = ?1 AND version = ?2 AND processed_version < ?2"};
};

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() < 3) {
        std::fputs("usage: sqlite_yardstick DIRECTORY SECONDS BATCH...\n", stderr);
        return 2;
    }
    const std::chrono::duration<double> duration(std::stod(arguments[1]));
    for (std::size_t i = 2; i < arguments.size(); ++i) {
        const std::filesystem::path directory = std::filesystem::path(arguments[0]) / ("yardstick-" + arguments[i]);
        std::filesystem::create_directories(directory);
        const double rate = Yardstick(directory / "orders.db").run(std::stoul(arguments[i]), duration);
        std::filesystem::remove_all(directory);
        std::printf("%s\t%.0f\n", arguments[i].c_str(), rate);
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& exception) {
        std::fprintf(stderr, "sqlite_yardstick: %s\n", exception.what());
        return 1;
    }
}
