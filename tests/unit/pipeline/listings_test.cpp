// Questions about many orders: where they wait, who answers them, and what is told when there is no answer.
#include "pipeline/listings.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "order/limits.h"
#include "unit/pipeline/support/manual_clock.h"

namespace orderstream::pipeline::testing {
namespace {

namespace limits = order::limits;
using ports::ListingError;

/// Says what the test wants to hear, and what happens meanwhile.
class ScriptedListing final : public ports::OrderListing {
  public:
    std::optional<ListingError::Fault> fault;
    std::function<void()> meanwhile;
    std::vector<std::size_t> asked;  ///< the limits of the questions, which tell them apart
    std::int64_t counts = 0;

    ports::ListingResult<ports::OrderPage> list(const ports::ListQuery& query) override {
        asked.push_back(query.limit);
        happen();
        if (fault) return tl::unexpected(ports::ListingError{.fault = *fault, .message = "gone"});
        ports::OrderPage page;
        page.total = query.limit;
        return page;
    }
    ports::ListingResult<std::vector<ports::StatisticsLine>> statistics() override {
        ++counts;
        happen();
        if (fault) return tl::unexpected(ports::ListingError{.fault = *fault, .message = "gone"});
        return std::vector<ports::StatisticsLine>{{.currency = "EUR", .count = counts, .total_amount = {}}};
    }

  private:
    void happen() const {
        if (const auto copy = meanwhile) copy();
    }
};

template <class T>
using Answers = std::shared_ptr<std::vector<tl::expected<T, ReadFault>>>;

class ListingsTest : public ::testing::Test {
  protected:
    static constexpr std::size_t waiting_max = 3;

    Answers<ports::OrderPage> list(std::size_t number) {
        auto answers = std::make_shared<Answers<ports::OrderPage>::element_type>();
        ports::ListQuery query;
        query.limit = number;
        listings.list(std::move(query), [answers](auto page) { answers->push_back(std::move(page)); });
        return answers;
    }
    Answers<Statistics> statistics() {
        auto answers = std::make_shared<Answers<Statistics>::element_type>();
        listings.statistics([answers](auto lines) { answers->push_back(std::move(lines)); });
        return answers;
    }

