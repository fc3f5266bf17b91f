#pragma once

#include <tl/expected.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "postgres/connection.h"
#include "postgres/obstacle.h"

namespace orderstream::postgres {

/// One step of the schema, forth and back. Written as files for golang-migrate: 0001_init.up.sql, 0001_init.down.sql.
struct Migration {
    std::int64_t version = 0;
    std::string name;
    std::string up;
    std::string down;
};

/// Those compiled in, from the folder migrations/; sorted.
[[nodiscard]] std::vector<Migration> embedded_migrations();
/// Those of a folder, sorted. The error is a sentence for the user.
[[nodiscard]] tl::expected<std::vector<Migration>, std::string> read_migrations(const std::filesystem::path& folder);
/// Writes the next pair of files, still empty, and answers their paths.
[[nodiscard]] tl::expected<std::vector<std::filesystem::path>, std::string> create_migration(
    const std::filesystem::path& folder, const std::string& name);

/// Brings a database's schema to a version and back. Bookkeeping and lock are golang-migrate's, so that one may use
/// either: the table schema_migrations(version, dirty), and an advisory lock for as long as a call lasts, so that
/// replicas that start at once wait for each other. Each call is a session of its own. A step that failed half-way
/// leaves its version marked as dirty, and nothing but force() goes on from there.
class Migrator {
  public:
    struct Version {
        std::optional<std::int64_t> number;  ///< none: no migration was applied
        bool dirty = false;
    };
    template <class T>
    using Result = tl::expected<T, Obstacle>;

    Migrator(std::string dsn, std::vector<Migration> migrations);

    /// To the newest; answers how many steps it took. Refuses a schema that is newer, dirty, or somebody else's.
    [[nodiscard]] Result<int> up() const;
    /// So many steps back, at most to none.
    [[nodiscard]] Result<int> down(int steps) const;
    [[nodiscard]] Result<Version> version() const;
    /// Writes down that the schema has this version (none: no migration) and is whole. Runs nothing.
    [[nodiscard]] Result<void> force(std::optional<std::int64_t> version) const;
    /// Says what stands in the way of working with the schema as it is; for those who do not migrate at start.
    [[nodiscard]] Result<void> check() const;

  private:
    class Session;

    template <class Work>
    auto locked(Work work) const -> decltype(work(std::declval<Session&>()));
    [[nodiscard]] std::int64_t newest() const;
    [[nodiscard]] std::optional<Obstacle> objection(Session& session, const Version& at) const;

    std::string dsn_;
    std::vector<Migration> migrations_;
};

}  // namespace orderstream::postgres
