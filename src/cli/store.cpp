#include "cli/store.h"

#include <filesystem>
#include <mutex>
#include <utility>
#include <vector>

#include "cli/migrations.h"
#include "postgres/postgres_listing.h"
#include "postgres/postgres_store.h"
#include "sqlite/sqlite_listing.h"
#include "sqlite/sqlite_store.h"

namespace orderstream::cli {

namespace {

tl::expected<StorePart, std::string> open_sqlite(const config::Storage& storage) {
    auto opened = sqlite::SqliteStore::open(storage.data_dir);
    if (!opened) return tl::unexpected(std::move(opened).error());
    auto listing = std::make_unique<sqlite::SqliteListing>(**opened);
    StorePart part{.engine = "sqlite",
                   .place = storage.data_dir,
                   .one_writer = true,
                   .port = std::move(*opened),
                   .listing = std::move(listing),
                   .prepare = [] { return tl::expected<void, StoreObstacle>(); },
                   .trouble = {}};
    part.trouble = [store = part.port.get()] { return store->trouble(); };
    return part;
}

/// What prepare() has met, for those who ask meanwhile whether the store works. Thread-safe.
class Preparation {
  public:
    void went(const tl::expected<void, StoreObstacle>& ready) {
        const std::lock_guard lock(mutex_);
        in_the_way_ = ready ? std::string() : ready.error().message;
    }
    [[nodiscard]] std::string in_the_way() const {
        const std::lock_guard lock(mutex_);
        return in_the_way_;
    }

  private:
    mutable std::mutex mutex_;
    std::string in_the_way_ = "not prepared yet";
};

StoreObstacle to_store_obstacle(postgres::Obstacle obstacle) {
    switch (obstacle.kind) {
        case postgres::Obstacle::Kind::away: return {StoreObstacle::Kind::away, std::move(obstacle.message)};
        case postgres::Obstacle::Kind::in_use: return {StoreObstacle::Kind::in_use, std::move(obstacle.message)};
        case postgres::Obstacle::Kind::refused: break;
    }
    return {StoreObstacle::Kind::refused, std::move(obstacle.message)};
}

tl::expected<StorePart, std::string> make_postgres(const config::Postgres& postgres, bool alone,
                                                   const telemetry::Log& log) {
    const std::string dsn = postgres_dsn(postgres);
    auto migrations = migrations_of(postgres);
    if (!migrations) return tl::unexpected(std::move(migrations).error());
    auto store = std::make_unique<postgres::PostgresStore>(
        postgres::PostgresStore::Options{.dsn = dsn, .patience = {}, .sole = alone}, log);
    auto preparation = std::make_shared<Preparation>();
    auto prepare = [&log, preparation, store = store.get(), skip = postgres.skip_migrations,
                    migrator = postgres::Migrator(dsn, std::move(*migrations))] {
        tl::expected<void, postgres::Obstacle> schema;
        if (skip) {
            schema = migrator.check();
        } else {
            schema = migrator.up().map([&log](int steps) {
                if (steps > 0) log.info("the schema is up to date", {{"steps", steps}});
            });
        }
        auto ready = schema.and_then([store] { return store->connect(); }).map_error(to_store_obstacle);
        preparation->went(ready);
        return ready;
    };
    auto trouble = [preparation, store = store.get()] {
        std::string in_the_way = preparation->in_the_way();
        return in_the_way.empty() ? store->trouble() : in_the_way;
    };
    return StorePart{.engine = "postgres",
                     .place = postgres::place_of(dsn),
                     .one_writer = false,
                     .port = std::move(store),
                     .listing = std::make_unique<postgres::PostgresListing>(
                         postgres::PostgresListing::Options{.dsn = dsn, .patience = {}}, log),
                     .prepare = std::move(prepare),
                     .trouble = std::move(trouble)};
}

}  // namespace

std::string postgres_dsn(const config::Postgres& postgres) {
    if (!postgres.dsn.empty()) return postgres.dsn;
    std::string dsn;
    const auto add = [&dsn](std::string_view keyword, std::string_view value) {
        if (value.empty()) return;
        dsn.append(dsn.empty() ? "" : " ").append(keyword).append("='");
        for (const char c : value) {
            if (c == '\'' || c == '\\') dsn += '\\';
            dsn += c;
        }
        dsn += '\'';
    };
    add("host", postgres.host);
    add("port", std::to_string(postgres.port));
    add("user", postgres.user);
    add("password", postgres.password);
    add("dbname", postgres.database);
    add("sslmode", postgres.ssl_mode);
    return dsn;
}

tl::expected<StorePart, std::string> make_store(const config::Config& config, bool alone, const telemetry::Log& log) {
    return config.postgres.named() ? make_postgres(config.postgres, alone, log) : open_sqlite(config.storage);
}

}  // namespace orderstream::cli
