#include "kafka/group_member.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "order/limits.h"

namespace orderstream::kafka {
namespace {

using namespace std::chrono_literals;

/// What librdkafka has allocated.
void free_memory(char* text) { rd_kafka_mem_free(nullptr, text); }

Settings settings_of(const KafkaOptions& options, const std::string& group) {
    namespace limits = order::limits;
    Settings settings(options);
    settings.set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "range")
        // Also how long librdkafka's end may take while the brokers are away.
        .set_default("session.timeout.ms", "6000")
        .set_default("heartbeat.interval.ms", "1000")
        .set_default("max.poll.interval.ms", "60000")
        // Who has nothing to do asks ten times a second, and partitions that have just come wait for the last answer.
        .set_default("fetch.wait.max.ms", "100")
        .set_default("fetch.error.backoff.ms", "100")
        .set_default("fetch.message.max.bytes", std::to_string(limits::message_bytes_max))
        .set_default("queued.max.messages.kbytes", std::to_string(limits::prefetch_bytes / 1024));
    return settings;
}

int milliseconds(std::chrono::milliseconds time) { return static_cast<int>(std::max<std::int64_t>(time.count(), 0)); }

}  // namespace

GroupMember::GroupMember(const KafkaOptions& options, const std::string& group, std::string topic,
                         const telemetry::Log& log)
    : topic_(std::move(topic)),
      log_(log),
      client_(RD_KAFKA_CONSUMER, settings_of(options, group), log,
              {.on_rebalance = [this](auto code, auto* partitions) { on_rebalance(code, partitions); },
               .on_commit = [this](auto code, const auto* offsets) { on_commit(code, offsets); }}) {
    rd_kafka_poll_set_consumer(client_.get());
    queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
    const PartitionsHandle topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
    const auto error = rd_kafka_subscribe(client_.get(), topics.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(error));
}

// In two steps: a member that is being closed may drop a call of rd_kafka_assign() that comes meanwhile, which then
// waits for ever (seen with librdkafka 2.0, when partitions had come or were to go and nobody had heard of it yet). Who
// has left has no more rebalances to answer. One that has not is destroyed without being closed, which asks nobody; its
// group misses it when its session is over.
GroupMember::~GroupMember() {
    const auto deadline = std::chrono::steady_clock::now() + order::limits::consumer_close_wait;
    if (leave(deadline)) close(deadline);
}

MessageHandle GroupMember::poll(std::chrono::milliseconds timeout) {
    MessageHandle message(rd_kafka_consumer_poll(client_.get(), milliseconds(timeout)));
    if (message == nullptr) return nullptr;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        last_error_.clear();
        return message;
    }
    log_error(*message);
    return nullptr;
}

void GroupMember::log_error(const rd_kafka_message_t& message) {
    const char* const said = rd_kafka_message_errstr(&message);
    std::string error = said != nullptr ? said : rd_kafka_err2str(message.err);
    if (error == last_error_) return;  // a missing topic is told of again and again
    const bool thrown_out = message.err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED;
    log_.warn(thrown_out ? "the worker was too slow and is out of its group for now" : "Kafka's consumer",
              {{"topic", topic_}, {"error", error}});
    last_error_ = std::move(error);
}

void GroupMember::on_rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions) {
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        log_.info("partitions come", {{"topic", topic_}, {"partitions", partitions->cnt}});
        revoking_ = false;
        rd_kafka_assign(client_.get(), partitions);
        return;
    }
    revoking_ = true;
    lost_ = rd_kafka_assignment_lost(client_.get()) != 0;
    log_.info("partitions go", {{"topic", topic_}, {"partitions", partitions->cnt}, {"lost", lost_}});
    if (leaving_) release();
}

bool GroupMember::reaches_a_broker(std::chrono::milliseconds timeout) const {
    const rd_kafka_metadata_t* answer = nullptr;
    const rd_kafka_resp_err_t error =
        rd_kafka_metadata(client_.get(), 0, nullptr, &answer, static_cast<int>(timeout.count()));
    const MetadataHandle owned(answer);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR;
}

GroupMember::Revocation GroupMember::revocation() const {
    if (!revoking_) return Revocation::none;
    // It may be lost only now, while what is in hand takes its time.
    return lost_ || rd_kafka_assignment_lost(client_.get()) != 0 ? Revocation::lost : Revocation::asked_for;
}

void GroupMember::release() {
    revoking_ = false;
    rd_kafka_assign(client_.get(), nullptr);
}

PartitionsHandle GroupMember::list_of(const Positions& positions) const {
    PartitionsHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
    for (const auto& position : positions) {
        rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), position.partition)->offset =
            position.next_offset;
    }
    return list;
}

void GroupMember::commit_soon(const Positions& positions) {
    if (positions.empty()) return;
    const PartitionsHandle offsets = list_of(positions);
    const auto error = rd_kafka_commit(client_.get(), offsets.get(), 1);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) on_commit(error, offsets.get());
}

bool GroupMember::commit(const Positions& positions, std::chrono::milliseconds timeout) {
    if (positions.empty()) return true;
    const PartitionsHandle offsets = list_of(positions);
    const QueueHandle answers(rd_kafka_queue_new(client_.get()));
    rd_kafka_resp_err_t error = rd_kafka_commit_queue(client_.get(), offsets.get(), answers.get(), nullptr, nullptr);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const EventHandle answer(rd_kafka_queue_poll(answers.get(), milliseconds(timeout)));
        error = answer == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(answer.get());
    }
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
    log_.warn("offsets are not committed: their events will be read again",
              {{"topic", topic_}, {"error", rd_kafka_err2str(error)}});
    return false;
}

void GroupMember::on_commit(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* offsets) {
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || offsets == nullptr) return;
    log_.debug("offsets are not committed", {{"topic", topic_}, {"error", rd_kafka_err2str(code)}});
    for (int i = 0; i < offsets->cnt; ++i) not_committed_.push_back(offsets->elems[i].partition);
}

void GroupMember::pause(std::int32_t partition) {
    const PartitionsHandle list = list_of({{partition, RD_KAFKA_OFFSET_INVALID}});
    rd_kafka_pause_partitions(client_.get(), list.get());
}

void GroupMember::resume(std::int32_t partition) {
    const PartitionsHandle list = list_of({{partition, RD_KAFKA_OFFSET_INVALID}});
    rd_kafka_resume_partitions(client_.get(), list.get());
}

bool GroupMember::leave(std::chrono::steady_clock::time_point deadline) {
    leaving_ = true;
    if (revoking_) release();
    rd_kafka_unsubscribe(client_.get());
    for (bool is_member = true; std::chrono::steady_clock::now() < deadline;) {
        if (poll(10ms) != nullptr) continue;
        // Only now: one that its group has thrown out may still have had a rebalance to answer.
        if (!is_member) return true;
        const Handle<char, free_memory> id(rd_kafka_memberid(client_.get()));
        is_member = id != nullptr && *id != '\0';
    }
    return false;
}

void GroupMember::close(std::chrono::steady_clock::time_point deadline) {
    // rd_kafka_consumer_close() would wait as long as it takes.
    const QueueHandle last_words(rd_kafka_queue_new(client_.get()));
    const ErrorHandle error(rd_kafka_consumer_close_queue(client_.get(), last_words.get()));
    if (error != nullptr) return;
    while (rd_kafka_consumer_closed(client_.get()) == 0 && std::chrono::steady_clock::now() < deadline) {
        const MessageHandle ignored(rd_kafka_consume_queue(last_words.get(), 10));
    }
}

}  // namespace orderstream::kafka
