#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/listing_contract.h"
#include "contract/store_sqlite.h"

namespace orderstream::contract {
namespace {

INSTANTIATE_TEST_SUITE_P(Sqlite, ListingContract,
                         testing::Values(StoreAdapter{.name = "sqlite", .make = std::make_unique<SqliteUnderTest>}),
                         [](const auto& adapter) { return adapter.param.name; });

}  // namespace
}  // namespace orderstream::contract
