// Notes: what a batch leaves behind, who owns it, and how long it stays.

#include "contract/store_contract.h"
#include "order/limits.h"

namespace orderstream::contract {
namespace {

using namespace std::chrono_literals;
using order::EventType;
using order::Status;

std::vector<ports::NoteId> ids_of(const std::vector<ports::Note>& notes) {
    std::vector<ports::NoteId> ids;
    for (const ports::Note& note : notes) ids.push_back(note.id);
    return ids;
}

TEST_P(StoreContract, a_batch_leaves_a_note_of_each_change_in_its_order) {
    const order::Change a = create();
    const order::Change b = create(order::Kind::checkout);
    const order::Change c = create();
    apply(c);
    ASSERT_TRUE(complete(processed({c.order_id, 1})).applied);
    const order::Change unknown = create();
    const ports::NoteId id = new_note();
    const auto results = apply_whole(id, {a, b, replace(a), replace(unknown), set_status(a, Status::cancelled),
                                          set_status(b, Status::deleted), set_status(c, Status::cancelled)});
    ASSERT_TRUE(results);

    const ports::Note expected{id,
                               {{a.order_id, 1, EventType::created},
                                {b.order_id, 1, EventType::created},
                                {a.order_id, 2, EventType::updated},
                                {unknown.order_id, 0, EventType::updated},
                                {a.order_id, 3, EventType::cancelled},
                                {b.order_id, 2, EventType::deleted},
                                {c.order_id, 2, EventType::cancelled}}};
    EXPECT_EQ(describe(open_notes().back()), describe(expected));
    const ports::StoreResult<std::optional<ports::Note>> receipt = store().receipt(id);
    ASSERT_TRUE(receipt && *receipt);
    EXPECT_EQ(describe(**receipt), describe(expected));
}

TEST_P(StoreContract, a_change_of_status_has_its_own_type_in_the_note) {
    const order::Change created = order_in(order::Kind::checkout, Status::confirmed);
    const ports::NoteId id = new_note();
    ASSERT_TRUE(apply_whole(id, {set_status(created, Status::processing)}));
    EXPECT_EQ(describe(open_notes().back()),
              describe(ports::Note{id, {{created.order_id, 2, EventType::status_changed}}}));
}

TEST_P(StoreContract, a_batch_that_changed_nothing_leaves_no_note_but_lets_settled_ones_go) {
    const ports::NoteId settled = new_note();
    ASSERT_TRUE(apply_whole(settled, {create()}));
    const ports::NoteId id = new_note();
    ASSERT_TRUE(apply_whole(id, {replace(create())}, {settled}));
    EXPECT_TRUE(open_notes().empty());
    EXPECT_FALSE(*store().receipt(id));
    EXPECT_FALSE(*store().receipt(settled));
}

TEST_P(StoreContract, settled_notes_go_with_a_later_batch_and_only_those) {
    const ports::NoteId first = new_note();
    const ports::NoteId second = new_note();
    const ports::NoteId third = new_note();
    ASSERT_TRUE(apply_whole(first, {create()}));
    ASSERT_TRUE(apply_whole(second, {create()}));
    ASSERT_TRUE(apply_whole(third, {create()}, {first, new_note()}));
    EXPECT_EQ(ids_of(open_notes()), (std::vector{second, third}));
}

TEST_P(StoreContract, a_refused_batch_neither_leaves_a_note_nor_lets_settled_ones_go) {
    const ports::NoteId settled = new_note();
    ASSERT_TRUE(apply_whole(settled, {create()}));
    const ports::NoteId id = new_note();
    ASSERT_FALSE(apply_whole(id, {create(), refused()}, {settled}));
    EXPECT_EQ(ids_of(open_notes()), std::vector{settled});
    EXPECT_FALSE(*store().receipt(id));
    ASSERT_TRUE(apply_whole(id, {create()}, {settled}));  // the same note again, for the half that is good
    EXPECT_EQ(ids_of(open_notes()), std::vector{id});
}

TEST_P(StoreContract, notes_are_read_oldest_first_and_in_pages) {
    std::vector<ports::NoteId> ids;
    for (int i = 0; i < 7; ++i) ids.push_back(new_note());
    for (const int i : {3, 0, 6, 1, 5, 2, 4}) ASSERT_TRUE(apply_whole(ids[static_cast<std::size_t>(i)], {create()}));

    EXPECT_EQ(ids_of(open_notes()), ids);
    std::vector<ports::NoteId> paged;
    for (std::vector<ports::Note> page = open_notes({}, 3); !page.empty(); page = open_notes(paged.back(), 3)) {
        EXPECT_LE(page.size(), 3u);
        for (const ports::Note& note : page) paged.push_back(note.id);
    }
    EXPECT_EQ(paged, ids);
}

TEST_P(StoreContract, deleted_notes_are_gone) {
    const ports::NoteId first = new_note();
    const ports::NoteId second = new_note();
    ASSERT_TRUE(apply_whole(first, {create()}));
    ASSERT_TRUE(apply_whole(second, {create()}));
    ASSERT_TRUE(store().delete_notes(std::vector{first, new_note()}));
    EXPECT_EQ(ids_of(open_notes()), std::vector{second});
    EXPECT_FALSE(*store().receipt(first));
    ASSERT_TRUE(store().delete_notes({}));
}

TEST_P(StoreContract, a_dead_sessions_notes_are_another_ones_once_adopted) {
    const order::Change change = create();
    const ports::NoteId first = new_note();
    const ports::NoteId second = new_note();
    ASSERT_TRUE(apply_whole(first, {change}));
    ASSERT_TRUE(apply_whole(second, {create()}));
    restart();
    const ports::NoteId third = new_note();
    ASSERT_TRUE(apply_whole(third, {create()}));
    EXPECT_EQ(ids_of(open_notes()), std::vector{third});

    const ports::StoreResult<std::size_t> adopted = store().adopt_notes();
    ASSERT_TRUE(adopted);
    EXPECT_EQ(*adopted, 2u);
    EXPECT_EQ(ids_of(open_notes()), (std::vector{first, second, third}));
    EXPECT_EQ(describe(open_notes().front()), describe(ports::Note{first, {{change.order_id, 1, EventType::created}}}));
    EXPECT_EQ(*store().adopt_notes(), 0u);
}

TEST_P(StoreContract, notes_outlive_session_after_session) {
    const ports::NoteId id = new_note();
    ASSERT_TRUE(apply_whole(id, {create()}));
    restart();
    EXPECT_EQ(*store().adopt_notes(), 1u);
    restart();
    EXPECT_TRUE(open_notes().empty());
    EXPECT_EQ(*store().adopt_notes(), 1u);
    EXPECT_EQ(ids_of(open_notes()), std::vector{id});
}

TEST_P(StoreContract, a_published_note_stays_as_a_receipt_for_its_time) {
    const ports::NoteId published = new_note();
    const ports::NoteId open = new_note();
    ASSERT_TRUE(apply_whole(published, {create()}));
    ASSERT_TRUE(apply_whole(open, {create()}));
    ASSERT_TRUE(store().mark_published(std::vector{published}));
    EXPECT_EQ(ids_of(open_notes()), std::vector{open});
    EXPECT_TRUE(*store().receipt(published));

    let_pass(order::limits::receipt_age - 1s);
    ASSERT_TRUE(store().mark_published({}));
    EXPECT_TRUE(*store().receipt(published));
    let_pass(2s);
    ASSERT_TRUE(store().mark_published({}));
    EXPECT_FALSE(*store().receipt(published));
    EXPECT_TRUE(*store().receipt(open));
}

TEST_P(StoreContract, a_published_note_is_not_adopted) {
    const ports::NoteId id = new_note();
    ASSERT_TRUE(apply_whole(id, {create()}));
    ASSERT_TRUE(store().mark_published(std::vector{id}));
    restart();
    EXPECT_EQ(*store().adopt_notes(), 0u);
    EXPECT_TRUE(*store().receipt(id));
}

TEST_P(StoreContract, a_note_holds_the_largest_batch) {
    std::vector<order::Change> changes;
    for (std::size_t i = 0; i < order::limits::batch_orders_max; ++i) changes.push_back(create());
    const ports::NoteId id = new_note();
    ASSERT_TRUE(apply_whole(id, changes));
    const std::vector<ports::Note> notes = open_notes();
    ASSERT_EQ(notes.size(), 1u);
    ASSERT_EQ(notes[0].entries.size(), changes.size());
    for (std::size_t i = 0; i < changes.size(); ++i) EXPECT_EQ(notes[0].entries[i].order_id, changes[i].order_id);
}

}  // namespace
}  // namespace orderstream::contract
