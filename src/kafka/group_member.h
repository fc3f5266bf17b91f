#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kafka/client.h"
#include "kafka/in_hand.h"

namespace orderstream::kafka {

/// A member of a consumer group on one topic. Partitions come and go within poll(): they are read from where the group
/// has got to as soon as they come; when they are to go, revocation() says so and the owner lets them go by release(),
/// once it is ready. For one thread, but wake().
class GroupMember {
  public:
    enum class Revocation {
        none,
        asked_for,  ///< to be released when what is in hand is done
        lost,       ///< another may have them already: nothing may be committed
    };
    using Positions = std::vector<InHand::Position>;

    GroupMember(const KafkaOptions& options, const std::string& group, std::string topic, const telemetry::Log& log);
    /// Leaves the group, in limits::consumer_close_wait at most. One that cannot is missed when its session is over.
    ~GroupMember();
    GroupMember(const GroupMember&) = delete;
    GroupMember& operator=(const GroupMember&) = delete;

    /// The next message, null if none comes in time. Errors are logged.
    [[nodiscard]] MessageHandle poll(std::chrono::milliseconds timeout);
    /// Whether a broker answers in time. From any thread.
    [[nodiscard]] bool reaches_a_broker(std::chrono::milliseconds timeout) const;
    /// Ends a poll() that waits.
    void wake() { rd_kafka_queue_yield(queue_.get()); }

    [[nodiscard]] Revocation revocation() const;
    void release();

    /// Without waiting: what could not be committed is among take_uncommitted() later.
    void commit_soon(const Positions& positions);
    /// False when no answer comes in time.
    bool commit(const Positions& positions, std::chrono::milliseconds timeout);
    [[nodiscard]] std::vector<std::int32_t> take_not_committed() { return std::exchange(not_committed_, {}); }

    void pause(std::int32_t partition);
    void resume(std::int32_t partition);

  private:
    /// False when the group cannot be left in time.
    [[nodiscard]] bool leave(std::chrono::steady_clock::time_point deadline);
    void close(std::chrono::steady_clock::time_point deadline);
    void on_rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions);
    void on_commit(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* offsets);
    void log_error(const rd_kafka_message_t& message);
    [[nodiscard]] PartitionsHandle list_of(const Positions& positions) const;

    const std::string topic_;
    const telemetry::Log& log_;
    bool revoking_ = false;
    bool lost_ = false;
    bool leaving_ = false;  ///< revocations are let go at once
    std::string last_error_;
    std::vector<std::int32_t> not_committed_;
    Client client_;
    QueueHandle queue_;
};

}  // namespace orderstream::kafka
