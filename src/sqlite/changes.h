#pragma once

#include "order/change.h"
#include "ports/order_store.h"
#include "sqlite/checkout_parts.h"
#include "sqlite/order_rows.h"
#include "sqlite/statement.h"

namespace orderstream::sqlite {

/// What clients ask of orders. Whether a change applies is decided by the WHERE of its statement; the row is read
/// afterwards, to show what came of it or what was in its way. On the writing connection, within its transaction.
class Changes {
  public:
    explicit Changes(Connection& writer);

    [[nodiscard]] ports::ChangeResult apply(const order::Change& change, order::Time now);

  private:
    [[nodiscard]] ports::ChangeResult create(const order::Change& change, order::Time now);
    [[nodiscard]] ports::ChangeResult replace(const order::Change& change, order::Time now);
    [[nodiscard]] ports::ChangeResult set_status(const order::Change& change, order::Time now);

    [[nodiscard]] std::optional<order::Status> status_of(const order::OrderId& id);

    Connection& writer_;
    FindOrder find_;
    Statement find_status_;
    Statement insert_;
    Statement insert_payload_;
    Statement replace_;
    Statement replace_payload_;
    Statement set_status_;
    CheckoutParts checkout_parts_;
};

}  // namespace orderstream::sqlite
