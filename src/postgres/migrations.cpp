#include "postgres/migrations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "postgres/failure.h"

namespace orderstream::postgres {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A step may rewrite a large table, and another replica may be at it: nothing here is in a hurry.
constexpr Patience unhurried{.connect = 5s, .silence = 6h, .statement = 0s, .lock = 0s};

/// IEEE 802.3, as golang-migrate reckons the number of its lock.
std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = 0xffffffff;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/// database.GenerateAdvisoryLockId(database, schema, table) of golang-migrate v4.
std::uint32_t lock_number(std::string_view database, std::string_view schema) {
    constexpr std::uint32_t salt = 1486364155;
    std::string name(schema);
    name.append(1, '\0').append("schema_migrations").append(1, '\0').append(database);
    return crc32(name) * salt;
}

template <class... Parts>
Obstacle refusal(fmt::format_string<Parts...> format, Parts&&... parts) {
    return {Obstacle::Kind::refused, fmt::format(format, std::forward<Parts>(parts)...)};
}

constexpr std::string_view up_suffix = ".up.sql";
constexpr std::string_view down_suffix = ".down.sql";

/// What "0001_init.up.sql" says.
struct FileName {
    std::int64_t version = 0;
    std::string name;
    bool up = false;
};

std::optional<FileName> parse_file_name(std::string_view text) {
    FileName file;
    file.up = text.ends_with(up_suffix);
    if (!file.up && !text.ends_with(down_suffix)) return std::nullopt;
    text.remove_suffix(file.up ? up_suffix.size() : down_suffix.size());
    const std::size_t bar = text.find('_');
    if (bar == std::string_view::npos) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + bar, file.version);
    if (error != std::errc() || end != text.data() + bar || file.version < 1) return std::nullopt;
    file.name = text.substr(bar + 1);
    return file;
}

}  // namespace

tl::expected<std::vector<Migration>, std::string> read_migrations(const fs::path& folder) {
    std::error_code error;
    fs::directory_iterator files(folder, error);
    if (error) {
        return tl::unexpected(fmt::format("cannot read the migrations in '{}': {}", folder.string(), error.message()));
    }
    std::map<std::int64_t, Migration> found;
    for (const fs::directory_entry& entry : files) {
        const std::optional<FileName> file = parse_file_name(entry.path().filename().string());
        if (!file) continue;
        std::ifstream stream(entry.path(), std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(stream), {}};
        if (!stream) return tl::unexpected(fmt::format("cannot read '{}'", entry.path().string()));
        Migration& migration = found[file->version];
        if (!migration.name.empty() && migration.name != file->name) {
            return tl::unexpected(fmt::format("'{}' has two migrations of version {}: {} and {}", folder.string(),
                                              file->version, migration.name, file->name));
        }
        migration.version = file->version;
        migration.name = file->name;
        (file->up ? migration.up : migration.down) = std::move(text);
    }
    if (found.empty()) return tl::unexpected(fmt::format("there are no migrations in '{}'", folder.string()));
    std::vector<Migration> migrations;
    for (auto& [version, migration] : found) migrations.push_back(std::move(migration));
    return migrations;
}

tl::expected<std::vector<fs::path>, std::string> create_migration(const fs::path& folder, const std::string& name) {
    const auto in_a_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    if (name.empty() || !std::ranges::all_of(name, in_a_name)) {
        return tl::unexpected(fmt::format("'{}' is no name for a migration: it may have a-z, 0-9 and _", name));
    }
    std::error_code error;
    fs::create_directories(folder, error);
    std::int64_t newest = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        const std::optional<FileName> file = parse_file_name(entry.path().filename().string());
        if (file) newest = std::max(newest, file->version);
    }
    std::vector<fs::path> paths;
    for (const std::string_view suffix : {up_suffix, down_suffix}) {
        paths.push_back(folder / fmt::format("{:04}_{}{}", newest + 1, name, suffix));
        std::ofstream stream(paths.back());
        stream << "BEGIN;\n\nCOMMIT;\n";
        if (!stream.flush()) return tl::unexpected(fmt::format("cannot write '{}'", paths.back().string()));
    }
    return paths;
}

/// A connection that holds the lock of the database's migrations. Throws Failure.
class Migrator::Session {
  public:
    explicit Session(const std::string& dsn) : connection_(dsn, "orderstream migrate", unhurried) {
        const Rows names = connection_.execute("SELECT current_database(), current_schema()");
        database_ = names.bytes(0, 0);
        connection_.execute(fmt::format("SELECT pg_advisory_lock({})", lock_number(database_, names.bytes(0, 1))));
    }

    [[nodiscard]] const std::string& database() const { return database_; }

    [[nodiscard]] bool is_true(const std::string& expression) {
        return connection_.execute("SELECT " + expression).bytes(0, 0) == "t";
    }
    [[nodiscard]] bool has_table(std::string_view name) {
        return is_true(fmt::format("to_regclass(quote_ident(current_schema()) || '.{}') IS NOT NULL", name));
    }

    [[nodiscard]] Version version() {
        if (!has_table("schema_migrations")) return {};
        const Rows rows = connection_.execute("SELECT version, dirty FROM schema_migrations LIMIT 1");
        if (rows.size() == 0) return {};
        Version version;
        std::int64_t number = 0;
        const std::string_view text = rows.bytes(0, 0);
        std::from_chars(text.data(), text.data() + text.size(), number);
        if (number > 0) version.number = number;
        version.dirty = rows.bytes(0, 1) == "t";
        return version;
    }

