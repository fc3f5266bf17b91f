#pragma once

#include <tl/expected.hpp>

#include <chrono>
#include <memory>
#include <string>

#include "kafka/options.h"
#include "telemetry/log.h"

namespace orderstream::kafka {

/// Why the topics cannot be used.
struct TopicsFault {
    enum class Kind {
        away,     ///< no broker has answered: try again
        refused,  ///< a topic is not as it must be, or may not be made
    };
    Kind kind = Kind::away;
    std::string detail;  ///< a sentence; of a refusal it names the topic
};

/// Makes the topics that are missing, gives the events' topic more partitions if it has fewer than asked for (never
/// fewer), and checks their settings. May be run by any number of instances at once. Blocks, up to `timeout` for each
/// of a few steps.
[[nodiscard]] tl::expected<void, TopicsFault> ensure_topics(const KafkaOptions& options, const telemetry::Log& log,
                                                            std::chrono::milliseconds timeout);

/// Does the same on a thread of its own until it is done, for a program that starts while the brokers are away. What
/// is refused then is logged, and tried again in case somebody mends it.
class TopicKeeper {
  public:
    TopicKeeper(const KafkaOptions& options, const telemetry::Log& log);
    ~TopicKeeper();

    /// Empty: all topics are as they must be; else why not.
    [[nodiscard]] std::string trouble() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace orderstream::kafka
