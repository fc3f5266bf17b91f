#include "postgres/postgres_listing.h"

#include <utility>

namespace orderstream::postgres {

struct PostgresListing::Parts {
    Options options;
    const telemetry::Log& log;
};

PostgresListing::PostgresListing(Options options, const telemetry::Log& log)
    : parts_(new Parts{std::move(options), log}) {}
PostgresListing::~PostgresListing() = default;

ports::StoreResult<ports::OrderPage> PostgresListing::list(const ports::ListQuery& /*query*/) {
    return tl::unexpected(ports::StoreError{ports::StoreFault::unavailable, "not there yet"});
}

ports::StoreResult<std::vector<ports::StatisticsLine>> PostgresListing::statistics() {
    return tl::unexpected(ports::StoreError{ports::StoreFault::unavailable, "not there yet"});
}

}  // namespace orderstream::postgres
