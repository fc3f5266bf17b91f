#pragma once

#include <string>

#include "order/order.h"
#include "pipeline/listings.h"
#include "pipeline/reads.h"
#include "pipeline/submission.h"

namespace orderstream::pipeline {

class AckWaiters;
class Intake;

/// What the doors see of the pipeline. Thread-safe, nothing here blocks; answers come on the pipeline's threads
/// (or, for what can be said at once, within the call) and must only hand on.
class Orders {
  public:
    Orders(Intake& intake, AckWaiters& waiters, Reads& reads, Listings& listings)
        : intake_(intake), waiters_(waiters), reads_(reads), listings_(listings) {}

    /// Takes the change on its way; the submission is answered exactly once.
    void submit(const SubmissionPtr& submission);
    /// The caller hung up: its places are free again, and a change not yet in a batch is dropped.
    void abandon(const SubmissionPtr& submission);

    /// What can be shown without waiting; null means: ask get().
    [[nodiscard]] order::OrderPtr peek(const order::OrderId& id);
    void get(const order::OrderId& id, ReadAnswer answer);
    void find_by_external(std::string customer_id, std::string external_id, ReadAnswer answer);

    void list(ports::ListQuery query, ListAnswer answer);
    void statistics(StatisticsAnswer answer);

  private:
    Intake& intake_;
    AckWaiters& waiters_;
    Reads& reads_;
    Listings& listings_;
};

}  // namespace orderstream::pipeline
