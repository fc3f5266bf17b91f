#include "postgres/statistics.h"

#include <fmt/format.h>

#include "postgres/failure.h"

namespace orderstream::postgres::statistics {
namespace {

// A sum as text: it may be past what an amount can be.
const Statement statement{
    "statistics",
    "SELECT kind, status, currency, count(*), sum(total_amount)::text FROM orders GROUP BY kind, status, currency "
    R"(ORDER BY kind COLLATE "C", status COLLATE "C", currency COLLATE "C")"};

template <class Parse>
auto parsed(Parse parse, std::string_view text) {
    auto value = parse(text);
    if (!value) throw Failure::of_server("XX001", fmt::format("the database counts orders of '{}'", text), false);
    return *value;
}

}  // namespace

std::vector<ports::StatisticsLine> read(Connection& connection) {
    const std::vector<Rows> answers = connection.add_once(statement, {}).run();
    const Rows& rows = answers.front();
    std::vector<ports::StatisticsLine> lines;
    lines.reserve(static_cast<std::size_t>(rows.size()));
    for (int row = 0; row < rows.size(); ++row) {
        lines.push_back({.kind = parsed(order::parse_kind, rows.bytes(row, 0)),
                         .status = parsed(order::parse_status, rows.bytes(row, 1)),
                         .currency = std::string(rows.bytes(row, 2)),
                         .count = rows.integer64(row, 3),
                         .total_amount = parsed(order::MoneySum::parse, rows.bytes(row, 4))});
    }
    return lines;
}

}  // namespace orderstream::postgres::statistics
