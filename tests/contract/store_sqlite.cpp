#include "contract/store_sqlite.h"

#include <sqlite3.h>

#include <stdexcept>
#include <utility>

namespace orderstream::contract {

TemporaryDirectory::TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "orderstream-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<sqlite::SqliteStore> open_sqlite(const std::filesystem::path& data_dir,
                                                 sqlite::SqliteStore::Options options) {
    auto store = sqlite::SqliteStore::open(data_dir, std::move(options));
    if (!store) throw std::runtime_error(store.error());
    return std::move(*store);
}

namespace {

struct SqlAnswer {
    std::string last_value;
    std::string error;  // empty: none
};

SqlAnswer ask_sql(const std::filesystem::path& data_dir, const std::string& sql) {
    sqlite3* connection = nullptr;
    SqlAnswer answer;
    if (sqlite3_open((data_dir / "orderstream.db").c_str(), &connection) == SQLITE_OK) {
        const auto keep = [](void* last, int, char** values, char**) {
            *static_cast<std::string*>(last) = values[0] == nullptr ? "NULL" : values[0];
            return 0;
        };
        sqlite3_exec(connection, sql.c_str(), keep, &answer.last_value, nullptr);
    }
    if (sqlite3_errcode(connection) != SQLITE_OK) answer.error = sqlite3_errmsg(connection);
    sqlite3_close(connection);
    return answer;
}

}  // namespace

std::string run_sql(const std::filesystem::path& data_dir, const std::string& sql) {
    SqlAnswer answer = ask_sql(data_dir, sql);
    EXPECT_EQ(answer.error, "") << sql;
    return std::move(answer.last_value);
}

std::string sql_refusal(const std::filesystem::path& data_dir, const std::string& sql) {
    SqlAnswer answer = ask_sql(data_dir, sql);
    EXPECT_NE(answer.error, "") << sql;
    return std::move(answer.error);
}

void SqliteUnderTest::open() {
    store_ = open_sqlite(directory_.path(), {.now = [this] { return now_.load(); }, .fatal = {}});
    listing_ = std::make_unique<sqlite::SqliteListing>(*store_);
}

}  // namespace orderstream::contract
