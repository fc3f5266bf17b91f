#include "unit/pipeline/support/world.h"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "order/limits.h"

namespace orderstream::pipeline::testing {

namespace fs = std::filesystem;

TemporaryDirectory::TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "orderstream-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

Outcome Caller::outcome() const {
    EXPECT_EQ(answers->size(), 1U) << "answers";
    return answers->size() == 1 ? answers->front() : Outcome();
}

tl::expected<order::OrderPtr, ReadFault> Reader::answer() const {
    EXPECT_EQ(answers->size(), 1U) << "answers";
    if (answers->size() != 1) return tl::unexpected(ReadFault::overloaded);
    return answers->front();
}

std::vector<ports::ProcessingResult> ScriptedProcessor::process(std::span<const ports::Event> events) {
    seen.insert(seen.end(), events.begin(), events.end());
    std::vector<ports::ProcessingResult> results = pricing_.process(events);
    for (std::size_t i = 0; script && i < events.size(); ++i) {
        if (auto scripted = script(events[i])) results[i] = std::move(*scripted);
    }
    if (const auto happens = meanwhile) happens();  // a copy: it may replace itself
    return results;
}

World::Parts::Parts(World& world, std::unique_ptr<sqlite::SqliteStore> opened)
    : sqlite(std::move(opened)),
      store(*sqlite),
      bus(world.setup_.bus),
      local_cache(cache::make_lru_cache({.orders_max = 1000, .now = [&world] { return world.clock.ticking(); }})),
      cache(*local_cache),
      publisher(store, bus, world.clock.clock(), world.log_),
      writer(
          store, publisher, world.ids_, world.clock.clock(), [&world] { return world.leaving; }, world.log_),
      reads(store, cache, world.clock.clock(), world.setup_.reads_waiting),
      waiters(store, reads, world.clock.clock()),
      intake(writer, publisher, waiters, reads, world.clock.clock(), world.setup_.limits),
      listing(*sqlite),
      listings(listing, world.clock.clock(), world.log_, order::limits::listings_waiting_max),
      orders(intake, waiters, reads, listings),
      worker(world.make_worker(*this)) {
    bus.subscribe([this](std::span<const ports::Ack> acks) {
        std::vector<ports::OrderStamp> stamps;
        for (const ports::Ack& ack : acks) stamps.push_back({ack.order_id, ack.version, ack.processed_version});
        reads.advance(stamps);
        waiters.hear(acks);
    });
}

World::World(Setup setup)
    : setup_(setup),
      log_(telemetry::Level::info, telemetry::LogFormat::text, [this](std::string_view line) { log_text += line; }),
      ids_([this] { return clock.wall(); },
           [seed = std::uint64_t{1}]() mutable { return seed *= 6364136223846793005U; }) {
    start();
}

World::~World() { end(); }

void World::start() {
    auto opened = sqlite::SqliteStore::open(directory_.path(), {.now = [this] { return clock.wall(); }, .fatal = {}});
    if (!opened) throw std::runtime_error(opened.error());
    parts_ = std::make_unique<Parts>(*this, std::move(*opened));
}

std::unique_ptr<Worker> World::make_worker(Parts& parts) {
    // Without jitter, so that a test knows when a retry is due.
    const auto random = [] { return 0.999; };
    return std::make_unique<Worker>(parts.store, parts.bus, processor, clock.clock(), random, log_, setup_.worker);
}

Caller World::submit(order::Change change, std::chrono::milliseconds wait) {
    Caller caller{.submission = nullptr, .answers = std::make_shared<std::vector<Outcome>>()};
    caller.submission = std::make_shared<Submission>(
        std::move(change), wait,
        [answers = caller.answers](Outcome outcome) { answers->push_back(std::move(outcome)); });
    submissions_.push_back(caller.submission);
    orders().submit(caller.submission);
    return caller;
}

Caller World::store(order::Change change, std::chrono::milliseconds wait) {
    Caller caller = submit(std::move(change), wait);
    write();
    return caller;
}

Reader World::get(int number) {
    Reader reader{std::make_shared<std::vector<tl::expected<order::OrderPtr, ReadFault>>>()};
    orders().get(order_id(number), [answers = reader.answers](auto answer) { answers->push_back(std::move(answer)); });
    return reader;
}

Reader World::find_by_external(std::string external_id) {
    Reader reader{std::make_shared<std::vector<tl::expected<order::OrderPtr, ReadFault>>>()};
    orders().find_by_external(std::string(customer), std::move(external_id),
                              [answers = reader.answers](auto answer) { answers->push_back(std::move(answer)); });
    return reader;
}

void World::keep_house() {
    publisher().keep_house();
    while (waiters().look_up()) {
    }
}

void World::keep_time() {
    intake().expire();
    waiters().expire();
    if (publisher().bus_is_away()) waiters().shorten_deadlines(clock.now());
}

void World::let_notes_go() {
    keep_house();
    pass(order::limits::note_idle_wait);
    keep_house();
}

void World::run() {
    for (bool busy = true; busy;) {
        const bool written = write();
        const bool worked = work();
        busy = written || worked;
    }
}

void World::end() {
    // Callers keep their submissions, whose places are the intake's.
    for (const SubmissionPtr& submission : submissions_) {
        submission->abandon();
        submission->queue_order_place.release();
        submission->queue_bytes_place.release();
    }
    submissions_.clear();
    parts_.reset();
}

void World::restart() {
    end();
    start();
}

void World::replace_worker() {
    parts().worker = make_worker(parts());
    bus().redeliver();
}

order::OrderPtr World::row(int number) {
    const order::OrderId id = order_id(number);
    const auto rows = parts().sqlite->fetch({&id, 1});
    return rows ? rows->front() : nullptr;
}

std::vector<ports::Note> World::notes() {
    const auto notes = parts().sqlite->open_notes(std::nullopt, 1000);
    return notes ? *notes : std::vector<ports::Note>();
}

bool World::has_receipt(const ports::NoteId& note) {
    const auto found = parts().sqlite->receipt(note);
    return found && *found;
}

}  // namespace orderstream::pipeline::testing
