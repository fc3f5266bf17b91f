#include "postgres/postgres_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "postgres/connection_pool.h"
#include "postgres/failure.h"
#include "postgres/listing_page.h"
#include "postgres/statistics.h"

namespace orderstream::postgres {
namespace {

namespace limits = order::limits;

using namespace std::chrono_literals;
using ports::ListingError;

// Every transaction is of one moment and changes nothing. Compiling a plan takes longer than a page does.
constexpr const char* session_sql =
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET jit = off";

/// The server gives a question up before the silence does.
Patience patience_of(const PostgresListing::Options& options) {
    Patience patience = options.patience;
    patience.statement = options.timeout;
    patience.silence = std::max<std::chrono::milliseconds>(patience.silence, options.timeout + 1s);
    return patience;
}

}  // namespace

struct PostgresListing::Parts {
    Parts(Options what, const telemetry::Log& where)
        : options(std::move(what)),
          log(where),
          pool(limits::listing_threads, ConnectionPool::AfterTwoBreaks::unavailable, [this] { return connect(); }) {}

    std::unique_ptr<Connection> connect() {
        try {
            auto connection = std::make_unique<Connection>(options.dsn, fmt::format("{} listing", options.application),
                                                           patience_of(options));
            connection->execute(session_sql);
            connection->prepare({}, Plans::by_server);
            log.debug("connected to PostgreSQL", {{"for", "listing"}, {"backend", connection->backend_pid()}});
            return connection;
        } catch (const Failure& failure) {
            log.warn("cannot connect to PostgreSQL", {{"for", "listing"}, {"error", failure.what()}});
            throw;
        }
    }

    template <class Read>
    [[nodiscard]] auto run(Read read) -> ports::ListingResult<std::invoke_result_t<Read&, Connection&>> {
        auto fault = ListingError::Fault::unavailable;
        auto answer = pool.run([&](Connection& connection) {
            try {
                return read(connection);
            } catch (const Failure& failure) {
                if (failure.sqlstate() == statement_timeout) fault = ListingError::Fault::took_too_long;
                throw;
            }
        });
        if (!answer) return tl::unexpected(ListingError{fault, std::move(answer.error().message)});
        return std::move(*answer);
    }

    Options options;
    const telemetry::Log& log;
    ConnectionPool pool;
};

PostgresListing::PostgresListing(Options options, const telemetry::Log& log)
    : parts_(std::make_unique<Parts>(std::move(options), log)) {}
PostgresListing::~PostgresListing() = default;

ports::ListingResult<ports::OrderPage> PostgresListing::list(const ports::ListQuery& query) {
    return parts_->run(
        [&](Connection& connection) { return listing::read_page(connection, query, parts_->options.count_time); });
}

ports::ListingResult<std::vector<ports::StatisticsLine>> PostgresListing::statistics() {
    return parts_->run([](Connection& connection) { return statistics::read(connection); });
}

}  // namespace orderstream::postgres
