#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "order/limits.h"
#include "ports/event_bus.h"

namespace orderstream::inprocess {

/// The bus of a program that is API and worker at once: a bounded queue between threads, no thread of its own.
///
/// Its memory is not durable, so a note settles only when the worker was done() with all of its events; until then
/// its events count against the bounds. A note goes in whole or not at all; one larger than the bounds goes in alone.
/// ACKs and announcements are handed to their subscribers on the worker's thread, within send().
/// Thread-safe as the ports say; subscriptions and on_progress() come before the first event. Must outlive its users.
class InProcessBus final : public ports::EventPublisher, public ports::EventSource, public ports::AckSource {
  public:
    struct Bounds {
        std::size_t events_max = order::limits::bus_events_max;
        std::size_t bytes_max = order::limits::bus_bytes_max;
    };
    using DeadLetterHandler = std::function<void(const ports::Event&, const std::string& error)>;
    using AnnouncementHandler = std::function<void(std::span<const ports::Announcement>)>;

    /// There is no topic to keep dead letters in: `on_dead_letter` is where they are made known (an error in the log).
    explicit InProcessBus(DeadLetterHandler on_dead_letter, Bounds bounds);
    explicit InProcessBus(DeadLetterHandler on_dead_letter) : InProcessBus(std::move(on_dead_letter), Bounds{}) {}

    [[nodiscard]] bool publish(ports::NoteId note, std::span<const ports::Event> events) override;
    [[nodiscard]] Confirmations take_confirmations() override;
    void on_progress(std::function<void()> wake) override;
    [[nodiscard]] ports::BusState state() const override { return ports::BusState::up; }

    [[nodiscard]] std::vector<ports::Event> take(std::size_t max, std::chrono::milliseconds timeout) override;
    void done(std::size_t events) override;
    [[nodiscard]] bool announces() const override { return !announcement_handlers_.empty(); }
    [[nodiscard]] bool send(std::span<const ports::Ack> acks,
                            std::span<const ports::Announcement> announcements) override;
    [[nodiscard]] bool dead_letter(const ports::Event& event, const std::string& error) override;
    void interrupt() override;

    /// A worker starts over: what was taken and not done() is handed out again, first. Called like take().
    void redeliver() { handed_out_ = 0; }

    void subscribe(Handler handler) override;  ///< may be called several times: every handler hears every ACK
    [[nodiscard]] bool positioned() const override { return true; }
    void subscribe_announcements(AnnouncementHandler handler);

    /// Events that wait, and events that a worker has not finished.
    [[nodiscard]] std::size_t events() const;
    [[nodiscard]] std::uint64_t dead_letters() const { return dead_letters_; }

  private:
    struct PendingNote {
        ports::NoteId id;
        std::uint64_t last_event;  ///< settles when this many events were finished
    };

    const DeadLetterHandler on_dead_letter_;
    const Bounds bounds_;
    std::vector<Handler> ack_handlers_;
    std::vector<AnnouncementHandler> announcement_handlers_;
    std::function<void()> wake_;
    std::atomic<std::uint64_t> dead_letters_ = 0;

    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<ports::Event> queue_;  ///< not yet taken
    std::deque<PendingNote> notes_;   ///< not yet settled, in the order of their events
    std::vector<ports::NoteId> settled_;
    std::uint64_t published_ = 0;  ///< events ever
    std::uint64_t finished_ = 0;   ///< events ever
    std::size_t bytes_ = 0;        ///< of the unfinished ones
    bool refused_ = false;         ///< somebody waits for room
    bool woken_ = false;           ///< the publisher knows that there are confirmations
    bool interrupted_ = false;

    // The worker's own, outside the lock.
    std::vector<ports::Event> held_;  ///< taken and not done()
    std::size_t handed_out_ = 0;      ///< how many of them; fewer than all after redeliver()
};

}  // namespace orderstream::inprocess
