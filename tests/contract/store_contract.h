#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "order/ids.h"
#include "ports/order_listing.h"
#include "ports/order_store.h"

namespace orderstream::contract {

/// One store, empty, as the contract suite needs it.
class StoreUnderTest {
  public:
    virtual ~StoreUnderTest() = default;

    /// The session that is open now.
    [[nodiscard]] virtual ports::OrderStore& store() = 0;
    /// Of the same data.
    [[nodiscard]] virtual ports::OrderListing& listing() = 0;
    /// The session dies without a word and another one opens the same data: store() and listing() from now on.
    virtual void restart() = 0;
    /// That much time passes by the store's clock.
    virtual void let_pass(std::chrono::milliseconds time) = 0;
};

struct StoreAdapter {
    std::string name;
    std::function<std::unique_ptr<StoreUnderTest>()> make;
    /// What a test hands over at once goes to the store in batches of at most so many: no answer may depend on it.
    std::size_t batch_orders_max = 512;
    friend std::ostream& operator<<(std::ostream& out, const StoreAdapter& adapter) { return out << adapter.name; }
};

/// The adapter under its own name, and as `..._in_batches_of_1` and `_2`.
[[nodiscard]] std::vector<StoreAdapter> in_all_batch_sizes(const StoreAdapter& adapter);

/// What every store keeps, whatever it is made of; an adapter instantiates it with its own StoreAdapters.
class StoreContract : public testing::TestWithParam<StoreAdapter> {
  protected:
    struct OrderItem {
        std::int64_t cents = 0;
        std::int32_t quantity = 1;
    };

    StoreContract();

    [[nodiscard]] StoreUnderTest& under_test() { return *under_test_; }
    [[nodiscard]] ports::OrderStore& store() { return under_test_->store(); }
    [[nodiscard]] ports::OrderListing& listing() { return under_test_->listing(); }
    void restart() { under_test_->restart(); }
    void let_pass(std::chrono::milliseconds time) { under_test_->let_pass(time); }

    // Calls that must succeed, cut into batches; one result per item.
    std::vector<ports::ChangeResult> apply(const std::vector<order::Change>& changes);
    std::vector<ports::StepResult> begin(const std::vector<order::OrderVersion>& versions);
    std::vector<ports::StepResult> complete(const std::vector<ports::Step>& ends);
    std::vector<order::OrderPtr> fetch(const std::vector<order::OrderId>& ids);

    // The same for one.
    ports::ChangeResult apply(const order::Change& change);
    ports::StepResult begin(const order::OrderVersion& version);
    ports::StepResult complete(const ports::Step& end);
    order::OrderPtr fetch(const order::OrderId& id);

    /// One call of the port, whatever the batch size.
    ports::StoreResult<std::vector<ports::ChangeResult>> apply_whole(const ports::NoteId& note,
                                                                     const std::vector<order::Change>& changes,
                                                                     const std::vector<ports::NoteId>& settled = {});
    void defer(const std::vector<ports::Deferral>& deferrals);
    /// With a lease of 30 s.
    std::vector<ports::DueRetry> claim(std::size_t limit = 100);
    /// The session's notes that are not published.
    std::vector<ports::Note> open_notes(std::optional<ports::NoteId> after = std::nullopt, std::size_t limit = 1000);

    [[nodiscard]] order::OrderId new_id() { return {ids_.next()}; }
    [[nodiscard]] ports::NoteId new_note() { return ids_.next(); }

    // Changes that differ in what a test may want to recognise. A checkout's document is what its door makes of it: one
    // item at the order's whole price.
    [[nodiscard]] order::Change create(order::Kind kind = order::Kind::generic);
    /// Gives the change's order that external id, in its document too, where a store may look for it.
    static void rename(order::Change& change, std::string_view external_id);
    /// Makes a checkout of these items, whose total is their sum.
    static void set_items(order::Change& change, const std::vector<OrderItem>& items);
    /// Makes the document anew, of what the change says about customer, external id, e-mail, currency and amount.
    static void write_document(order::Change& change, std::string_view fields = R"({"rewritten":true})");
    /// By the owner of what `created` made; `payload` is the document, besides what its kind must have.
    [[nodiscard]] order::Change replace(const order::Change& created, std::string_view payload = R"({"new":true})");
    [[nodiscard]] order::Change set_status(const order::Change& created, order::Status status);
    /// A create that no store takes, for its currency is none.
    [[nodiscard]] order::Change refused();

    /// Stores what `created` says and takes it to `status`, wherever the lifecycle can bring one there.
    void store_in(const order::Change& created, order::Status status);
    order::Change order_in(order::Kind kind, order::Status status);

    static ports::Step processed(const order::OrderVersion& version, std::int64_t cents = 4999);
    /// The first version, at the price and in the currency that the document has.
    static ports::Step processed_as_asked(const order::Change& created);
    static ports::Step failed(const order::OrderVersion& version, std::string reason = "no such price");
    static ports::Step acknowledged(const order::OrderVersion& version);

  private:
    template <class Result, class Item, class Call>
    std::vector<Result> in_batches(const std::vector<Item>& items, Call call);

    std::unique_ptr<StoreUnderTest> under_test_;
    order::Uuid7Source ids_;
    int created_ = 0;
};

/// Everything of an order but its payload, as text, so that a failing test shows both sides.
[[nodiscard]] std::string describe_head(const order::Order& order);
/// With its payload, as a text that is the same for equal documents.
[[nodiscard]] std::string describe(const order::Order& order);
[[nodiscard]] std::string describe(const order::OrderPtr& order);
[[nodiscard]] std::string describe(const ports::Note& note);

}  // namespace orderstream::contract
