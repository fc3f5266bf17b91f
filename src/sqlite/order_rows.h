#pragma once

#include <optional>
#include <string>

#include "order/order.h"
#include "sqlite/statement.h"

namespace orderstream::sqlite {

/// Where an order's row is, for the statements that write it again.
using Seq = std::int64_t;

struct OrderRow {
    order::Order order;
    Seq seq = 0;
};

/// `SELECT <an order without its payload> <rest>`, `rest` being the FROM and what follows, or further columns first:
/// those begin at column `after_head`.
[[nodiscard]] std::string select_head(std::string_view rest);
inline constexpr int after_head = 16;

/// Reads the row that a select_head() is at.
[[nodiscard]] OrderRow read_head(const Rows& rows);
[[nodiscard]] order::Payload read_payload(const Rows& rows, int column);

/// Looks up one order at a time by its id.
class FindOrder {
  public:
    explicit FindOrder(Connection& connection);

    [[nodiscard]] std::optional<OrderRow> head(const order::OrderId& id);
    /// With its payload.
    [[nodiscard]] std::optional<OrderRow> whole(const order::OrderId& id);

  private:
    Statement head_;
    Statement whole_;
};

/// Looks up one order at a time by where its row is.
class FindRow {
  public:
    explicit FindRow(Connection& connection);

    /// With its payload.
    [[nodiscard]] std::optional<OrderRow> whole(Seq seq);

  private:
    Statement whole_;
};

/// Looks up the newest order of a customer with an external id that is not deleted, with its payload.
class FindByExternal {
  public:
    explicit FindByExternal(Connection& connection);

    [[nodiscard]] std::optional<OrderRow> newest(std::string_view customer_id, std::string_view external_id);

  private:
    Statement newest_;
};

}  // namespace orderstream::sqlite
