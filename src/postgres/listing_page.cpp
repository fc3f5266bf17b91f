#include "postgres/listing_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "order/limits.h"
#include "postgres/failure.h"
#include "postgres/listing_sql.h"
#include "postgres/reads.h"

namespace orderstream::postgres::listing {
namespace {

namespace limits = order::limits;

using Clock = std::chrono::steady_clock;

// A portion of rows. What is stored compressed comes out many times larger, so that its bytes are few.
constexpr std::size_t portion_orders_max = 256;
constexpr std::size_t portion_stored_bytes_max = 512 * 1024;

// Not add_commit(): nothing hangs on whether it is heard.
const Statement end_statement{"end_list", "COMMIT"};

struct Key {
    order::OrderId id;
    std::size_t stored_bytes = 0;
};

class PageReader {
  public:
    PageReader(Connection& connection, const ports::ListQuery& query, std::chrono::milliseconds count_time)
        : connection_(connection), query_(query), count_time_(count_time) {}

    ports::OrderPage read() {
        find_keys();
        read_orders();
        know_total();
        return std::move(page_);
    }

  private:
    void find_keys() {
        const Clock::time_point begin = Clock::now();
        const listing_sql::Question question = listing_sql::keys(query_);
        connection_.add_begin().add_once(question.statement, question.parameters);
        const std::vector<Rows> answers = connection_.run();
        const Rows& rows = answers.back();
        keys_.reserve(static_cast<std::size_t>(rows.size()));
        for (int row = 0; row < rows.size(); ++row) {
            keys_.push_back({{read_uuid(rows.bytes(row, 0))}, static_cast<std::size_t>(rows.integer(row, 1))});
        }
        finding_took_ = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - begin);
    }

    void read_orders() {
        std::span<const Key> left(keys_);
        left = left.first(std::min(query_.limit, keys_.size()));
        page_.more = keys_.size() > query_.limit;
        page_.orders.reserve(left.size());
        while (!left.empty()) {
            const std::span<const Key> portion = left.first(portion_of(left));
            if (!take(portion)) {
                page_.more = true;
                return;
            }
            left = left.subspan(portion.size());
        }
    }

    static std::size_t portion_of(std::span<const Key> keys) {
        std::size_t orders = 1;
        std::size_t bytes = keys.front().stored_bytes;
        while (orders < std::min(keys.size(), portion_orders_max)) {
            bytes += keys[orders].stored_bytes;
            if (bytes > portion_stored_bytes_max) break;
            ++orders;
        }
        return orders;
    }

    /// False when the page is full before the portion is.
    bool take(std::span<const Key> portion) {
        std::vector<order::OrderId> ids;
        ids.reserve(portion.size());
        for (const Key& key : portion) ids.push_back(key.id);
        connection_.add_once(reads::wholes(), reads::parameters_for(ids));
        for (std::optional<order::Order>& order : reads::answers(connection_.run().front(), ids.size(), true)) {
            bytes_ += order.value().payload->size();
            if (bytes_ > limits::page_bytes_max && !page_.orders.empty()) return false;
            page_.orders.push_back(std::make_shared<const order::Order>(std::move(*order)));
        }
        return true;
    }

    void know_total() {
        const std::size_t shown = keys_.empty() ? 0 : query_.offset + keys_.size();
        const bool all_seen = keys_.size() <= query_.limit && (!keys_.empty() || query_.offset == 0);
        if (!query_.after && all_seen) {
            set_total(shown);
        } else if (shown > limits::list_total_max) {
            set_total(shown);
        } else if (const std::optional<std::size_t> counted = count()) {
            set_total(*counted);
            return;
        } else {
            // There are at least so many.
            page_.total = shown == 0 ? 0 : shown - 1;
            page_.total_is_capped = true;
            return;
        }
        connection_.add_once(end_statement, {}).run();
    }

    void set_total(std::size_t orders) {
        page_.total = std::min(orders, limits::list_total_max);
        page_.total_is_capped = orders > limits::list_total_max;
    }

    /// Ends the transaction, too. None when it took too long.
    std::optional<std::size_t> count() {
        const std::chrono::milliseconds patience = std::max(finding_took_, count_time_);
        const Statement hurry{"list_total_hurry", fmt::format("SET LOCAL statement_timeout = {}", patience.count())};
        const listing_sql::Question question = listing_sql::count(query_.filter, limits::list_total_max + 1);
        try {
            connection_.add_once(hurry, {}).add_once(question.statement, question.parameters);
            const std::vector<Rows> answers = connection_.add_once(end_statement, {}).run();
            return static_cast<std::size_t>(answers[1].integer64(0, 0));
        } catch (const Failure& failure) {
            if (failure.sqlstate() != statement_timeout || !connection_.roll_back()) throw;
            return std::nullopt;
        }
    }

    Connection& connection_;
    const ports::ListQuery& query_;
    std::chrono::milliseconds count_time_;
    std::vector<Key> keys_;  // of the page and, if there is one, the order behind it
    std::chrono::milliseconds finding_took_{};
    std::size_t bytes_ = 0;
    ports::OrderPage page_;
};

}  // namespace

ports::OrderPage read_page(Connection& connection, const ports::ListQuery& query,
                           std::chrono::milliseconds count_time) {
    return PageReader(connection, query, count_time).read();
}

}  // namespace orderstream::postgres::listing
