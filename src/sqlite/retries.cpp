#include "sqlite/retries.h"

#include "sqlite/order_rows.h"

namespace orderstream::sqlite {

Retries::Retries(Connection& writer)
    : defer_(writer,  // an order that is gone needs no retry
             "INSERT INTO orders_retry (order_id, version, attempts, due_at, error) "
             "SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM orders WHERE order_id = ?1) "
             "ON CONFLICT (order_id, version) DO UPDATE SET attempts = ?3, due_at = ?4, error = ?5"),
      due_(writer,
           select_head(", payload, retry.version, attempts, error "
                       "FROM orders_retry AS retry JOIN orders USING (order_id) JOIN order_payloads USING (seq) "
                       "WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2")),
      move_on_(writer, "UPDATE orders_retry SET due_at = ?3 WHERE order_id = ?1 AND version = ?2"),
      remove_(writer, "DELETE FROM orders_retry WHERE order_id = ?1 AND version = ?2") {}

void Retries::defer(const ports::Deferral& deferral, order::Time now) {
    defer_.run(deferral.order.id, deferral.order.version, deferral.attempts, order::Time(now + deferral.due_in),
               deferral.error);
}

std::vector<ports::DueRetry> Retries::claim_due(std::size_t limit, std::chrono::milliseconds lease, order::Time now) {
    std::vector<ports::DueRetry> due;
    {
        Rows rows = due_.query(now, static_cast<std::int64_t>(limit));
        while (rows.next()) {
            ports::DueRetry& retry = due.emplace_back();
            retry.order = read_head(rows).order;
            retry.order.payload = read_payload(rows, after_head);
            retry.version = rows.integer(after_head + 1);
            retry.attempts = rows.integer(after_head + 2);
            retry.error = rows.text(after_head + 3);
        }
    }
    for (const ports::DueRetry& retry : due) move_on_.run(retry.order.id, retry.version, order::Time(now + lease));
    return due;
}

void Retries::remove(const order::OrderVersion& retry) { remove_.run(retry.id, retry.version); }

}  // namespace orderstream::sqlite
