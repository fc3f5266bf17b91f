#pragma once

#include <tl/expected.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "config/config.h"
#include "ports/order_listing.h"
#include "ports/order_store.h"
#include "telemetry/log.h"

namespace orderstream::cli {

/// What stands between a store and its use.
struct StoreObstacle {
    enum class Kind {
        away,     ///< for now: wait
        in_use,   ///< by another process, which may be about to end
        refused,  ///< for good
    };
    Kind kind = Kind::refused;
    std::string message;
};

/// The store in force.
struct StorePart {
    std::string_view engine;
    std::string place;        ///< where the orders are, for the log
    bool one_writer = false;  ///< the intake and the worker of this process write by turns
    std::unique_ptr<ports::OrderStore> port;
    std::unique_ptr<ports::OrderListing> listing;  ///< of the same orders
    /// Brings its schema up to date and makes sure that it can be used; again as long as it is in the way.
    std::function<tl::expected<void, StoreObstacle>()> prepare;
    /// Empty: it works; else why not. Until it was prepared it is not asked: what it needs may not be there yet.
    std::function<std::string()> trouble;
};

/// `alone`: no other process may use it at the same time. The error is a sentence.
[[nodiscard]] tl::expected<StorePart, std::string> make_store(const config::Config& config, bool alone,
                                                              const telemetry::Log& log);

/// What libpq takes: the DSN that was given, or one made of DB_HOST and its like.
[[nodiscard]] std::string postgres_dsn(const config::Postgres& postgres);

}  // namespace orderstream::cli
