#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "order/limits.h"
#include "ports/order_listing.h"
#include "postgres/connection.h"
#include "telemetry/log.h"

namespace orderstream::postgres {

/// Lists what a PostgresStore of the same database holds, on a few connections of its own, whose plans are the server's
/// choice. Thread-safe; connects when first used and again whenever a connection was lost. A question that takes longer
/// than its timeout is given up. The destructor expects that no call is under way.
class PostgresListing final : public ports::OrderListing {
  public:
    struct Options {
        std::string dsn;                                                     ///< a URL or keywords, as libpq takes them
        std::string application = "orderstream";                             ///< pg_stat_activity.application_name
        Patience patience;                                                   ///< but for its `statement`
        std::chrono::milliseconds timeout = order::limits::listing_timeout;  ///< of each statement
        /// A total that takes longer to count, and longer than finding the page took, is not counted.
        std::chrono::milliseconds count_time = order::limits::list_count_time;
    };

    PostgresListing(Options options, const telemetry::Log& log);
    ~PostgresListing() override;

    ports::ListingResult<ports::OrderPage> list(const ports::ListQuery& query) override;
    ports::ListingResult<std::vector<ports::StatisticsLine>> statistics() override;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace orderstream::postgres
