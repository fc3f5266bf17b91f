// Random interleavings of everything that happens to a pipeline, against a model of what callers were told.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "order/limits.h"
#include "unit/pipeline/support/world.h"

namespace orderstream::pipeline::testing {
namespace {

using order::Status;
using ports::StoreFault;

class Story {
  public:
    explicit Story(unsigned seed) : random_(seed), world_(setup(seed)) {
        world_.processor.script = [this](const ports::Event& event) { return fare(event); };
    }

    void run(int steps) {
        for (int i = 0; i < steps; ++i) step();
        come_to_rest();
        check();
    }

  private:
    static constexpr int orders = 6;

    /// One change that somebody asked for, and what came of it.
    struct Asked {
        order::Change change;
        Caller caller;
        bool abandoned = false;
        bool dead = false;  ///< its process died before it was answered
    };

    static World::Setup setup(unsigned seed) {
        World::Setup setup;
        setup.limits.batch_orders = seed % 3 == 0 ? 3 : 50;
        setup.bus.events_max = seed % 2 == 0 ? 5 : 1000;
        setup.worker.mark_processing = seed % 5 != 0;
        setup.worker.batch_events = seed % 4 == 0 ? 2 : 100;
        return setup;
    }

    int roll(int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(random_); }
    bool chance(int percent) { return roll(100) < percent; }

    std::optional<ports::ProcessingResult> fare(const ports::Event& event) {
        if (chance(5)) return ports::FailedForNow{"for now"};
        // Whether a document is refused is a property of the document, as it would be with a real processor.
        if (refused(event.order->total_amount.cents())) return ports::Refused{"refused"};
        return std::nullopt;
    }
    static bool refused(std::int64_t cents) { return cents % 10 == 7; }

    void step() {
        switch (roll(12)) {
            case 0:
            case 1:
            case 2: ask(); break;
            case 3:
            case 4: world_.write(); break;
            case 5:
            case 6: world_.work(); break;
            case 7:
                world_.keep_house();
                world_.keep_time();
                break;
            case 8: world_.pass(std::chrono::milliseconds(roll(1500))); break;
            case 9: read(); break;
            case 10: store_trouble(); break;
            case 11: other_trouble(); break;
        }
    }

    void ask() {
        const int number = roll(orders) + 1;
        const int cents = ++documents_;
        order::Change change;
        switch (roll(8)) {
            case 0:
            case 1:
            case 2: change = create_once(number, 100 * number + 1); break;
            case 3: change = remove(number); break;
            case 4: change = set_status(number, Status::cancelled); break;
            default: change = replace(number, cents); break;
        }
        // Deleted and cancelled orders are dull: there are few of them.
        if (change.verb == order::Verb::set_status && !chance(10)) change = replace(number, cents);
        if (change.verb == order::Verb::replace && chance(5)) change = refused_by_the_store(std::move(change));
        if (change.verb == order::Verb::replace && chance(10)) change = if_match(roll(20) + 1, std::move(change));
        const std::chrono::milliseconds waits[] = {0ms, 1s, 30s};
        Asked asked{.change = change, .caller = world_.submit(change, waits[roll(3)])};
        if (chance(5)) {
            world_.orders().abandon(asked.caller.submission);
            asked.abandoned = true;
        }
        asked_.push_back(std::move(asked));
    }

    /// A read begun now shows nothing older than what anybody was told before.
    void read() {
        const int number = roll(orders) + 1;
        std::map<int, int> told;
        for (const Asked& asked : asked_) {
            if (!asked.caller.answered()) continue;
            const Outcome& outcome = asked.caller.answers->front();
            int& newest = told[order_number(asked.change)];
            newest = std::max(newest, outcome.version);
        }
        const order::OrderPtr peeked = world_.orders().peek(order_id(number));
        if (peeked != nullptr) {
            EXPECT_GE(peeked->version, told[number]);
        }
        const Reader reader = world_.get(number);
        world_.read();
        const auto answer = reader.answer();
        if (!answer) return;
        EXPECT_GE(*answer == nullptr ? 0 : (*answer)->version, told[number]);
    }

    void store_trouble() {
        constexpr Call calls[] = {Call::apply,          Call::receipt,       Call::open_notes, Call::delete_notes,
                                  Call::mark_published, Call::complete,      Call::defer,      Call::claim_due,
                                  Call::fetch_heads,    Call::fetch,         Call::apply,      Call::complete,
                                  Call::begin,          Call::delete_retries};
        const Call call = calls[roll(static_cast<int>(std::size(calls)))];
        switch (roll(4)) {
            case 0: world_.faults().fail(call, StoreFault::unavailable, roll(3) + 1); break;
            case 1: world_.faults().fail(call, StoreFault::conflict, roll(3) + 1); break;
            case 2: world_.faults().lose_the_answer(chance(50) ? Call::apply : Call::complete); break;
            case 3: world_.faults().fail(Call::apply, StoreFault::fate_unknown); break;
        }
    }

