#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/local_cache.h"
#include "inprocess/in_process_bus.h"
#include "pipeline/ack_waiters.h"
#include "pipeline/batch_writer.h"
#include "pipeline/intake.h"
#include "pipeline/listings.h"
#include "pipeline/orders.h"
#include "pipeline/pricing_processor.h"
#include "pipeline/publisher.h"
#include "pipeline/reads.h"
#include "pipeline/worker.h"
#include "sqlite/sqlite_listing.h"
#include "sqlite/sqlite_store.h"
#include "telemetry/log.h"
#include "unit/pipeline/support/changes.h"
#include "unit/pipeline/support/faulty_bus.h"
#include "unit/pipeline/support/faulty_store.h"
#include "unit/pipeline/support/manual_clock.h"

namespace orderstream::pipeline::testing {

/// A directory that goes with its end.
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// One request: a submission and what was answered to it.
struct Caller {
    SubmissionPtr submission;
    std::shared_ptr<std::vector<Outcome>> answers;

    [[nodiscard]] bool answered() const { return !answers->empty(); }
    /// The one answer; the test fails if there is none, or more than one.
    [[nodiscard]] Outcome outcome() const;
    [[nodiscard]] Result result() const { return outcome().result; }
};

/// The order that a read came to, null where it found none; or why it failed.
struct Reader {
    std::shared_ptr<std::vector<tl::expected<order::OrderPtr, ReadFault>>> answers;
    [[nodiscard]] bool answered() const { return !answers->empty(); }
    [[nodiscard]] tl::expected<order::OrderPtr, ReadFault> answer() const;
};

/// The pricing processor, unless a test says how it fares with an order.
class ScriptedProcessor final : public ports::OrderProcessor {
  public:
    using Script = std::function<std::optional<ports::ProcessingResult>(const ports::Event&)>;
    Script script;
    std::function<void()> meanwhile;
    std::vector<ports::Event> seen;

    std::vector<ports::ProcessingResult> process(std::span<const ports::Event> events) override;

  private:
    PricingProcessor pricing_;
};

/// A cache whose server can be away, in front of a real one.
class FaultyCache final : public ports::OrderCache {
  public:
    explicit FaultyCache(ports::OrderCache& cache) : cache_(cache) {}
    bool untold = false;  ///< it cannot be told of changes
    std::function<void()> before_get;
    std::function<void()> after_get;
    std::function<void()> before_advance;

    order::OrderPtr peek(const order::OrderId& id) override { return cache_.peek(id); }
    Lookup get(std::span<const order::OrderId> ids) override {
        happen(before_get);
        Lookup lookup = cache_.get(ids);
        happen(after_get);
        return lookup;
    }
    void fill(Ticket ticket, std::span<const order::OrderPtr> orders) override { cache_.fill(ticket, orders); }
    bool advance(std::span<const ports::OrderStamp> stamps) override {
        happen(before_advance);
        return !untold && cache_.advance(stamps);
    }
    Stats stats() const override { return cache_.stats(); }
    std::string trouble() override { return cache_.trouble(); }

  private:
    static void happen(const std::function<void()>& hook) {
        if (const auto copy = hook) copy();  // it may replace itself
    }

    ports::OrderCache& cache_;
};

/// A whole pipeline without threads: each part is moved by hand, in any order a test likes. Behind it are a real SQLite
/// store, a real in-process bus and a real cache.
class World {
  public:
    struct Setup {
        Intake::Limits limits = Intake::default_limits();
        Worker::Options worker{.batch_events = 512};
        inprocess::InProcessBus::Bounds bus{};
        std::size_t reads_waiting = 100;
    };

    World() : World(Setup{}) {}
    explicit World(Setup setup);
    ~World();

    // --- what callers do ---
    Caller submit(order::Change change, std::chrono::milliseconds wait = 30s);
    /// A change from its caller to the store, and no further; returns what was answered if it was.
    Caller store(order::Change change, std::chrono::milliseconds wait = 30s);
    Reader get(int number);
    Reader find_by_external(std::string external_id);

    // --- steps ---
    bool write() { return parts().intake.write_batch(); }
    bool work() { return parts().worker->turn(0ms); }
    bool read() { return parts().reads.read_batch(); }
    /// What the service's threads do every few milliseconds.
    void keep_house();
    void keep_time();
    void pass(std::chrono::milliseconds time) { clock.pass(time); }
    /// Idle for as long as settled notes are kept for a batch to come.
    void let_notes_go();
    /// write() and work() as long as there is something to do.
    void run();
    /// The process ends without a word, and another one opens the store.
    void restart();
    /// The worker ends, and another one takes over: what was not done() is delivered again.
    void replace_worker();

    // --- what is there ---
    [[nodiscard]] order::OrderPtr row(int number);
    [[nodiscard]] std::vector<ports::Note> notes();
    /// Whether the note is there, also as a receipt.
    [[nodiscard]] bool has_receipt(const ports::NoteId& note);

    FaultyStore& faults() { return parts().store; }
    FaultyBus& bus() { return parts().bus; }
    FaultyCache& cache() { return parts().cache; }
    Intake& intake() { return parts().intake; }
    Publisher& publisher() { return parts().publisher; }
    AckWaiters& waiters() { return parts().waiters; }
    Reads& reads() { return parts().reads; }
    Orders& orders() { return parts().orders; }
    Worker& worker() { return *parts().worker; }

    ManualClock clock;
    ScriptedProcessor processor;
    bool leaving = false;
    std::string log_text;

  private:
    struct Parts {
        Parts(World& world, std::unique_ptr<sqlite::SqliteStore> opened);

        std::unique_ptr<sqlite::SqliteStore> sqlite;
        FaultyStore store;
        FaultyBus bus;
        std::unique_ptr<cache::LocalCache> local_cache;
        FaultyCache cache;
        Publisher publisher;
        BatchWriter writer;
        Reads reads;
        AckWaiters waiters;
        Intake intake;
        sqlite::SqliteListing listing;
        Listings listings;
        Orders orders;
        std::unique_ptr<Worker> worker;
    };

    Parts& parts() { return *parts_; }
    void start();
    void end();
    std::unique_ptr<Worker> make_worker(Parts& parts);

    const Setup setup_;
    TemporaryDirectory directory_;
    telemetry::Log log_;
    order::Uuid7Source ids_;
    std::unique_ptr<Parts> parts_;
    std::vector<SubmissionPtr> submissions_;
};

}  // namespace orderstream::pipeline::testing
