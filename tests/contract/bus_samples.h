#pragma once

#include <string>

#include "ports/event_bus.h"

namespace orderstream::contract {

/// Events, ACKs and ids that are told apart by a number.
[[nodiscard]] ports::NoteId note_id(int number);
[[nodiscard]] order::Uuid event_uuid(int number, int version = 1);
[[nodiscard]] order::OrderPtr sample_order(int number, int version, int processed_version);
[[nodiscard]] ports::Event sample_event(int number, int version = 1);
[[nodiscard]] ports::Ack sample_ack(int number);

/// Everything that must survive the way through a bus, as text, so that a failing test shows both sides.
[[nodiscard]] std::string describe(const ports::Event& event);
[[nodiscard]] std::string describe(const ports::Ack& ack);

}  // namespace orderstream::contract
