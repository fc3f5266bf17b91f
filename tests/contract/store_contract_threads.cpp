// Many threads at once: calls may share a transaction, and nobody notices.

#include <atomic>
#include <set>
#include <thread>

#include "contract/store_contract.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t threads_count = 6;

void on_many_threads(const std::function<void(std::size_t thread)>& run) {
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < threads_count; ++thread) threads.emplace_back(run, thread);
}

TEST_P(StoreContract, batches_of_many_threads_are_all_stored_and_refused_ones_refuse_nobody_else) {
    constexpr std::size_t rounds = 15;
    std::vector<std::vector<order::Change>> changes(threads_count);
    std::vector<ports::NoteId> notes;
    for (std::size_t thread = 0; thread < threads_count; ++thread) {
        // Every third thread brings nothing but trouble.
        for (std::size_t i = 0; i < rounds; ++i) {
            changes[thread].push_back(thread % 3 == 2 ? refused() : create());
            notes.push_back(new_note());
        }
    }
    std::atomic<int> wrong = 0;
    on_many_threads([&](std::size_t thread) {
        for (std::size_t i = 0; i < rounds; ++i) {
            const order::Change& change = changes[thread][i];
            const order::Change* const batch[] = {&change};
            const auto results = store().apply(notes[thread * rounds + i], batch, {});
            const bool as_expected =
                thread % 3 == 2 ? !results && results.error().fault == ports::StoreFault::rejected
                                : results && results->front().applied &&
                                      store().fetch(std::vector{change.order_id})->front() != nullptr;  // seen at once
            if (!as_expected) ++wrong;
        }
    });
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(open_notes().size(), rounds * threads_count * 2 / 3);
}

TEST_P(StoreContract, concurrent_changes_of_one_order_have_versions_without_gap_or_repeat) {
    constexpr std::size_t rounds = 20;
    const order::Change created = create();
    apply(created);
    std::vector<std::vector<int>> versions(threads_count);
    std::vector<ports::NoteId> notes;
    for (std::size_t i = 0; i < threads_count * rounds; ++i) notes.push_back(new_note());
    const order::Change change = replace(created);
    on_many_threads([&](std::size_t thread) {
        for (std::size_t i = 0; i < rounds; ++i) {
            const order::Change* const batch[] = {&change};
            const auto results = store().apply(notes[thread * rounds + i], batch, {});
            if (results && results->front().applied) {
                versions[thread].push_back(results->front().order->version);
            }
        }
    });
    std::set<int> all;
    for (const std::vector<int>& of_thread : versions) all.insert(of_thread.begin(), of_thread.end());
    EXPECT_EQ(all.size(), threads_count * rounds);
    EXPECT_EQ(*all.begin(), 2);
    EXPECT_EQ(*all.rbegin(), static_cast<int>(threads_count * rounds) + 1);
    EXPECT_EQ(fetch(created.order_id)->version, static_cast<int>(threads_count * rounds) + 1);
}

TEST_P(StoreContract, of_many_workers_one_completes_a_version_and_one_claims_a_retry) {
    const order::Change created = create();
    const order::Change put_aside = create();
    apply({created, put_aside});
    defer({{.order = {put_aside.order_id, 1}, .attempts = 1, .due_in = 0ms, .error = "timed out"}});
    std::atomic<int> completed = 0;
    std::atomic<int> claimed = 0;
    on_many_threads([&](std::size_t thread) {
        const auto results =
            store().take_steps(std::vector{processed({created.order_id, 1}, static_cast<std::int64_t>(thread))});
        if (results && results->front().applied) ++completed;
        const auto due = store().claim_due(10, 30s);
        if (due) claimed += static_cast<int>(due->size());
    });
    EXPECT_EQ(completed, 1);
    EXPECT_EQ(claimed, 1);
}

TEST_P(StoreContract, a_read_sees_a_batch_wholly_or_not_at_all) {
    const order::Change a = create();
    const order::Change b = create();
    apply_whole(new_note(), {a, b});
    constexpr std::size_t rounds = 40;
    std::vector<ports::NoteId> notes;
    for (std::size_t i = 0; i < rounds; ++i) notes.push_back(new_note());
    std::atomic<bool> done = false;
    std::jthread writer([&] {
        const order::Change replaced[] = {replace(a), replace(b)};
        for (const ports::NoteId& note : notes) {
            const order::Change* const batch[] = {&replaced[0], &replaced[1]};
            EXPECT_TRUE(store().apply(note, batch, {}));
        }
        done = true;
    });
    int last = 0;
    while (!done) {
        const auto orders = store().fetch_heads(std::vector{a.order_id, b.order_id});
        ASSERT_TRUE(orders);
        ASSERT_EQ((*orders)[0]->version, (*orders)[1]->version);
        ASSERT_GE((*orders)[0]->version, last);
        last = (*orders)[0]->version;
    }
}

}  // namespace
}  // namespace orderstream::contract
