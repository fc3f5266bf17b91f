// The one suite with threads and a real clock: the service and a worker as a program runs them.
#include "pipeline/service.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "unit/pipeline/support/world.h"

namespace orderstream::pipeline::testing {
namespace {

Clock real_clock() {
    return {.now = [] { return std::chrono::steady_clock::now(); },
            .sleep = [](std::chrono::milliseconds pause) { std::this_thread::sleep_for(pause); }};
}

/// Service, worker and what they need, with all their threads.
class Program {
  public:
    explicit Program(const std::filesystem::path& directory)
        : sqlite_(sqlite::SqliteStore::open(directory).value()),
          listing_(*sqlite_),
          store(*sqlite_),
          cache_(cache::make_lru_cache({.orders_max = 100})),
          worker_(store, bus_, processor_, real_clock(), [] { return 0.5; }, log_, {.batch_events = 64}),
          service_({.store = store, .listing = listing_, .publisher = bus_, .acks = bus_, .cache = *cache_},
                   real_clock(), log_) {
        service_.start();
        worker_thread_ = std::thread([this] { worker_.run(); });
    }
    ~Program() { end(); }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    void end() {
        if (!worker_thread_.joinable()) return;
        service_.finish();
        worker_.stop();
        worker_thread_.join();
    }
    /// The worker is gone; what is stored waits.
    void stop_worker() {
        worker_.stop();
        worker_thread_.join();
        worker_thread_ = std::thread([] {});
    }

    [[nodiscard]] std::future<Outcome> submit(order::Change change, std::chrono::milliseconds wait = 30s) {
        auto answer = std::make_shared<std::promise<Outcome>>();
        service_.orders().submit(std::make_shared<Submission>(
            std::move(change), wait, [answer](Outcome outcome) { answer->set_value(std::move(outcome)); }));
        return answer->get_future();
    }
    [[nodiscard]] order::OrderPtr read(int number) {
        if (order::OrderPtr found = service_.orders().peek(order_id(number))) return found;
        std::promise<order::OrderPtr> promise;
        service_.orders().get(order_id(number), [&](auto answer) { promise.set_value(answer ? *answer : nullptr); });
        return promise.get_future().get();
    }
    Service& service() { return service_; }

  private:
    std::unique_ptr<sqlite::SqliteStore> sqlite_;
    sqlite::SqliteListing listing_;

  public:
    FaultyStore store;

