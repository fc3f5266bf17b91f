#include "kafka/event_source.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

#include "kafka/codec.h"
#include "kafka/dead_letter.h"
#include "kafka/group_member.h"
#include "kafka/in_hand.h"
#include "kafka/sender.h"
#include "order/limits.h"

namespace orderstream::kafka {
namespace {

namespace limits = order::limits;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

/// Between two looks at what else there is to do while no event comes.
constexpr auto look_interval = 100ms;
constexpr auto letter_pause = 1s;
constexpr std::int32_t ack_partition = 0;
constexpr int first_attempt = 1;
constexpr Milliseconds broker_patience = 1s;

order::Time now() { return std::chrono::time_point_cast<order::Time::duration>(std::chrono::system_clock::now()); }

}  // namespace

struct KafkaEventSource::Parts {
    /// What could not be read, on its way to the dead letters; its partition waits for it.
    struct Letter {
        std::int32_t partition;
        std::int64_t offset;
        Sender::Parcel parcel;
        Sender::Ticket ticket;
        Clock::time_point again_at{};
        bool lost = false;
    };

    Parts(const KafkaOptions& its_options, const telemetry::Log& its_log)
        : options(its_options),
          log(its_log),
          sender(options, log),
          member(options, options.group, options.topics.events, log) {}

    /// False when there is nothing more for this take().
    [[nodiscard]] bool take_one(std::vector<ports::Event>& events, std::size_t& bytes, Milliseconds wait);
    void refuse(MessageHandle message, const std::string& error);
    void look_after_letters();
    void settle(const Letter& letter);
    /// True while partitions are to go and what is in hand, or on its way to the dead letters, is not done.
    [[nodiscard]] bool is_leaving();
    void let_go(bool lost);
    void commit_if_due();

