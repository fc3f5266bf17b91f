#include "kafka/notes_in_flight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/bus_samples.h"

namespace orderstream::kafka {
namespace {

using contract::note_id;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr NotesInFlight::Bounds roomy{.events_max = 100, .bytes_max = 1000};

TEST(NotesInFlight, a_note_settles_when_all_its_events_are_acknowledged) {
    NotesInFlight notes(roomy);
    const auto first = notes.begin(note_id(1), 2, 10);
    const auto second = notes.begin(note_id(2), 1, 10);
    notes.report(first, true);
    notes.report(second, true);
    EXPECT_THAT(notes.take().settled, ElementsAre(note_id(2)));
    EXPECT_FALSE(notes.has_news());
    notes.report(first, true);
    EXPECT_TRUE(notes.has_news());
    EXPECT_THAT(notes.take().settled, ElementsAre(note_id(1)));
    EXPECT_TRUE(notes.empty());
}

TEST(NotesInFlight, a_note_fails_once_and_only_when_all_are_reported) {
    NotesInFlight notes(roomy);
    const auto tag = notes.begin(note_id(1), 4, 10);
    notes.report(tag, false);
    notes.report(tag, true);
    EXPECT_FALSE(notes.has_news());
    notes.report(tag, false, 2);
    const auto heard = notes.take();
    EXPECT_THAT(heard.failed, ElementsAre(note_id(1)));
    EXPECT_THAT(heard.settled, IsEmpty());
    EXPECT_TRUE(notes.empty());
}

TEST(NotesInFlight, events_and_bytes_are_bounded_until_they_are_reported) {
    NotesInFlight notes({.events_max = 3, .bytes_max = 100});
    const auto tag = notes.begin(note_id(1), 2, 50);
    EXPECT_TRUE(notes.fits(1, 50));
    EXPECT_FALSE(notes.fits(2, 50));
    EXPECT_FALSE(notes.fits(1, 51));
    notes.report(tag, true, 2);
    EXPECT_TRUE(notes.fits(3, 100));
}

TEST(NotesInFlight, a_note_larger_than_the_bounds_goes_in_alone) {
    NotesInFlight notes({.events_max = 3, .bytes_max = 100});
    EXPECT_TRUE(notes.fits(7, 1000));
    notes.begin(note_id(1), 7, 1000);
    EXPECT_FALSE(notes.fits(1, 1));
}

TEST(NotesInFlight, a_cancelled_note_was_never_there) {
    NotesInFlight notes(roomy);
    const auto tag = notes.begin(note_id(1), 2, 10);
    notes.cancel(tag);
    notes.report(tag, true);
    EXPECT_TRUE(notes.empty());
    EXPECT_EQ(notes.events(), 0u);
    EXPECT_FALSE(notes.has_news());
}

TEST(NotesInFlight, when_a_producer_dies_its_notes_fail_and_late_reports_mean_nothing) {
    NotesInFlight notes(roomy);
    const auto tag = notes.begin(note_id(1), 2, 10);
    notes.begin(note_id(2), 1, 10);
    notes.report(tag, true);
    notes.give_up_all();
    notes.report(tag, true);
    EXPECT_THAT(notes.take().failed, ElementsAre(note_id(1), note_id(2)));
    EXPECT_TRUE(notes.fits(100, 1000));
    // Published again: another tag.
    EXPECT_GT(notes.begin(note_id(1), 2, 10), tag);
}

}  // namespace
}  // namespace orderstream::kafka
