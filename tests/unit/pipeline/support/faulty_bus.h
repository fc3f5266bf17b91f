#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "inprocess/in_process_bus.h"
#include "ports/event_bus.h"

namespace orderstream::pipeline::testing {

/// The real in-process bus, which remembers what went through it and can be told to fail as buses do. As thread-safe as
/// the ports ask; what a test tells it, it tells before threads start.
class FaultyBus final : public ports::EventPublisher, public ports::EventSource, public ports::AckSource {
  public:
    explicit FaultyBus(inprocess::InProcessBus::Bounds bounds)
        : bus_([this](const ports::Event& event, const std::string& error) { dead_letters.emplace_back(event, error); },
               bounds) {}

    // --- what a test tells it ---
    bool away = false;
    bool lose_acks = false;
    int sends_to_refuse = 0;
    /// The next notes' events are lost in the producer: they time out, and are confirmed as failed.
    int publishes_to_lose = 0;
    /// As soon as the bus has an event: a worker may be as quick as that.
    std::function<void()> when_published;

    /// The worker's source starts over: what was not done() comes again.
    void redeliver() { bus_.redeliver(); }
    /// An event comes again although it was done(), as after a rebalance.
    void deliver_again(const ports::Event& event) { (void)bus_.publish(ports::NoteId{{0xff}}, {&event, 1}); }

    // --- what a test asks it ---
    std::vector<ports::Event> published;
    std::vector<ports::Ack> acks;
    std::vector<ports::Announcement> announcements;
    std::vector<std::pair<ports::Event, std::string>> dead_letters;

    /// How often an event was taken by the bus, by version.
    [[nodiscard]] std::map<std::pair<order::OrderId, int>, int> times_published() const {
        std::map<std::pair<order::OrderId, int>, int> times;
        for (const ports::Event& event : published) ++times[{event.order->id, event.order->version}];
        return times;
    }
    [[nodiscard]] std::size_t waiting() const { return bus_.events(); }

    // --- the ports ---
    bool publish(ports::NoteId note, std::span<const ports::Event> events) override {
        if (away) return false;
        if (publishes_to_lose > 0) {
            --publishes_to_lose;
            failed_.push_back(note);
            return true;
        }
        if (!bus_.publish(note, events)) return false;
        published.insert(published.end(), events.begin(), events.end());
        if (when_published) when_published();
        return true;
    }
    Confirmations take_confirmations() override {
        Confirmations confirmations = bus_.take_confirmations();
        confirmations.failed = std::exchange(failed_, {});
        return confirmations;
    }
    void on_progress(std::function<void()> wake) override { bus_.on_progress(std::move(wake)); }
    ports::BusState state() const override { return away ? ports::BusState::away : ports::BusState::up; }

    std::vector<ports::Event> take(std::size_t max, std::chrono::milliseconds timeout) override {
        return bus_.take(max, timeout);
    }
    void done(std::size_t events) override { bus_.done(events); }
    bool send(std::span<const ports::Ack> sent_acks, std::span<const ports::Announcement> sent) override {
        if (sends_to_refuse > 0) {
            --sends_to_refuse;
            return false;
        }
        acks.insert(acks.end(), sent_acks.begin(), sent_acks.end());
        announcements.insert(announcements.end(), sent.begin(), sent.end());
        return bus_.send(lose_acks ? std::span<const ports::Ack>() : sent_acks, sent);
    }
    bool dead_letter(const ports::Event& event, const std::string& error) override {
        return bus_.dead_letter(event, error);
    }
    void interrupt() override { bus_.interrupt(); }

    void subscribe(Handler handler) override { bus_.subscribe(std::move(handler)); }
    bool positioned() const override { return bus_.positioned(); }

  private:
    inprocess::InProcessBus bus_;
    std::vector<ports::NoteId> failed_;
};

}  // namespace orderstream::pipeline::testing
