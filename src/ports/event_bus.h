#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "order/change.h"
#include "order/order.h"
#include "ports/order_store.h"

namespace orderstream::ports {

// Whatever comes of a request carries its `request_id` and its `traceparent` along; either may be empty.

/// One change of one order, on its way to a worker: `orders.events`.
struct Event {
    order::Uuid event_id{};
    order::EventType type = order::EventType::created;
    order::OrderPtr order;  ///< as the change left it, with its payload; `order->version` is the event's version
    std::string request_id;
    std::string traceparent;
};

/// What a worker says when a version is done with: `orders.ack`.
struct Ack {
    enum class Status { created, updated, deleted, cancelled, status_changed, failed, superseded };
    order::Uuid event_id{};
    order::OrderId order_id;
    int version = 0;  ///< the event's
    Status status = Status::created;
    order::Status order_status = order::Status::new_;
    int processed_version = 0;  ///< the row's
    order::Time processed_at{};
    std::string error;
    std::string request_id;
    std::string traceparent;
};
[[nodiscard]] std::string_view to_string(Ack::Status status);

/// The first successful processing of an order: `kafka.orders.created`.
struct Announcement {
    order::Uuid event_id{};  ///< of the order, its announced version and the topic: the same when it is said again
    order::OrderPtr order;
    std::string request_id;
    std::string traceparent;
};

enum class BusState { up, away };

/// The API's end of the bus. Thread-safe; nothing here blocks.
class EventPublisher {
  public:
    virtual ~EventPublisher() = default;

    /// Takes one note's events, all or none. False: the bus is away or its queue is full; then the note is the queue.
    /// A note of no events settles at once.
    [[nodiscard]] virtual bool publish(NoteId note, std::span<const Event> events) = 0;

    struct Confirmations {
        std::vector<NoteId> settled;  ///< their events can no longer be lost
        std::vector<NoteId> failed;   ///< timed out in this producer: to be published again by their owner
    };
    /// What was learnt since the last call.
    [[nodiscard]] virtual Confirmations take_confirmations() = 0;

    /// Set once, before anything is published. Called (on the bus's thread, briefly) when confirmations or room are
    /// there after there were none; never from within publish() or take_confirmations(), so what publish() settles at
    /// once is simply there for the next take_confirmations().
    virtual void on_progress(std::function<void()> wake) = 0;

    [[nodiscard]] virtual BusState state() const = 0;
};

/// The worker's end: events in, results out. Used by one thread at a time, except interrupt().
class EventSource {
  public:
    virtual ~EventSource() = default;

    /// The events that are there, at most `max`, in their order; waits up to `timeout` for the first one. May be called
    /// with events in hand that are not done() yet. What is not done() when the worker ends, or its source starts over,
    /// is delivered again: to it or to another. A source that is about to lose a share of its events to another worker
    /// hands out nothing new until those in hand are done().
    [[nodiscard]] virtual std::vector<Event> take(std::size_t max, std::chrono::milliseconds timeout) = 0;

    /// The first `events` of those taken and not yet done have had their effect, their ACK and their announcement (the
    /// offsets may move on).
    virtual void done(std::size_t events) = 0;

    /// Whether anyone may hear announcements; where nobody can, none need be made.
    [[nodiscard]] virtual bool announces() const { return true; }

    /// Sends the ACKs, then the announcements; true when all are acknowledged. False: send them again before done().
    [[nodiscard]] virtual bool send(std::span<const Ack> acks, std::span<const Announcement> announcements) = 0;

    /// An event that no worker can handle goes to the dead letters. True when it is safe there.
    [[nodiscard]] virtual bool dead_letter(const Event& event, const std::string& error) = 0;

    /// Ends a take() that waits, now and from now on; it still hands out what is there. From any thread.
    virtual void interrupt() = 0;
};

/// The API's ear: every API hears all ACKs. The handler is called on the bus's thread and only hands on.
class AckSource {
  public:
    using Handler = std::function<void(std::span<const Ack>)>;
    virtual ~AckSource() = default;
    /// Once, before anything is published. The handler must outlive the source's last call.
    virtual void subscribe(Handler handler) = 0;
    /// Whether the ear is at the end of the stream already (readiness waits for it).
    [[nodiscard]] virtual bool positioned() const = 0;
};

}  // namespace orderstream::ports
