// A process that writes is killed at any moment: what it was answered is there, and nothing is there by halves.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <random>
#include <thread>

#include "contract/store_sqlite.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;

/// What the writer says about an order, once the store has answered it.
struct Said {
    order::Uuid id{};
    int version = 0;
    int processed_version = 0;
};
static_assert(sizeof(Said) * 64 <= 4096, "a batch is one write to the pipe, whole or not at all (PIPE_BUF)");

void say(int pipe, const std::vector<Said>& all) {
    const std::size_t bytes = all.size() * sizeof(Said);
    if (::write(pipe, all.data(), bytes) != static_cast<ssize_t>(bytes)) ::_exit(1);
}

order::Change replaced(const order::Change& created) {
    order::Change change = created;
    change.verb = order::Verb::replace;
    return change;
}

/// Creates, begins, completes, replaces and settles in batches of growing size, until it is killed.
[[noreturn]] void write_until_killed(const std::filesystem::path& data_dir, int pipe) {
    const auto store = open_sqlite(data_dir);
    if (!store->adopt_notes()) ::_exit(1);
    order::Uuid7Source ids;
    std::vector<ports::NoteId> settled;
    for (std::size_t size = 1;; size = size % 60 + 1) {
        std::vector<order::Change> changes(size);
        std::vector<const order::Change*> batch;
        for (order::Change& change : changes) {
            change.order_id = {ids.next()};
            change.customer_id = "someone";
            change.document.payload = std::make_shared<const std::string>(std::string(size * 50, 'x'));
            batch.push_back(&change);
        }
        const ports::NoteId note = ids.next();
        if (!store->apply(note, batch, settled)) ::_exit(1);
        settled.clear();
        std::vector<Said> said;
        for (const order::Change& change : changes) said.push_back({change.order_id.uuid, 1, 0});
        say(pipe, said);

        std::vector<ports::Step> beginnings;
        std::vector<ports::Step> ends;
        for (const order::Change& change : changes) {
            beginnings.push_back({.order = {change.order_id, 1}, .kind = ports::Step::Kind::begun});
            ends.push_back({.order = {change.order_id, 1}, .currency = "USD"});
        }
        if (!store->take_steps(beginnings) || !store->take_steps(ends)) ::_exit(1);
        for (Said& one : said) one.processed_version = 1;
        say(pipe, said);
        settled.push_back(note);

        if (size % 7 == 0) {
            for (order::Change& change : changes) change = replaced(change);
            if (!store->apply(ids.next(), batch, {})) ::_exit(1);  // its note is never settled
            for (Said& one : said) one.version = 2;
            say(pipe, said);
        }
    }
}

using Known = std::map<order::OrderId, Said>;

/// Runs the writer, kills it after `life` and adds to `known` what it has said.
void live_and_die(const std::filesystem::path& data_dir, std::chrono::microseconds life, Known& known) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t writer = ::fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) {
        ::close(ends[0]);
        write_until_killed(data_dir, ends[1]);
    }
    ::close(ends[1]);
    std::jthread killer([&] {
        std::this_thread::sleep_for(life);
        ::kill(writer, SIGKILL);
    });
    Said said;
    while (::read(ends[0], &said, sizeof said) == static_cast<ssize_t>(sizeof said)) known[{said.id}] = said;
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(writer, &status, 0), writer);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself with " << WEXITSTATUS(status);
}

void expect_all_there(ports::OrderStore& store, const Known& known) {
    std::vector<order::OrderId> ids;
    for (const auto& [id, said] : known) ids.push_back(id);
    const auto orders = store.fetch(ids);
    ASSERT_TRUE(orders);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const order::OrderPtr& order = (*orders)[i];
        ASSERT_TRUE(order) << "an answered order is lost";
        const Said& said = known.at(ids[i]);
        ASSERT_GE(order->version, said.version);
        ASSERT_GE(order->processed_version, said.processed_version);
        ASSERT_TRUE(order->payload && !order->payload->empty());
    }
}

/// Whatever a note names is stored, and whatever is stored and unprocessed has a note.
void expect_notes_agree(ports::OrderStore& store, const Known& known) {
    ASSERT_TRUE(store.adopt_notes());
    const auto notes = store.open_notes(std::nullopt, 1'000'000);
    ASSERT_TRUE(notes);
    std::map<order::OrderId, int> noted;
    for (const ports::Note& note : *notes) {
        for (const ports::NoteEntry& entry : note.entries) {
            noted[entry.order_id] = std::max(noted[entry.order_id], entry.version);
            const auto order = store.fetch_heads(std::vector{entry.order_id});
            ASSERT_TRUE(order && order->front()) << "a note without its order";
            ASSERT_GE(order->front()->version, entry.version);
        }
    }
    for (const auto& [id, said] : known) {
        const order::OrderPtr order = store.fetch_heads(std::vector{id})->front();
        if (order->processed_version < order->version) {
            ASSERT_EQ(noted[id], order->version) << "a stored change that nobody will process";
        }
    }
}

TEST(SqliteStoreKilled, what_was_answered_is_there_whenever_the_process_dies) {
    const TemporaryDirectory directory;
    std::mt19937 random(20260131);  // NOLINT(cert-msc51-cpp): the same lives each time
    std::uniform_int_distribution<int> life(2'000, 200'000);
    Known known;
    std::size_t answered = 0;
    for (int round = 0; round < 20; ++round) {
        ASSERT_NO_FATAL_FAILURE(live_and_die(directory.path(), std::chrono::microseconds(life(random)), known));
        const auto store = open_sqlite(directory.path());
        ASSERT_NO_FATAL_FAILURE(expect_all_there(*store, known));
        ASSERT_NO_FATAL_FAILURE(expect_notes_agree(*store, known));
        answered += known.size();
    }
    EXPECT_GT(answered, 1'000u) << "the writer hardly lived";
}

}  // namespace
}  // namespace orderstream::contract
