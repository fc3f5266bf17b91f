#pragma once

#include <chrono>
#include <memory>

#include "order/limits.h"
#include "ports/order_listing.h"
#include "sqlite/sqlite_store.h"

namespace orderstream::sqlite {

/// Lists what a SqliteStore holds, which must outlive it, on read-only connections of its own, opened when first
/// needed. Thread-safe. A question that takes longer than `timeout` is given up. Where the store wants its log to start
/// again, a question breaks off and begins anew. The destructor expects that no call is under way.
class SqliteListing final : public ports::OrderListing {
  public:
    explicit SqliteListing(SqliteStore& store, std::chrono::milliseconds timeout = order::limits::listing_timeout);
    ~SqliteListing() override;

    ports::ListingResult<ports::OrderPage> list(const ports::ListQuery& query) override;
    ports::ListingResult<std::vector<ports::StatisticsLine>> statistics() override;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace orderstream::sqlite
