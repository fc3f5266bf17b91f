#include "pipeline/orders.h"

#include <utility>

#include "pipeline/ack_waiters.h"
#include "pipeline/intake.h"

namespace orderstream::pipeline {

void Orders::submit(const SubmissionPtr& submission) { intake_.submit(submission); }

void Orders::abandon(const SubmissionPtr& submission) {
    submission->abandon();
    waiters_.forget(submission);
}

order::OrderPtr Orders::peek(const order::OrderId& id) { return reads_.peek(id); }

void Orders::get(const order::OrderId& id, ReadAnswer answer) { reads_.get(id, std::move(answer)); }

void Orders::find_by_external(std::string customer_id, std::string external_id, ReadAnswer answer) {
    reads_.find_by_external({std::move(customer_id), std::move(external_id)}, std::move(answer));
}

void Orders::list(ports::ListQuery query, ListAnswer answer) { listings_.list(std::move(query), std::move(answer)); }

void Orders::statistics(StatisticsAnswer answer) { listings_.statistics(std::move(answer)); }

}  // namespace orderstream::pipeline
