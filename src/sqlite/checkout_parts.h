#pragma once

#include "order/change.h"
#include "sqlite/order_rows.h"
#include "sqlite/statement.h"

namespace orderstream::sqlite {

/// The items and addresses of checkouts, in tables of their own, as their documents have them. On the writing
/// connection, within its transaction. Throws a Failure (a constraint's) where a document is none of documents/checkout
/// or does not cost what its items do: the store refuses such an order.
class CheckoutParts {
  public:
    explicit CheckoutParts(Connection& writer);

    /// Those of an order that has none yet.
    void insert(Seq seq, const order::Document& document);
    void replace(Seq seq, const order::Document& document);

  private:
    Statement insert_item_;
    Statement insert_address_;
    Statement delete_items_;
    Statement delete_addresses_;
};

}  // namespace orderstream::sqlite
