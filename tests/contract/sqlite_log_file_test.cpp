// What the writing connection's log looks like from outside: to other connections, and to the disk.

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>

#include "contract/store_sqlite.h"
#include "sqlite/log_file.h"
#include "sqlite/statement.h"

namespace {

// Of this process: log files, and databases.
std::atomic<int> log_fsyncs = 0;
std::atomic<int> database_fsyncs = 0;

}  // namespace

/// In place of the C library's: counts, then does the same.
extern "C" int fdatasync(int descriptor) {
    const std::filesystem::path file = std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", descriptor));
    if (file.string().ends_with("-wal")) ++log_fsyncs;
    if (file.extension() == ".db") ++database_fsyncs;
    return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

namespace orderstream::contract {
namespace {

class SqliteLogFile : public testing::Test {
  protected:
    SqliteLogFile() {
        writer.execute("PRAGMA journal_mode = WAL");
        writer.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY, padding BLOB)");
    }

    void insert(int rows) {
        writer.execute(
            fmt::format("WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted LIMIT {}) "
                        "INSERT INTO numbers (padding) SELECT randomblob(1000) FROM counted",
                        rows));
    }

    std::string seen_by_others(const std::string& sql) const { return run_sql(directory.path(), sql); }

    TemporaryDirectory directory;
    sqlite::Connection writer = sqlite::open_for_writing(directory.path() / "orderstream.db");
};

/// Of this process.
std::uint64_t write_calls() {
    std::ifstream counters("/proc/self/io");
    std::string name;
    std::uint64_t value = 0;
    while (counters >> name >> value) {
        if (name == "syscw:") return value;
    }
    throw std::runtime_error("no syscw in /proc/self/io");
}

TEST_F(SqliteLogFile, a_commit_is_there_for_others_and_not_fsynced) {
    insert(1);  // begins the log
    const int before = log_fsyncs;
    insert(1);
    EXPECT_EQ(seen_by_others("SELECT count(*) FROM numbers"), "2");
    EXPECT_EQ(log_fsyncs, before);
}

TEST_F(SqliteLogFile, a_commit_of_many_pages_is_written_in_few_pieces) {
    insert(1);
    const std::uint64_t before = write_calls();
    insert(1000);  // 340 pages
    EXPECT_LT(write_calls() - before, 20u);
    EXPECT_EQ(seen_by_others("SELECT count(*) FROM numbers"), "1001");
}

TEST_F(SqliteLogFile, what_does_not_fit_into_the_page_cache_can_be_read_rolled_back_and_written_again) {
    writer.execute("PRAGMA cache_size = 10");
    writer.execute("BEGIN");
    insert(1000);
    sqlite::Statement count(writer, "SELECT count(*), total(length(padding)) FROM numbers");
    {
        sqlite::Rows rows = count.query();
        ASSERT_TRUE(rows.next());
        EXPECT_EQ(rows.integer(0), 1000);
        EXPECT_EQ(rows.integer(1), 1'000'000);
    }
    EXPECT_EQ(seen_by_others("SELECT count(*) FROM numbers"), "0");
    writer.execute("ROLLBACK");
    EXPECT_EQ(seen_by_others("SELECT count(*) FROM numbers"), "0");
    insert(500);
    insert(1);
    EXPECT_EQ(seen_by_others("SELECT count(*) || ' ' || total(length(padding)) FROM numbers"), "501 501000.0");
    EXPECT_EQ(seen_by_others("PRAGMA integrity_check"), "ok");
}

TEST_F(SqliteLogFile, a_checkpoint_fsyncs_the_log_and_the_database) {
    insert(100);
    const int log_before = log_fsyncs;
    const int database_before = database_fsyncs;
    writer.checkpoint();
    EXPECT_EQ(log_fsyncs, log_before + 1);
    EXPECT_EQ(database_fsyncs, database_before + 1);
}

// Else a crash could leave the old log's beginning readable: commits that the database has left behind.
TEST_F(SqliteLogFile, a_log_that_starts_again_fsyncs_its_new_header) {
    insert(100);
    writer.checkpoint();
    const int before = log_fsyncs;
    insert(1);
    EXPECT_EQ(log_fsyncs, before + 1);
    EXPECT_EQ(seen_by_others("SELECT count(*) FROM numbers"), "101");
}

}  // namespace
}  // namespace orderstream::contract
