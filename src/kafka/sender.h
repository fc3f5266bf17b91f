#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "kafka/producer.h"

namespace orderstream::kafka {

/// A worker's producer: the thread that sends is the one that hears what became of it, within these calls. For one
/// thread. A producer that dies is replaced; what it had is `lost` then.
class Sender {
  public:
    enum class Fate { open, safe, lost };
    using Ticket = std::uint64_t;

    struct Parcel {
        std::string topic;
        std::int32_t partition = Producer::by_key;
        Message message;
    };

    Sender(KafkaOptions options, const telemetry::Log& log);
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    /// Sends them in this order and waits for all acknowledgments; false when one is refused or the time is over. Those
    /// still on their way stay there: the same parcels handed in again are waited for, and only the lost ones sent
    /// again.
    [[nodiscard]] bool deliver(std::vector<Parcel> parcels, std::chrono::milliseconds timeout);

    /// The same for one parcel that nobody waits for; its fate must be asked for, and forgotten, at last.
    [[nodiscard]] Ticket post(const Parcel& parcel);
    [[nodiscard]] Fate fate(Ticket ticket) const { return fates_.at(ticket).fate; }
    [[nodiscard]] bool is_too_large(Ticket ticket) const {
        return fates_.at(ticket).error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    }
    void forget(Ticket ticket) { fates_.erase(ticket); }

    /// Hears what there is to hear, for so long at most when there is nothing.
    void listen(std::chrono::milliseconds timeout);

  private:
    struct Entry {
        Fate fate = Fate::open;
        rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
        bool awaited = false;  ///< by deliver()
    };
    struct Sent {
        Parcel parcel;
        Ticket ticket;
    };
    [[nodiscard]] bool is_repeated(const std::vector<Parcel>& parcels) const;
    void report(Ticket ticket, rd_kafka_resp_err_t error);
    [[nodiscard]] std::unique_ptr<Producer> make_producer();
    void replace_dead();

    const KafkaOptions options_;
    const telemetry::Log& log_;
    std::unique_ptr<Producer> producer_;
    std::unordered_map<Ticket, Entry> fates_;
    Ticket last_ticket_ = 0;
    std::vector<Sent> batch_;  // of the delivery that came to no good end yet
    std::size_t awaited_ = 0;  // of the batch, without a report
};

}  // namespace orderstream::kafka
