#pragma once

#include <memory>
#include <optional>
#include <string>

#include "contract/postgres_server.h"
#include "contract/store_contract.h"
#include "postgres/postgres_listing.h"
#include "postgres/postgres_store.h"

namespace orderstream::contract {

/// A database with our schema, and a clock in it that stands still until a test moves it.
[[nodiscard]] std::string make_store_database();

[[nodiscard]] const telemetry::Log& silent_log();

/// That adopts at once; by way of a proxy, if its port is given.
[[nodiscard]] std::unique_ptr<postgres::PostgresStore> open_postgres(const std::string& database,
                                                                     std::optional<int> port = std::nullopt);

/// Waits until no other session is at this database.
void wait_for_sessions_to_end(const std::string& database);

/// A database for all of them, one after the other, emptied for each.
class PostgresUnderTest final : public StoreUnderTest {
  public:
    PostgresUnderTest();
    /// Of every one.
    [[nodiscard]] static const std::string& database();
    [[nodiscard]] ports::OrderStore& store() override { return *store_; }
    [[nodiscard]] ports::OrderListing& listing() override { return *listing_; }
    void restart() override;
    void let_pass(std::chrono::milliseconds time) override;

  private:
    void open();

    std::unique_ptr<postgres::PostgresStore> store_;
    std::unique_ptr<postgres::PostgresListing> listing_;
};

}  // namespace orderstream::contract