    const KafkaOptions options;
    const telemetry::Log& log;
    Sender sender;
    GroupMember member;
    InHand in_hand;
    std::vector<Letter> letters;
    Clock::time_point next_commit{};
    std::optional<Clock::time_point> leave_at;
    std::atomic<bool> interrupted = false;
};

KafkaEventSource::KafkaEventSource(const KafkaOptions& options, const telemetry::Log& log)
    : parts_(std::make_unique<Parts>(options, log)) {}

KafkaEventSource::~KafkaEventSource() {
    Parts& parts = *parts_;
    if (parts.member.revocation() != GroupMember::Revocation::lost) {
        parts.member.commit(parts.in_hand.take_uncommitted(), limits::commit_wait);
    }
}

std::vector<ports::Event> KafkaEventSource::take(std::size_t max, Milliseconds timeout) {
    Parts& parts = *parts_;
    const auto deadline = Clock::now() + timeout;
    std::vector<ports::Event> events;
    std::size_t bytes = 0;
    parts.sender.listen(0ms);
    while (events.size() < max && bytes < limits::batch_bytes_max) {
        const bool may_wait = events.empty() && !parts.interrupted;
        const auto left = may_wait ? std::chrono::ceil<Milliseconds>(deadline - Clock::now()) : 0ms;
        if (!parts.take_one(events, bytes, std::clamp<Milliseconds>(left, 0ms, look_interval)) && left <= 0ms) break;
    }
    parts.commit_if_due();
    return events;
}

bool KafkaEventSource::Parts::take_one(std::vector<ports::Event>& events, std::size_t& bytes, Milliseconds wait) {
    if (is_leaving()) {
        // Only the caller can finish the events in hand, and polling might bring more of them.
        sender.listen(std::min<Milliseconds>(wait, 10ms));
        return false;
    }
    MessageHandle message = member.poll(wait);
    if (message == nullptr) {
        if (wait > 0ms) {
            sender.listen(0ms);
            look_after_letters();
            commit_if_due();
        } else if (!letters.empty()) {
            look_after_letters();
        }
        return false;
    }
    auto event = decode_event(value_of(*message), header_of(*message, request_id_header),
                              header_of(*message, traceparent_header));
    if (!event) {
        refuse(std::move(message), event.error());
        return true;
    }
    bytes += message->len;
    InHand::Held held{
        .partition = message->partition, .offset = message->offset, .event_id = event->event_id, .message = nullptr};
    held.message = std::move(message);
    in_hand.take(std::move(held));
    events.push_back(std::move(*event));
    return true;
}

void KafkaEventSource::Parts::refuse(MessageHandle message, const std::string& error) {
    const Origin origin{options.topics.events, message->partition, message->offset};
    log.error("a message cannot be read and goes to the dead letters",
              {{"topic", origin.topic}, {"partition", origin.partition}, {"offset", origin.offset}, {"error", error}});
    Letter letter{.partition = message->partition,
                  .offset = message->offset,
                  .parcel = {.topic = options.topics.dead_letters,
                             .message = make_dead_letter(copy_of(*message), origin, error, first_attempt, now())},
                  .ticket = 0};
    letter.ticket = sender.post(letter.parcel);
    const auto deadline = Clock::now() + limits::letter_wait;
    while (sender.fate(letter.ticket) == Sender::Fate::open && Clock::now() < deadline) {
        sender.listen(std::chrono::ceil<Milliseconds>(deadline - Clock::now()));
    }
    if (sender.fate(letter.ticket) == Sender::Fate::safe) {
        settle(letter);
        return;
    }
    log.warn("a dead letter cannot be written: its partition waits", {{"partition", letter.partition}});
    member.pause(letter.partition);
    letters.push_back(std::move(letter));
}

void KafkaEventSource::Parts::settle(const Letter& letter) {
    sender.forget(letter.ticket);
    in_hand.skip(letter.partition, letter.offset);
}

void KafkaEventSource::Parts::look_after_letters() {
    std::erase_if(letters, [this](Letter& letter) {
        switch (sender.fate(letter.ticket)) {
            case Sender::Fate::open: return false;
            case Sender::Fate::safe:
                settle(letter);
                member.resume(letter.partition);
                log.info("the dead letter is written", {{"partition", letter.partition}});
                return true;
            case Sender::Fate::lost: break;
        }
        if (!std::exchange(letter.lost, true)) letter.again_at = Clock::now() + letter_pause;
        if (Clock::now() < letter.again_at) return false;
        // With its headers it may be larger than what the topic takes; the bytes can still be found where they were.
        if (sender.is_too_large(letter.ticket)) letter.parcel.message.value.clear();
        sender.forget(letter.ticket);
        letter.ticket = sender.post(letter.parcel);
        letter.lost = false;
        return false;
    });
}

bool KafkaEventSource::Parts::is_leaving() {
    switch (member.revocation()) {
        case GroupMember::Revocation::none: return false;
        case GroupMember::Revocation::lost: let_go(true); return false;
        case GroupMember::Revocation::asked_for: break;
    }
    if (!leave_at) leave_at = Clock::now() + limits::revocation_wait;
    // A letter that is almost written would be written again by the partition's next owner.
    look_after_letters();
    const bool writes = std::ranges::any_of(
        letters, [this](const Letter& letter) { return sender.fate(letter.ticket) == Sender::Fate::open; });
    if ((in_hand.has_ours() || writes) && Clock::now() < *leave_at) return true;
    let_go(false);
    return false;
}

void KafkaEventSource::Parts::let_go(bool lost) {
    if (!lost) member.commit(in_hand.take_uncommitted(), limits::commit_wait);
    // Their next owner meets them again.
    for (const Letter& letter : letters) {
        sender.forget(letter.ticket);
        member.resume(letter.partition);
    }
    letters.clear();
    in_hand.lose_all();
    leave_at.reset();
    member.release();
}

void KafkaEventSource::Parts::commit_if_due() {
    const auto time = Clock::now();
    if (time < next_commit) return;
    next_commit = time + limits::commit_interval;
    for (const std::int32_t partition : member.take_not_committed()) in_hand.not_committed(partition);
    member.commit_soon(in_hand.take_uncommitted());
}

void KafkaEventSource::done(std::size_t events) {
    parts_->in_hand.done(events);
    parts_->commit_if_due();
}

bool KafkaEventSource::send(std::span<const ports::Ack> acks, std::span<const ports::Announcement> announcements) {
    if (acks.empty() && announcements.empty()) return true;
    const TopicNames& topics = parts_->options.topics;
    std::vector<Sender::Parcel> parcels;
    parcels.reserve(acks.size() + announcements.size());
    for (const ports::Ack& ack : acks) parcels.push_back({topics.acks, ack_partition, encode(ack)});
    for (const ports::Announcement& news : announcements) {
        parcels.push_back({topics.created, Producer::by_key, encode(news)});
    }
    return parts_->sender.deliver(std::move(parcels), limits::send_wait);
}

bool KafkaEventSource::dead_letter(const ports::Event& event, const std::string& error) {
    const TopicNames& topics = parts_->options.topics;
    const InHand::Held* const held = parts_->in_hand.find(event.event_id);
    Message original = held != nullptr ? copy_of(*held->message) : encode(event, parts_->options.key);
    std::optional<Origin> origin;
    if (held != nullptr) origin = Origin{topics.events, held->partition, held->offset};
    std::vector<Sender::Parcel> parcels;
    parcels.push_back({.topic = topics.dead_letters,
                       .message = make_dead_letter(std::move(original), origin, error, first_attempt, now())});
    return parts_->sender.deliver(std::move(parcels), limits::send_wait);
}

void KafkaEventSource::interrupt() {
    parts_->interrupted = true;
    parts_->member.wake();
}

std::string KafkaEventSource::trouble() const {
    return parts_->member.reaches_a_broker(broker_patience) ? "" : "no broker answers";
}

}  // namespace orderstream::kafka
