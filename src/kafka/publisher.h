#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>

#include "kafka/notes_in_flight.h"
#include "kafka/options.h"
#include "ports/event_bus.h"
#include "telemetry/log.h"

namespace orderstream::kafka {

/// The API's end: events into the events' topic, by a producer with a thread of its own that sends them and hears what
/// became of them.
///
/// Thread-safe; nothing blocks but flush(). It starts as `away` and is up once a broker has answered. Who is silent for
/// a second is asked, and is away when there is no connection to ask by for a second, or two questions in a row stay
/// unanswered for a second each; meanwhile events that are with the producer stay there and go out when a broker is
/// back. A producer that dies (librdkafka's fatal errors) is replaced, and what it had not been
/// acknowledged is reported as failed. The destructor drops what is not acknowledged: its notes are still there.
class KafkaPublisher final : public ports::EventPublisher {
  public:
    KafkaPublisher(const KafkaOptions& options, const telemetry::Log& log)
        : KafkaPublisher(options, log, NotesInFlight::Bounds{}) {}
    KafkaPublisher(const KafkaOptions& options, const telemetry::Log& log, NotesInFlight::Bounds bounds);
    ~KafkaPublisher() override;

    [[nodiscard]] bool publish(ports::NoteId note, std::span<const ports::Event> events) override;
    [[nodiscard]] Confirmations take_confirmations() override;
    void on_progress(std::function<void()> wake) override;
    [[nodiscard]] ports::BusState state() const override;

    /// Waits until no event is on its way any more; false when some still are at the end of the time.
    bool flush(std::chrono::milliseconds timeout);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace orderstream::kafka
