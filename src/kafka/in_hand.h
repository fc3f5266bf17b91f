#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "kafka/client.h"
#include "order/ids.h"

namespace orderstream::kafka {

/// The messages that a worker has in hand, in the order in which it took them, and how far each partition is done:
/// what may be committed. An offset moves on when everything before it in its partition is done. Not thread-safe.
class InHand {
  public:
    struct Position {
        std::int32_t partition = 0;
        std::int64_t next_offset = 0;
        friend bool operator==(const Position&, const Position&) = default;
    };
    struct Held {
        std::int32_t partition = 0;
        std::int64_t offset = 0;
        order::Uuid event_id{};
        MessageHandle message;  ///< for a dead letter; null in tests
        bool is_event = true;   ///< else it was dealt with already: it only keeps its place
        bool is_ours = true;    ///< else its partition was taken away since
    };

    void take(Held held) { held_.push_back(std::move(held)); }
    /// A message that nobody needs to work on: done when those before it are.
    void skip(std::int32_t partition, std::int64_t offset);
    /// The first so many events.
    void done(std::size_t events);
    /// The partitions are another's: what is in hand of them may be finished, and moves no offset.
    void lose_all();

    /// Whether events of ours are in hand.
    [[nodiscard]] bool has_ours() const;
    [[nodiscard]] const Held* find(const order::Uuid& event_id) const;

    /// What is done and not committed yet; it counts as committed then, unless not_committed() says otherwise.
    [[nodiscard]] std::vector<Position> take_uncommitted();
    void not_committed(std::int32_t partition);

  private:
    struct Progress {
        std::int64_t done = 0;
        std::int64_t committed = -1;
    };
    void drop_front();
    void drop_skipped();

    std::deque<Held> held_;
    std::map<std::int32_t, Progress> progress_;
};

}  // namespace orderstream::kafka
