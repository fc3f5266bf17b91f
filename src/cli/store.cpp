#include "cli/store.h"

#include <filesystem>
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
    return StorePart{.engine = "sqlite",
                     .place = storage.data_dir,
                     .port = std::move(*opened),
                     .listing = std::move(listing),
                     .prepare = [] { return tl::expected<void, StoreObstacle>(); }};
}

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
    auto prepare = [&log, store = store.get(), skip = postgres.skip_migrations,
                    migrator = postgres::Migrator(dsn, std::move(*migrations))] {
        tl::expected<void, postgres::Obstacle> ready;
        if (skip) {
            ready = migrator.check();
        } else {
            ready = migrator.up().map([&log](int steps) {
                if (steps > 0) log.info("the schema is up to date", {{"steps", steps}});
            });
        }
        return ready.and_then([store] { return store->connect(); }).map_error(to_store_obstacle);
    };
    return StorePart{.engine = "postgres",
                     .place = postgres::place_of(dsn),
                     .port = std::move(store),
                     .listing = std::make_unique<postgres::PostgresListing>(
                         postgres::PostgresListing::Options{.dsn = dsn, .patience = {}}, log),
                     .prepare = prepare};
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
