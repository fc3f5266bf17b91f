#include "sqlite/sqlite_listing.h"

namespace orderstream::sqlite {

struct SqliteListing::Parts {
    std::filesystem::path data_dir;
};

SqliteListing::SqliteListing(const std::filesystem::path& data_dir) : parts_(new Parts{data_dir}) {}
SqliteListing::~SqliteListing() = default;

ports::StoreResult<ports::OrderPage> SqliteListing::list(const ports::ListQuery& /*query*/) {
    return tl::unexpected(ports::StoreError{ports::StoreFault::unavailable, "not there yet"});
}

ports::StoreResult<std::vector<ports::StatisticsLine>> SqliteListing::statistics() {
    return tl::unexpected(ports::StoreError{ports::StoreFault::unavailable, "not there yet"});
}

}  // namespace orderstream::sqlite
