#pragma once

#include <span>
#include <vector>

#include "ports/order_store.h"
#include "sqlite/statement.h"

namespace orderstream::sqlite {

/// The orders whose processor failed for now. On the writing connection, within its transaction.
class Retries {
  public:
    explicit Retries(Connection& writer);

    void defer(const ports::Deferral& deferral, order::Time now);
    /// Takes due ones and moves their due time on by `lease`.
    [[nodiscard]] std::vector<ports::DueRetry> claim_due(std::size_t limit, std::chrono::milliseconds lease,
                                                         order::Time now);
    void remove(const order::OrderVersion& retry);

  private:
    Statement defer_;
    Statement due_;
    Statement move_on_;
    Statement remove_;
};

}  // namespace orderstream::sqlite