    void set_version(const Version& version) {
        std::string sql =
            "BEGIN; CREATE TABLE IF NOT EXISTS schema_migrations "
            "(version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); DELETE FROM schema_migrations; ";
        if (version.number || version.dirty) {
            constexpr std::int64_t none = -1;
            sql += fmt::format("INSERT INTO schema_migrations (version, dirty) VALUES ({}, {}); ",
                               version.number.value_or(none), version.dirty);
        }
        connection_.execute(sql + "COMMIT");
    }

    /// The text of one file, which brings its own transaction or none.
    void run(const std::string& script) { connection_.execute(script); }

  private:
    Connection connection_;
    std::string database_;
};

Migrator::Migrator(std::string dsn, std::vector<Migration> migrations)
    : dsn_(std::move(dsn)), migrations_(std::move(migrations)) {}

template <class Work>
auto Migrator::locked(Work work) const -> decltype(work(std::declval<Session&>())) {
    try {
        Session session(dsn_);
        return work(session);
    } catch (const Failure& failure) {
        return tl::unexpected(obstacle_of(failure));
    }
}

std::int64_t Migrator::newest() const { return migrations_.empty() ? 0 : migrations_.back().version; }

std::optional<Obstacle> Migrator::objection(Session& session, const Version& at) const {
    const bool has_orders = session.has_table("orders");
    const bool orders_are_ours =
        has_orders && session.is_true(
                          "count(*) = 2 FROM pg_attribute WHERE attrelid = 'orders'::regclass "
                          "AND attname IN ('bucket', 'announced_version') AND NOT attisdropped");
    if (has_orders && !orders_are_ours) {
        return refusal(
            "the database '{}' has a table `orders` that OrderStream did not make; give it a database of its own",
            session.database());
    }
    if (at.dirty) {
        return refusal(
            "the migration of the database '{}' to version {} was left half-way; put it right, then say so "
            "with `orderstream migrate force`",
            session.database(), at.number.value_or(0));
    }
    if (has_orders && !at.number) {
        return refusal(
            "the database '{}' has OrderStream's tables, but no version of its schema is written down; say "
            "which it is with `orderstream migrate force`",
            session.database());
    }
    if (!has_orders && at.number) {
        return refusal(
            "the database '{}' has a table `schema_migrations` of another program; give OrderStream a "
            "database of its own",
            session.database());
    }
    if (at.number.value_or(0) > newest()) {
        return refusal(
            "the schema of the database '{}' has version {}, made by a newer OrderStream; this one knows {} "
            "at most",
            session.database(), *at.number, newest());
    }
    return std::nullopt;
}

Migrator::Result<int> Migrator::up() const {
    return locked([&](Session& session) -> Result<int> {
        const Version at = session.version();
        if (auto why_not = objection(session, at)) return tl::unexpected(std::move(*why_not));
        int steps = 0;
        for (const Migration& migration : migrations_) {
            if (migration.version <= at.number.value_or(0)) continue;
            session.set_version({.number = migration.version, .dirty = true});
            session.run(migration.up);
            session.set_version({.number = migration.version, .dirty = false});
            ++steps;
        }
        return steps;
    });
}

Migrator::Result<int> Migrator::down(int steps) const {
    return locked([&](Session& session) -> Result<int> {
        Version at = session.version();
        if (auto why_not = objection(session, at)) return tl::unexpected(std::move(*why_not));
        int taken = 0;
        for (; taken < steps && at.number; ++taken) {
            const auto migration = std::ranges::find(migrations_, *at.number, &Migration::version);
            if (migration == migrations_.end() || migration->down.empty()) {
                return tl::unexpected(refusal("there is no way back from version {}", *at.number));
            }
            at.number = migration == migrations_.begin() ? std::nullopt : std::optional(std::prev(migration)->version);
            session.set_version({.number = at.number, .dirty = true});
            session.run(migration->down);
            session.set_version(at);
        }
        return taken;
    });
}

Migrator::Result<Migrator::Version> Migrator::version() const {
    return locked([](Session& session) -> Result<Version> { return session.version(); });
}

Migrator::Result<void> Migrator::force(std::optional<std::int64_t> version) const {
    return locked([&](Session& session) -> Result<void> {
        const bool known =
            !version || std::ranges::find(migrations_, *version, &Migration::version) != migrations_.end();
        if (!known) return tl::unexpected(refusal("there is no migration of version {}", *version));
        session.set_version({.number = version, .dirty = false});
        return {};
    });
}

Migrator::Result<void> Migrator::check() const {
    return locked([&](Session& session) -> Result<void> {
        const Version at = session.version();
        if (auto why_not = objection(session, at)) return tl::unexpected(std::move(*why_not));
        if (at.number.value_or(0) < newest()) {
            return tl::unexpected(
                refusal("the schema of the database '{}' has version {}, this OrderStream needs {}: "
                        "`orderstream migrate up`",
                        session.database(), at.number.value_or(0), newest()));
        }
        return {};
    });
}

}  // namespace orderstream::postgres
