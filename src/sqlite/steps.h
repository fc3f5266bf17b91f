#pragma once

#include <span>
#include <vector>

#include "ports/order_store.h"
#include "sqlite/order_rows.h"
#include "sqlite/statement.h"

namespace orderstream::sqlite {

/// What a worker does to orders. The row is looked at first, for its kind's lifecycle says what to write (and a look
/// costs a third of an UPDATE ... RETURNING); the write is guarded all the same. A beginning mostly needs no look. On
/// the writing connection, within its transaction.
class Steps {
  public:
    explicit Steps(Connection& writer);

    [[nodiscard]] std::vector<ports::StepResult> take(std::span<const ports::Step> steps, order::Time now);

  private:
    [[nodiscard]] ports::StepResult begin(const order::OrderVersion& version, order::Time now);
    [[nodiscard]] ports::StepResult end(const ports::Step& step, order::Time now);
    /// Writes what a worker may change.
    [[nodiscard]] ports::StepResult write(OrderRow row, int version);

    FindOrder find_;
    Statement begin_;
    Statement write_;
};

}  // namespace orderstream::sqlite
