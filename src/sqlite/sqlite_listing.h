#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "order/limits.h"
#include "ports/order_listing.h"

namespace orderstream::sqlite {

/// Lists what the SqliteStore of the same data directory holds, on read-only connections of its own, which are opened
/// when first needed: the store must have been opened before, and is to be closed after. Thread-safe. A question that
/// takes longer than `timeout` is given up. The destructor expects that no call is under way.
class SqliteListing final : public ports::OrderListing {
  public:
    explicit SqliteListing(const std::filesystem::path& data_dir,
                           std::chrono::milliseconds timeout = order::limits::listing_timeout);
    ~SqliteListing() override;

    ports::StoreResult<ports::OrderPage> list(const ports::ListQuery& query) override;
    ports::StoreResult<std::vector<ports::StatisticsLine>> statistics() override;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace orderstream::sqlite