    void other_trouble() {
        switch (roll(7)) {
            case 0: world_.bus().lose_acks = chance(50); break;
            case 1: world_.bus().away = chance(30); break;
            case 2: world_.bus().sends_to_refuse = roll(3); break;
            case 3: world_.bus().publishes_to_lose = roll(2); break;
            case 4:
                if (!world_.bus().published.empty()) {
                    const auto& published = world_.bus().published;
                    const ports::Event event =
                        published[static_cast<std::size_t>(roll(static_cast<int>(published.size())))];
                    world_.bus().deliver_again(event);
                }
                break;
            case 5:
                world_.worker().stop();
                world_.work();  // leaves what it meets in trouble
                world_.replace_worker();
                break;
            case 6:
                if (chance(30)) restart();
                break;
        }
    }

    void restart() {
        remember_acks();
        for (Asked& asked : asked_) {
            if (!asked.caller.answered()) asked.dead = true;
        }
        world_.restart();
    }

    void remember_acks() {
        for (const ports::Announcement& announcement : world_.bus().announcements) {
            announced_[announcement.order->id].insert(announcement.event_id);
        }
    }

    void come_to_rest() {
        world_.faults().forget();
        world_.bus().away = false;
        world_.bus().lose_acks = false;
        world_.bus().sends_to_refuse = 0;
        world_.bus().publishes_to_lose = 0;
        for (int i = 0; i < 60; ++i) {
            world_.run();
            world_.keep_house();
            world_.keep_time();
            world_.pass(1s);
        }
        remember_acks();
    }

    void check() {
        EXPECT_EQ(world_.waiters().size(), 0U);
        EXPECT_EQ(world_.intake().queued(), 0U);
        EXPECT_EQ(world_.bus().waiting(), 0U);
        EXPECT_TRUE(world_.notes().empty()) << "nothing waits to be published";
        EXPECT_TRUE(world_.bus().dead_letters.empty());
        for (const Asked& asked : asked_) {
            const std::size_t expected = asked.abandoned || asked.dead ? 0 : 1;
            EXPECT_LE(asked.caller.answers->size(), 1U);
            if (!asked.dead) {
                EXPECT_EQ(asked.caller.answers->size(), expected);
            }
        }
        for (int number = 1; number <= orders; ++number) check_order(number);
    }

    void check_order(int number) {
        const order::OrderPtr row = world_.row(number);
        const bool somebody_created = std::ranges::any_of(
            asked_, [&](const Asked& asked) { return order_number(asked.change) == number && accepted(asked); });
        if (row == nullptr) {
            EXPECT_FALSE(somebody_created) << "order " << number << " was accepted and is not there";
            return;
        }
        EXPECT_EQ(row->processed_version, row->version) << "every stored version is processed";

        // What callers were told of versions: each once, none beyond the row's, and its document where it is the last.
        std::map<int, const order::Change*> applied;
        int unknown = 0;
        for (const Asked& asked : asked_) {
            if (order_number(asked.change) != number) continue;
            if (!accepted(asked)) {
                if (possible(asked)) ++unknown;
                continue;
            }
            const Outcome& outcome = asked.caller.answers->front();
            if (outcome.replayed || outcome.result == Result::unchanged) continue;
            EXPECT_TRUE(applied.emplace(outcome.version, &asked.change).second)
                << "order " << number << ": two changes were told version " << outcome.version;
            EXPECT_LE(outcome.version, row->version);
        }
        EXPECT_GE(static_cast<int>(applied.size()) + unknown, row->version) << "versions without a gap";
        if (const auto last = applied.find(row->version); last != applied.end()) check_last(*row, *last->second);
        EXPECT_LE(announced_[row->id].size(), 1U) << "one event_id however often it is said";
        EXPECT_EQ(row->announced_version != 0, !announced_[row->id].empty());
    }

    static void check_last(const order::Order& row, const order::Change& change) {
        if (change.verb == order::Verb::set_status) {
            EXPECT_EQ(row.status, change.new_status);
            return;
        }
        EXPECT_EQ(*row.payload, *change.document.payload);
        EXPECT_TRUE(row.status == Status::done || row.status == Status::failed);
        if (refused(change.document.total_amount.cents())) {
            EXPECT_EQ(row.status, Status::failed);
        }
        if (row.status == Status::done) {
            EXPECT_EQ(row.total_amount, change.document.total_amount);
        }
    }

    static int order_number(const order::Change& change) {
        for (int number = 1; number <= orders; ++number) {
            if (change.order_id == order_id(number)) return number;
        }
        return 0;
    }

    /// The caller was told that its change is in the store.
    static bool accepted(const Asked& asked) {
        if (!asked.caller.answered()) return false;
        switch (asked.caller.answers->front().result) {
            case Result::processed:
            case Result::stored:
            case Result::failed: return true;
            default: return false;
        }
    }
    /// It may be in the store, for all its caller knows.
    static bool possible(const Asked& asked) {
        if (!asked.caller.answered()) return true;
        return asked.caller.answers->front().result == Result::fate_unknown;
    }

    std::mt19937 random_;
    World world_;
    std::vector<Asked> asked_;
    int documents_ = 1000;
    std::map<order::OrderId, std::set<order::Uuid>> announced_;
};

class Interleavings : public ::testing::TestWithParam<unsigned> {};

TEST_P(Interleavings, EndAsTold) {
    Story story(GetParam());
    story.run(400);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Interleavings, ::testing::Range(1U, 41U));

}  // namespace
}  // namespace orderstream::pipeline::testing
