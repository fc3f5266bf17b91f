#pragma once

#include <memory>

#include "kafka/options.h"
#include "ports/event_bus.h"
#include "telemetry/log.h"

namespace orderstream::kafka {

/// An API's ear: reads the ACKs' one partition from its end on, outside any group, on a thread of its own.
///
/// subscribe() starts it and positioned() tells when it knows where the end is: every ACK written from then on is
/// heard, in order, also over a broker's restart. A topic that is made anew is read from its end again. Thread-safe.
/// The destructor ends the thread; the handler is not called any more after it.
class KafkaAckSource final : public ports::AckSource {
  public:
    KafkaAckSource(const KafkaOptions& options, const telemetry::Log& log);
    ~KafkaAckSource() override;

    void subscribe(Handler handler) override;
    [[nodiscard]] bool positioned() const override;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace orderstream::kafka
