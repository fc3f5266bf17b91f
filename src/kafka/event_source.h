#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kafka/options.h"
#include "ports/event_bus.h"
#include "telemetry/log.h"

namespace orderstream::kafka {

/// A worker's end: a member of the workers' group that reads its share of the events' topic and sends what comes of it.
///
/// For one thread at a time, but interrupt() and trouble(); it has no thread of its own, so the group hears of it
/// through take(): whoever does not call it for max.poll.interval.ms is put out of the group, and what it has in hand
/// then moves no offset. Offsets are committed when their events are done(), twice a second and when partitions go to
/// another: then nothing new is handed out until those in hand are done, or five seconds have passed. What cannot be
/// read goes to the dead letters, and while these cannot be written, its partition waits. The destructor commits what
/// is done and leaves the group, within some seconds.
class KafkaEventSource final : public ports::EventSource {
  public:
    KafkaEventSource(const KafkaOptions& options, const telemetry::Log& log);
    ~KafkaEventSource() override;

    [[nodiscard]] std::vector<ports::Event> take(std::size_t max, std::chrono::milliseconds timeout) override;
    void done(std::size_t events) override;
    [[nodiscard]] bool send(std::span<const ports::Ack> acks,
                            std::span<const ports::Announcement> announcements) override;
    [[nodiscard]] bool dead_letter(const ports::Event& event, const std::string& error) override;
    void interrupt() override;

    /// Empty: a broker answers; else why not. From any thread; waits for the answer, a second at most.
    [[nodiscard]] std::string trouble() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace orderstream::kafka
