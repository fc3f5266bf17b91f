#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "contract/store_contract.h"
#include "ports/order_listing.h"

namespace orderstream::contract {

/// What every listing shows of what its store holds; an adapter instantiates it with its StoreAdapter. What is expected
/// is reckoned here, plainly, from the orders as the store fetches them one by one.
class ListingContract : public StoreContract {
  protected:
    /// Orders of every kind and status, of a few customers, e-mails, currencies, amounts and moments each, so that
    /// every filter fits some of them and sorting meets many ties.
    void store_samples();
    /// As many plain orders as that, in a few batches; orders of a batch are of one moment.
    void store_orders(std::size_t count, std::chrono::milliseconds between_batches);
    /// Creates that the listing will have to show; they must be stored.
    void store_and_know(const std::vector<order::Change>& changes);
    /// In a few large calls.
    void store_many(const std::vector<order::Change>& changes);

    /// All orders that the fixture's calls have stored, as they are now.
    [[nodiscard]] std::vector<order::OrderPtr> all_orders();

    // Calls that must succeed.
    ports::OrderPage list(const ports::ListQuery& query);
    std::vector<ports::StatisticsLine> statistics();

    /// All pages of the query's limit, one after the other by their last orders' positions; `between` is called after
    /// each. Fails where a page is empty though more was promised.
    std::vector<order::OrderPtr> list_all(ports::ListQuery query, const std::function<void()>& between = {});

    /// Asks and compares with what `orders` say: orders whole, `more`, `total`.
    void expect_listed(const ports::ListQuery& query, const std::vector<order::OrderPtr>& orders);

  private:
    std::vector<order::OrderId> known_;
};

[[nodiscard]] bool fits(const order::Order& order, const ports::OrderFilter& filter);
[[nodiscard]] bool goes_before(const order::Order& a, const order::Order& b, const ports::OrderSort& sort);
/// All that fit, sorted, behind `after`; neither offset nor limit are applied.
[[nodiscard]] std::vector<order::OrderPtr> expected_list(std::vector<order::OrderPtr> orders,
                                                         const ports::ListQuery& query);

[[nodiscard]] std::vector<ports::OrderSort> all_sorts();
[[nodiscard]] std::string describe(const ports::ListQuery& query);
[[nodiscard]] std::vector<std::string> ids_of(const std::vector<order::OrderPtr>& orders);
[[nodiscard]] std::vector<std::string> describe(const std::vector<order::OrderPtr>& orders);

}  // namespace orderstream::contract
