#include "sqlite/statement.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <limits>

#include "sqlite/failure.h"

namespace orderstream::sqlite {
namespace {

std::string_view view(const void* data, int size) {
    return data == nullptr ? std::string_view()
                           : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

Failure corrupt(std::string_view what) { return {SQLITE_CORRUPT, fmt::format("the database holds {}", what)}; }

}  // namespace

Rows::~Rows() { sqlite3_reset(statement_); }

bool Rows::next() {
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    throw Failure::of(sqlite3_db_handle(statement_), sqlite3_sql(statement_));
}

bool Rows::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Rows::integer64(int column) const { return sqlite3_column_int64(statement_, column); }

int Rows::integer(int column) const {
    const std::int64_t value = integer64(column);
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
        throw corrupt("a number that is too large");
    }
    return static_cast<int>(value);
}

std::string_view Rows::text(int column) const {
    const unsigned char* data = sqlite3_column_text(statement_, column);  // before the size: it may convert
    return view(data, sqlite3_column_bytes(statement_, column));
}

std::string_view Rows::bytes(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);
    return view(data, sqlite3_column_bytes(statement_, column));
}

order::Uuid Rows::uuid(int column) const {
    const std::string_view value = bytes(column);
    order::Uuid uuid;
    if (value.size() != uuid.size()) throw corrupt("an id that is no UUID");
    std::ranges::copy(value, uuid.begin());
    return uuid;
}

order::Time Rows::time(int column) const { return order::Time(std::chrono::microseconds(integer64(column))); }

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(Connection& connection, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v3(connection.handle(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    statement_.reset(statement);
    if (result != SQLITE_OK) throw Failure::of(connection.handle(), sql);
}

int Statement::run_bound() {
    Rows rows(statement_.get());
    while (rows.next()) {
    }
    return sqlite3_changes(sqlite3_db_handle(statement_.get()));
}

void Statement::bind(int parameter, std::int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), parameter, value));
}

void Statement::bind(int parameter, std::string_view text) {
    const char* data = text.data() == nullptr ? "" : text.data();  // a null pointer would bind NULL
    check(sqlite3_bind_text64(statement_.get(), parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int parameter, Blob blob) {
    const char* data = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
    check(sqlite3_bind_blob64(statement_.get(), parameter, data, blob.bytes.size(), SQLITE_STATIC));
}

void Statement::bind(int parameter, const order::Uuid& uuid) {
    check(sqlite3_bind_blob64(statement_.get(), parameter, uuid.data, uuid.size(), SQLITE_STATIC));
}

void Statement::bind(int parameter, const order::Sha256& hash) {
    check(sqlite3_bind_blob64(statement_.get(), parameter, hash.data(), hash.size(), SQLITE_STATIC));
}

void Statement::bind(int parameter, std::nullopt_t) { check(sqlite3_bind_null(statement_.get(), parameter)); }

void Statement::check(int result) {
    if (result != SQLITE_OK) {
        throw Failure::of(sqlite3_db_handle(statement_.get()), sqlite3_sql(statement_.get()));
    }
}

}  // namespace orderstream::sqlite