  private:
    std::unique_ptr<cache::LocalCache> cache_;
    inprocess::InProcessBus bus_{{}};
    PricingProcessor processor_;
    telemetry::Log log_{telemetry::Level::off};
    Worker worker_;
    Service service_;
    std::thread worker_thread_;
};

TEST(Service, ManyCallersAreAllAnsweredOnceAndReadWhatTheyWereTold) {
    TemporaryDirectory directory;
    Program program(directory.path());
    constexpr int callers = 8;
    constexpr int rounds = 20;
    std::atomic<int> stale = 0;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int caller = 1; caller <= callers; ++caller) {
        threads.emplace_back([&, caller] {
            for (int round = 1; round <= rounds; ++round) {
                const Outcome outcome =
                    program.submit(round == 1 ? create(caller) : replace(caller, 100 * round)).get();
                if (outcome.result != Result::processed || outcome.version != round) ++wrong;
                const order::OrderPtr row = program.read(caller);
                if (row == nullptr || row->version < round || row->processed_version < round) ++stale;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(stale, 0);
    EXPECT_TRUE(program.service().idle());
    for (int caller = 1; caller <= callers; ++caller) {
        const order::OrderPtr row = program.read(caller);
        EXPECT_EQ(row->version, rounds);
        EXPECT_EQ(row->status, order::Status::done);
        EXPECT_EQ(row->total_amount.cents(), 100 * rounds);
    }
}

TEST(Service, ManyCallersOfOneOrderWithoutAGap) {
    TemporaryDirectory directory;
    Program program(directory.path());
    ASSERT_EQ(program.submit(create(1)).get().result, Result::processed);
    constexpr int callers = 4;
    constexpr int rounds = 25;
    std::mutex mutex;
    std::vector<int> versions;
    std::vector<std::thread> threads;
    for (int caller = 0; caller < callers; ++caller) {
        threads.emplace_back([&] {
            for (int round = 0; round < rounds; ++round) {
                const Outcome outcome = program.submit(replace(1, 100), round % 2 == 0 ? 30s : 0ms).get();
                const order::OrderPtr row = program.read(1);
                const std::lock_guard lock(mutex);
                versions.push_back(outcome.version);
                EXPECT_GE(row->version, outcome.version);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::ranges::sort(versions);
    ASSERT_EQ(versions.size(), static_cast<std::size_t>(callers * rounds));
    for (std::size_t i = 0; i < versions.size(); ++i) EXPECT_EQ(versions[i], static_cast<int>(i) + 2);
}

TEST(Service, AStoreThatComesAndGoesLosesNothingItAccepted) {
    TemporaryDirectory directory;
    std::vector<int> stored;
    {
        Program program(directory.path());
        std::atomic<bool> over = false;
        std::thread trouble([&] {
            while (!over) {
                program.store.set_away(true);
                std::this_thread::yield();
                program.store.set_away(false);
                program.store.lose_the_answer(Call::apply);
                program.store.fail(Call::apply, ports::StoreFault::conflict);
                program.store.fail(Call::complete, ports::StoreFault::conflict);
                std::this_thread::sleep_for(2ms);
            }
        });
        // On a busy machine the store may be away for the first 60 of them.
        for (int i = 1; i <= 60 || (stored.size() < 10 && i <= 100'000); ++i) {
            const Outcome outcome = program.submit(create(i), 0ms).get();
            if (outcome.result == Result::stored) stored.push_back(i);
        }
        over = true;
        trouble.join();
        program.store.forget();
        for (const int number : stored) {
            EXPECT_EQ(program.submit(replace(number, 200)).get().result, Result::processed) << number;
        }
    }
    const auto store = sqlite::SqliteStore::open(directory.path()).value();
    EXPECT_FALSE(stored.empty());
    for (const int number : stored) {
        const order::OrderId id = order_id(number);
        const order::OrderPtr row = store->fetch({&id, 1}).value().front();
        ASSERT_NE(row, nullptr);
        EXPECT_EQ(row->version, 2);
        EXPECT_EQ(row->status, order::Status::done);
    }
}

TEST(Service, AnOrderlyEndAnswersEverybodyAndTheNextStartGoesOn) {
    TemporaryDirectory directory;
    std::vector<std::future<Outcome>> waiting;
    {
        Program program(directory.path());
        program.stop_worker();
        for (int i = 1; i <= 20; ++i) waiting.push_back(program.submit(create(i)));
        program.service().leave();
        program.service().cut_waiting(std::chrono::steady_clock::now());
        program.end();
        EXPECT_EQ(program.submit(create(21)).get().result, Result::unavailable);
    }
    for (std::future<Outcome>& answer : waiting) EXPECT_EQ(answer.get().result, Result::stored);
    Program next(directory.path());
    // The notes of the program that has ended bring their orders to the worker; a change after them waits its turn.
    for (int i = 1; i <= 20; ++i) {
        EXPECT_EQ(next.submit(replace(i, 300)).get().result, Result::processed);
        EXPECT_EQ(next.read(i)->total_amount.cents(), 300);
    }
}

TEST(Service, CallersWhoHangUpAreForgotten) {
    TemporaryDirectory directory;
    Program program(directory.path());
    program.stop_worker();
    std::vector<SubmissionPtr> submissions;
    std::atomic<int> answered = 0;
    for (int i = 1; i <= 50; ++i) {
        submissions.push_back(std::make_shared<Submission>(create(i), 30s, [&](const Outcome&) { ++answered; }));
        program.service().orders().submit(submissions.back());
    }
    for (const SubmissionPtr& submission : submissions) program.service().orders().abandon(submission);
    program.end();
    EXPECT_EQ(answered, 0);
    EXPECT_EQ(program.service().waiters().size(), 0U);
}

}  // namespace
}  // namespace orderstream::pipeline::testing
