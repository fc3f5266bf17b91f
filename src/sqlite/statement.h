#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "order/ids.h"
#include "order/money.h"
#include "order/order.h"
#include "order/time.h"
#include "sqlite/connection.h"

struct sqlite3_stmt;

namespace orderstream::sqlite {

/// Bytes, as opposed to text.
struct Blob {
    std::string_view bytes;
};

/// One run of a statement; ends with the scope. Values are bound without a copy: they must outlive it.
/// Columns count from 0.
class Rows {
  public:
    explicit Rows(sqlite3_stmt* statement) : statement_(statement) {}
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    ~Rows();

    /// Moves to the next row; false when there is none.
    bool next();

    [[nodiscard]] bool null(int column) const;
    [[nodiscard]] std::int64_t integer64(int column) const;
    [[nodiscard]] int integer(int column) const;
    /// Text or bytes until the next call of next(); empty for NULL.
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] std::string_view bytes(int column) const;
    [[nodiscard]] order::Uuid uuid(int column) const;
    [[nodiscard]] order::Time time(int column) const;

  private:
    sqlite3_stmt* statement_;
};

/// A prepared statement, run any number of times. Throws Failure.
class Statement {
  public:
    Statement(Connection& connection, std::string_view sql);

    /// Runs it and reads what it answers; `values` are ?1, ?2 ...
    template <class... Values>
    [[nodiscard]] Rows query(const Values&... values) {
        bind_all(values...);
        return Rows(statement_.get());
    }

    /// Runs it to its end and returns how many rows it changed (of an INSERT, UPDATE or DELETE).
    template <class... Values>
    int run(const Values&... values) {
        bind_all(values...);
        return run_bound();
    }

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };

    template <class... Values>
    void bind_all(const Values&... values) {
        int parameter = 0;
        (bind(++parameter, values), ...);
    }
    int run_bound();

    void bind(int parameter, std::int64_t value);
    void bind(int parameter, int value) { bind(parameter, std::int64_t{value}); }
    void bind(int parameter, std::string_view text);
    void bind(int parameter, Blob blob);
    void bind(int parameter, const order::Uuid& uuid);
    void bind(int parameter, const order::OrderId& id) { bind(parameter, id.uuid); }
    void bind(int parameter, order::Money money) { bind(parameter, money.cents()); }
    void bind(int parameter, order::Time time) { bind(parameter, std::int64_t{time.time_since_epoch().count()}); }
    void bind(int parameter, const order::Sha256& hash);
    void bind(int parameter, std::nullopt_t);
    template <class Value>
    void bind(int parameter, const std::optional<Value>& value) {
        if (value) {
            bind(parameter, *value);
        } else {
            bind(parameter, std::nullopt);
        }
    }
    template <class... Values>
    void bind(int parameter, const std::variant<Values...>& value) {
        std::visit([&](const auto& held) { bind(parameter, held); }, value);
    }
    void check(int result);

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Empty texts of an order are NULL in its row.
[[nodiscard]] inline std::optional<std::string_view> null_if_empty(std::string_view text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace orderstream::sqlite
