#include "contract/postgres_store.h"

#include <gtest/gtest.h>

namespace orderstream::contract {
namespace {

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract,
                         testing::ValuesIn(in_all_batch_sizes({.name = "postgres",
                                                               .make = std::make_unique<PostgresUnderTest>})),
                         [](const auto& adapter) { return adapter.param.name; });

}  // namespace
}  // namespace orderstream::contract