    std::string log_text;
    telemetry::Log log{telemetry::Level::info, telemetry::LogFormat::text,
                       [this](std::string_view line) { log_text += line; }};
    ManualClock clock;
    ScriptedListing listing;
    Listings listings{listing, clock.clock(), log, waiting_max};
};

/// The one answer; null pointer semantics are the test's business.
template <class T>
tl::expected<T, ReadFault> only(const Answers<T>& answers) {
    EXPECT_EQ(answers->size(), 1U) << "answers";
    return answers->size() == 1 ? answers->front() : tl::unexpected(ReadFault::unavailable);
}

TEST_F(ListingsTest, answers_one_question_after_the_other_in_their_order) {
    EXPECT_FALSE(listings.serve_one());
    const auto first = list(1);
    const auto second = list(2);
    EXPECT_TRUE(first->empty()) << "nothing happens on the asker's thread";

    EXPECT_TRUE(listings.serve_one());
    ASSERT_TRUE(only(first));
    EXPECT_EQ(only(first)->total, 1U);
    EXPECT_TRUE(second->empty());

    EXPECT_TRUE(listings.serve_one());
    EXPECT_EQ(only(second)->total, 2U);
    EXPECT_EQ(listing.asked, (std::vector<std::size_t>{1, 2}));
    EXPECT_FALSE(listings.serve_one());
}

TEST_F(ListingsTest, has_so_many_places_and_no_more) {
    for (std::size_t i = 1; i <= waiting_max; ++i) EXPECT_TRUE(list(i)->empty());
    EXPECT_EQ(only(list(9)).error(), ReadFault::overloaded);
    for (std::size_t i = 1; i <= waiting_max; ++i)
        EXPECT_TRUE(statistics()->empty()) << "they have places of their own";
    EXPECT_EQ(only(statistics()).error(), ReadFault::overloaded);

    EXPECT_TRUE(listings.serve_one());
    EXPECT_TRUE(list(4)->empty()) << "a place is free again";
    while (listings.serve_one()) {
    }
    EXPECT_EQ(listing.asked, (std::vector<std::size_t>{1, 2, 3, 4})) << "nobody asked for the one without a place";
}

TEST_F(ListingsTest, does_not_ask_for_those_who_have_lost_patience) {
    const auto early = list(1);
    clock.pass(std::chrono::milliseconds(1));
    const auto late = list(2);
    clock.pass(limits::listing_timeout - std::chrono::milliseconds(1));

    EXPECT_TRUE(listings.serve_one());
    EXPECT_TRUE(listings.serve_one());
    EXPECT_EQ(only(early).error(), ReadFault::overloaded);
    EXPECT_TRUE(only(late));
    EXPECT_EQ(listing.asked, (std::vector<std::size_t>{2}));
}

TEST_F(ListingsTest, says_that_a_question_took_too_long) {
    listing.fault = ListingError::Fault::took_too_long;
    const auto page = list(1);
    const auto lines = statistics();
    while (listings.serve_one()) {
    }
    EXPECT_EQ(only(page).error(), ReadFault::took_too_long);
    EXPECT_EQ(only(lines).error(), ReadFault::took_too_long);
}

TEST_F(ListingsTest, says_that_the_store_is_away_and_logs_why) {
    listing.fault = ListingError::Fault::unavailable;
    const auto page = list(1);
    const auto one = statistics();
    const auto other = statistics();
    while (listings.serve_one()) {
    }
    EXPECT_EQ(only(page).error(), ReadFault::unavailable);
    EXPECT_EQ(only(one).error(), ReadFault::unavailable);
    EXPECT_EQ(only(other).error(), ReadFault::unavailable);
    EXPECT_NE(log_text.find("a listing failed"), std::string::npos) << log_text;
    EXPECT_NE(log_text.find("the statistics failed"), std::string::npos) << log_text;
    EXPECT_NE(log_text.find("gone"), std::string::npos) << log_text;

    listing.fault.reset();
    const auto again = statistics();
    EXPECT_TRUE(listings.serve_one());
    EXPECT_TRUE(only(again)) << "a count that failed stands in nobody's way";
}

TEST_F(ListingsTest, counts_once_for_all_who_wait) {
    const auto one = statistics();
    const auto other = statistics();
    EXPECT_TRUE(listings.serve_one());
    EXPECT_FALSE(listings.serve_one());
    EXPECT_EQ(listing.counts, 1);
    ASSERT_TRUE(only(one));
    EXPECT_EQ(only(one)->get(), only(other)->get()) << "they share what was counted";
    EXPECT_EQ((*only(one))->at(0).count, 1);
}

TEST_F(ListingsTest, who_asks_while_it_counts_is_told_by_the_next_count) {
    Answers<Statistics> late;
    Answers<ports::OrderPage> page;
    listing.meanwhile = [&] {
        listing.meanwhile = {};
        late = statistics();
        EXPECT_FALSE(listings.serve_one()) << "one thread counts at a time";
        page = list(7);
        EXPECT_TRUE(listings.serve_one()) << "another one has a list to see to";
    };
    const auto early = statistics();
    EXPECT_TRUE(listings.serve_one());
    EXPECT_EQ((*only(early))->at(0).count, 1);
    EXPECT_EQ(only(page)->total, 7U);
    EXPECT_TRUE(late->empty());

    EXPECT_TRUE(listings.serve_one());
    EXPECT_EQ((*only(late))->at(0).count, 2);
}

TEST_F(ListingsTest, lists_come_before_counts) {
    const auto lines = statistics();
    const auto page = list(1);
    EXPECT_TRUE(listings.serve_one());
    EXPECT_TRUE(only(page));
    EXPECT_TRUE(lines->empty());
}

TEST_F(ListingsTest, once_closed_nobody_waits_any_more) {
    const auto page = list(1);
    const auto lines = statistics();
    listings.close();
    EXPECT_TRUE(page->empty()) << "answers come from a thread that is in run()";
    listings.run();
    EXPECT_EQ(only(page).error(), ReadFault::unavailable);
    EXPECT_EQ(only(lines).error(), ReadFault::unavailable);
    EXPECT_TRUE(listing.asked.empty());
    EXPECT_EQ(listing.counts, 0);

    EXPECT_EQ(only(list(2)).error(), ReadFault::unavailable);
    EXPECT_EQ(only(statistics()).error(), ReadFault::unavailable);
}

TEST_F(ListingsTest, many_threads_answer_everything_once) {
    constexpr int questions = 200;
    class Counting final : public ports::OrderListing {
      public:
        ports::ListingResult<ports::OrderPage> list(const ports::ListQuery&) override { return ports::OrderPage(); }
        ports::ListingResult<std::vector<ports::StatisticsLine>> statistics() override {
            const int others = inside_.fetch_add(1);
            EXPECT_EQ(others, 0) << "one count at a time";
            inside_.fetch_sub(1);
            return std::vector<ports::StatisticsLine>();
        }

      private:
        std::atomic<int> inside_ = 0;
    } counting;
    Listings shared(counting, clock.clock(), log, 2 * questions);
    std::vector<std::atomic<int>> answers(2 * questions);
    std::atomic<int> answered = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back([&shared] { shared.run(); });
    for (std::size_t i = 0; i < questions; ++i) {
        shared.list({}, [&, i](const auto& page) {
            EXPECT_TRUE(page);
            ++answers[2 * i];
            ++answered;
        });
        shared.statistics([&, i](const auto& lines) {
            EXPECT_TRUE(lines);
            ++answers[2 * i + 1];
            ++answered;
        });
    }
    while (answered < 2 * questions) std::this_thread::yield();
    shared.close();
    for (std::thread& thread : threads) thread.join();
    for (const std::atomic<int>& count : answers) EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace orderstream::pipeline::testing
