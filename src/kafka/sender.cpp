#include "kafka/sender.h"

#include <algorithm>
#include <array>
#include <utility>

namespace orderstream::kafka {
namespace {

// What a message says, not when it was said: a repeated dead letter has another time.
bool same(const Sender::Parcel& a, const Sender::Parcel& b) {
    return a.topic == b.topic && a.message.key == b.message.key && a.message.value == b.message.value;
}

}  // namespace

Sender::Sender(KafkaOptions options, const telemetry::Log& log)
    : options_(std::move(options)), log_(log), producer_(make_producer()) {}

std::unique_ptr<Producer> Sender::make_producer() {
    return std::make_unique<Producer>(
        options_, log_,
        Producer::Hooks{.on_report = [this](auto ticket, auto error) { report(ticket, error); },
                        .on_error = [](std::string_view) {}});  // the fates tell
}

bool Sender::is_repeated(const std::vector<Parcel>& parcels) const {
    return !batch_.empty() && std::ranges::equal(batch_, parcels, [](const Sent& sent, const Parcel& parcel) {
        return same(sent.parcel, parcel);
    });
}

bool Sender::deliver(std::vector<Parcel> parcels, std::chrono::milliseconds timeout) {
    if (is_repeated(parcels)) {
        for (Sent& sent : batch_) {
            if (fate(sent.ticket) != Fate::lost) continue;
            forget(sent.ticket);
            sent.ticket = post(sent.parcel);
        }
    } else {
        for (const Sent& sent : batch_) forget(sent.ticket);
        batch_.clear();
        batch_.reserve(parcels.size());
        for (Parcel& parcel : parcels) {
            const Ticket ticket = post(parcel);
            batch_.push_back({std::move(parcel), ticket});
        }
    }
    awaited_ = 0;
    for (const Sent& sent : batch_) {
        Entry& entry = fates_.at(sent.ticket);
        entry.awaited = true;
        if (entry.fate == Fate::open) ++awaited_;
    }
    if (awaited_ > 0) producer_->flush(timeout);
    replace_dead();
    for (const Sent& sent : batch_) {
        if (fate(sent.ticket) != Fate::safe) return false;
    }
    for (const Sent& sent : batch_) forget(sent.ticket);
    batch_.clear();
    return true;
}

Sender::Ticket Sender::post(const Parcel& parcel) {
    const Ticket ticket = ++last_ticket_;
    fates_.emplace(ticket, Entry{});
    const auto error = producer_->produce(parcel.topic, parcel.partition, parcel.message, ticket);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        log_.warn("the producer takes no message", {{"topic", parcel.topic}, {"error", rd_kafka_err2str(error)}});
        report(ticket, error);
    }
    return ticket;
}

void Sender::report(Ticket ticket, rd_kafka_resp_err_t error) {
    const auto entry = fates_.find(ticket);
    if (entry == fates_.end() || entry->second.fate != Fate::open) return;
    entry->second.fate = error == RD_KAFKA_RESP_ERR_NO_ERROR ? Fate::safe : Fate::lost;
    entry->second.error = error;
    // Dead letters that are still on their way are not waited for.
    if (entry->second.awaited && --awaited_ == 0) producer_->end_flush();
}

void Sender::listen(std::chrono::milliseconds timeout) {
    producer_->listen(timeout);
    replace_dead();
}

void Sender::replace_dead() {
    if (!producer_->is_dead()) return;
    std::array<char, 512> reason{};
    rd_kafka_fatal_error(producer_->get(), reason.data(), reason.size());
    log_.error("Kafka's producer is replaced", {{"error", reason.data()}});
    producer_ = make_producer();
    for (auto& [ticket, entry] : fates_) {
        if (entry.fate != Fate::open) continue;
        entry.fate = Fate::lost;
        entry.error = RD_KAFKA_RESP_ERR__FATAL;
    }
}

}  // namespace orderstream::kafka
