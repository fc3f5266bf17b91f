#include "sqlite/sqlite_listing.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "sqlite/listing_sql.h"
#include "sqlite/log_sync.h"
#include "sqlite/long_reads.h"
#include "sqlite/order_rows.h"
#include "sqlite/reader_pool.h"

namespace orderstream::sqlite {
namespace {

namespace limits = order::limits;
using ports::ListingError;
using ports::ListQuery;
using ports::OrderFilter;
using ports::OrderPage;
using ports::StatisticsLine;

struct ListingReader : Reader {
    explicit ListingReader(const std::filesystem::path& file)
        : Reader(file),
          rows(connection),
          // Groups made here: SQLite would sort all rows first (a million: 0.8 s instead of 0.3 s).
          amounts(connection, "SELECT kind, status, currency, total_amount FROM orders NOT INDEXED") {}

    FindRow rows;
    Statement amounts;
};

using Key = std::variant<order::Time, order::Money, std::string_view>;

std::optional<Key> key_of(const std::optional<ports::ListPosition>& after) {
    if (!after) return std::nullopt;
    if (const auto* status = std::get_if<order::Status>(&after->key)) return order::to_string(*status);
    if (const auto* time = std::get_if<order::Time>(&after->key)) return *time;
    return std::get<order::Money>(after->key);
}

std::int64_t integer(std::size_t number) { return static_cast<std::int64_t>(number); }

/// One more than the page has place for, if there are so many.
std::vector<Seq> find_page(Connection& connection, const ListQuery& query) {
    const OrderFilter& filter = query.filter;
    const std::optional<order::OrderId> after_id = query.after ? std::optional(query.after->id) : std::nullopt;
    Statement find(connection, page_sql(query));
    Rows rows = find.query(filter.customer_id, filter.email, filter.currency, filter.min_amount, filter.max_amount,
                           filter.created_from, filter.created_to, key_of(query.after), after_id,
                           integer(query.limit + 1), integer(query.offset));
    std::vector<Seq> found;
    while (rows.next()) found.push_back(rows.integer64(0));
    return found;
}

OrderPage read_page(ListingReader& reader, const ListQuery& query) {
    const std::vector<Seq> found = find_page(reader.connection, query);
    OrderPage page;
    std::size_t bytes = 0;
    for (const Seq seq : found) {
        if (page.orders.size() == query.limit) break;
        std::optional<OrderRow> row = reader.rows.whole(seq);
        if (!row) throw Failure(SQLITE_CORRUPT, "an order without a payload");
        bytes += row->order.payload->size();
        if (bytes > limits::page_bytes_max && !page.orders.empty()) break;
        page.orders.push_back(std::make_shared<const order::Order>(std::move(row->order)));
    }
    page.more = page.orders.size() < found.size();
    return page;
}

/// Counted up to one more than is told.
std::size_t count(Connection& connection, const OrderFilter& filter) {
    Statement counting(connection, count_sql(filter));
    Rows rows = counting.query(filter.customer_id, filter.email, filter.currency, filter.min_amount, filter.max_amount,
                               filter.created_from, filter.created_to, integer(limits::list_total_max + 1));
    rows.next();
    return static_cast<std::size_t>(rows.integer64(0));
}

OrderPage list(ListingReader& reader, const ListQuery& query) {
    OrderPage page = read_page(reader, query);
    const bool reaches_the_end = !page.more && !query.after && (query.offset == 0 || !page.orders.empty());
    const std::size_t total =
        reaches_the_end ? query.offset + page.orders.size() : count(reader.connection, query.filter);
    page.total = std::min(total, limits::list_total_max);
    page.total_is_capped = total > limits::list_total_max;
    return page;
}

std::vector<StatisticsLine> count_all(ListingReader& reader) {
    struct Group {
        std::int64_t count = 0;
        order::MoneySum::Cents cents = 0;
    };
    using Names = std::tuple<std::string, std::string, std::string>;  // kind, status, currency
    std::map<Names, Group, std::less<>> groups;
    Rows rows = reader.amounts.query();
    while (rows.next()) {
        const std::tuple names(rows.text(0), rows.text(1), rows.text(2));
        auto found = groups.find(names);
        if (found == groups.end()) found = groups.emplace(names, Group()).first;
        ++found->second.count;
        found->second.cents += rows.integer64(3);
    }

    std::vector<StatisticsLine> lines;
    lines.reserve(groups.size());
    for (const auto& [names, group] : groups) {
        const auto& [kind_name, status_name, currency] = names;
        const std::optional<order::Kind> kind = order::parse_kind(kind_name);
        const std::optional<order::Status> status = order::parse_status(status_name);
        if (!kind || !status) throw Failure(SQLITE_CORRUPT, "orders of unknown kind or status");
        lines.push_back({.kind = *kind,
                         .status = *status,
                         .currency = currency,
                         .count = group.count,
                         .total_amount = order::MoneySum(group.cents)});
    }
    return lines;
}

}  // namespace

struct SqliteListing::Parts {
    Parts(const std::filesystem::path& file, LogSync& the_log, LongReads& reads, std::chrono::milliseconds patience)
        : log(the_log),
          long_reads(reads),
          timeout(patience),
          readers(limits::listing_threads, [file] { return std::make_unique<ListingReader>(file); }) {}

    template <class Read>
    [[nodiscard]] auto run(Read read) -> ports::ListingResult<std::invoke_result_t<Read&, ListingReader&>> {
        using Answer = std::optional<std::invoke_result_t<Read&, ListingReader&>>;
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        const auto late = [&] { return std::chrono::steady_clock::now() >= deadline; };
        auto fault = ListingError::Fault::unavailable;
        while (true) {
            long_reads.wait();
            ports::StoreResult<Answer> answer = readers.run([&](ListingReader& reader) -> Answer {
                const BreakOff break_off(reader.connection, [&] { return late() || long_reads.paused(); });
                try {
                    return read(reader);
                } catch (const Failure& failure) {
                    if (failure.primary_code() != SQLITE_INTERRUPT) throw;
                    if (!late()) return std::nullopt;
                    fault = ListingError::Fault::took_too_long;
                    throw Failure(failure.code(), fmt::format("given up after {} ms", timeout.count()));
                }
            });
            if (!answer) return tl::unexpected(ListingError{fault, std::move(answer.error().message)});
            if (!*answer) continue;
            log.wait(log.newest());  // what is not on the disk yet is shown to nobody
            return std::move(**answer);
        }
    }

    LogSync& log;
    LongReads& long_reads;
    std::chrono::milliseconds timeout;
    ReaderPool<ListingReader> readers;
};

SqliteListing::SqliteListing(SqliteStore& store, std::chrono::milliseconds timeout)
    : parts_(std::make_unique<Parts>(store.file(), store.log(), store.long_reads(), timeout)) {}
SqliteListing::~SqliteListing() = default;

ports::ListingResult<OrderPage> SqliteListing::list(const ListQuery& query) {
    return parts_->run([&](ListingReader& reader) { return sqlite::list(reader, query); });
}

ports::ListingResult<std::vector<StatisticsLine>> SqliteListing::statistics() { return parts_->run(count_all); }

}  // namespace orderstream::sqlite
