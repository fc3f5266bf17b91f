#include "kafka/publisher.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "kafka/codec.h"
#include "kafka/producer.h"

namespace orderstream::kafka {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using ports::BusState;

constexpr auto poll_time = 100ms;
/// Silence after which a broker is asked whether it is there, and how long it may take to answer.
constexpr auto quiet_after = 1s;
constexpr auto answer_within = 1s;
constexpr auto ask_again_after = 250ms;
/// One that is connected may be slow once, on a machine with much else to do.
constexpr int unanswered_max = 2;

enum class Answer {
    given,
    none,         ///< in time
    unreachable,  ///< there is no connection to ask by
};

}  // namespace

struct KafkaPublisher::Parts {
    Parts(const KafkaOptions& its_options, const telemetry::Log& its_log, NotesInFlight::Bounds bounds)
        : options(its_options), log(its_log), producer(make_producer()), notes(bounds) {}

    [[nodiscard]] std::unique_ptr<Producer> make_producer();
    void run(const std::stop_token& stop);
    void send(const std::stop_token& stop);
    void hear_report(NotesInFlight::Tag tag, rd_kafka_resp_err_t error);
    void hear_of_losses();
    void watch();
    [[nodiscard]] Answer ask();
    void enter(BusState now);
    void replace_producer();
    /// The wake that is due, to be called without the lock.
    [[nodiscard]] std::function<void()> progress(bool room);

    const KafkaOptions options;
    const telemetry::Log& log;
    std::atomic<BusState> state = BusState::away;
    /// As a broker said; 0: not known yet. Events of one partition are put into the producer together.
    std::atomic<std::int32_t> partitions = 0;

    std::mutex mutex;
    std::condition_variable drained;
    std::condition_variable_any posted;
    std::unique_ptr<Producer> producer;  // replaced by the thread
    NotesInFlight notes;
    std::function<void()> wake;
    bool refused = false;  ///< somebody waits for room
    bool woken = false;    ///< the owner knows that there are confirmations

    // The thread's own.
    Clock::time_point last_heard{};
    Clock::time_point next_question{};
    bool suspicious = true;
    int unanswered = 0;    ///< questions, since something was heard
    std::size_t lost = 0;  ///< events, not logged yet
    rd_kafka_resp_err_t why_lost = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::optional<BusState> told;

    std::jthread thread;  // the last: it uses all of the above
};

KafkaPublisher::KafkaPublisher(const KafkaOptions& options, const telemetry::Log& log, NotesInFlight::Bounds bounds)
    : parts_(std::make_unique<Parts>(options, log, bounds)) {
    parts_->thread = std::jthread([parts = parts_.get()](const std::stop_token& stop) { parts->run(stop); });
}

KafkaPublisher::~KafkaPublisher() = default;

bool KafkaPublisher::publish(ports::NoteId note, std::span<const ports::Event> events) {
    Parts& parts = *parts_;
    if (events.empty()) {
        const std::lock_guard lock(parts.mutex);
        parts.notes.settle(note);
        return true;
    }
    if (state() == BusState::away) return false;

    std::vector<Message> messages;
    messages.reserve(events.size());
    std::size_t bytes = 0;
    for (const ports::Event& event : events) {
        messages.push_back(encode(event, parts.options.key));
        bytes += messages.back().bytes();
    }
    // A request carries one partition: those of one partition one after the other make fewer requests.
    if (const std::int32_t partitions = parts.partitions; partitions > 1) {
        std::ranges::stable_sort(messages, {}, [&](const Message& message) {
            return message.key.empty() ? 0 : partition_of(message.key, partitions);
        });
    }

    const std::lock_guard lock(parts.mutex);
    if (!parts.notes.fits(messages.size(), bytes)) {
        parts.refused = true;
        return false;
    }
    const NotesInFlight::Tag tag = parts.notes.begin(note, messages.size(), bytes);
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const auto error = parts.producer->produce(parts.options.topics.events, Producer::by_key, messages[i], tag);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        parts.log.warn("the producer takes no event",
                       {{"topic", parts.options.topics.events}, {"error", rd_kafka_err2str(error)}});
        if (i == 0) {
            parts.notes.cancel(tag);
            parts.refused = true;
            return false;
        }
        // Some are on their way: the note fails once these are reported.
        parts.notes.report(tag, false, messages.size() - i);
        break;
    }
    parts.posted.notify_one();
    return true;
}

ports::EventPublisher::Confirmations KafkaPublisher::take_confirmations() {
    const std::lock_guard lock(parts_->mutex);
    parts_->woken = false;
    return parts_->notes.take();
}

void KafkaPublisher::on_progress(std::function<void()> wake) {
    const std::lock_guard lock(parts_->mutex);
    parts_->wake = std::move(wake);
}

BusState KafkaPublisher::state() const { return parts_->state; }

bool KafkaPublisher::flush(std::chrono::milliseconds timeout) {
    std::unique_lock lock(parts_->mutex);
    return parts_->drained.wait_for(lock, timeout, [this] { return parts_->notes.empty(); });
}

std::unique_ptr<Producer> KafkaPublisher::Parts::make_producer() {
    return std::make_unique<Producer>(
        options, log,
        Producer::Hooks{.on_report = [this](auto tag, auto error) { hear_report(tag, error); },
                        .on_error =
                            [this](std::string_view why) {
                                log.debug("Kafka", {{"error", why}});
                                suspicious = true;
                            }});
}

void KafkaPublisher::Parts::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        send(stop);
        hear_of_losses();
        if (producer->is_dead()) replace_producer();
        watch();
    }
}

/// Sends what comes, and hears what became of it, for a while.
void KafkaPublisher::Parts::send(const std::stop_token& stop) {
    {
        std::unique_lock lock(mutex);
        posted.wait_for(lock, stop, poll_time, [this] { return !notes.empty(); });
    }
    producer->flush(poll_time);
}

void KafkaPublisher::Parts::hear_report(NotesInFlight::Tag tag, rd_kafka_resp_err_t error) {
    const bool is_safe = error == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (is_safe) {
        last_heard = Clock::now();
        unanswered = 0;
    } else {
        ++lost;
        why_lost = error;
    }
    std::function<void()> call;
    {
        const std::lock_guard lock(mutex);
        notes.report(tag, is_safe);
        if (notes.empty()) drained.notify_all();
        call = progress(true);
    }
    if (call) call();
}

void KafkaPublisher::Parts::hear_of_losses() {
    if (lost > 0) log.warn("events were not acknowledged", {{"events", lost}, {"error", rd_kafka_err2str(why_lost)}});
    lost = 0;
}

std::function<void()> KafkaPublisher::Parts::progress(bool room) {
    const bool news = notes.has_news() && !std::exchange(woken, true);
    const bool has_room = room && std::exchange(refused, false);
    return news || has_room ? wake : nullptr;
}

void KafkaPublisher::Parts::watch() {
    const auto now = Clock::now();
    if ((!suspicious && now - last_heard < quiet_after) || now < next_question) return;
    switch (ask()) {
        case Answer::given:
            last_heard = Clock::now();
            unanswered = 0;
            suspicious = false;
            enter(BusState::up);
            return;
        case Answer::none:
            // Before the next one what has come meanwhile is heard: an acknowledgment is an answer, too.
            if (++unanswered < unanswered_max) return;
            break;
        case Answer::unreachable: break;
    }
    next_question = Clock::now() + ask_again_after;
    suspicious = true;
    enter(BusState::away);
}

Answer KafkaPublisher::Parts::ask() {
    const TopicHandle topic(rd_kafka_topic_new(producer->get(), options.topics.events.c_str(), nullptr));
    const rd_kafka_metadata_t* answer = nullptr;
    const auto error = rd_kafka_metadata(producer->get(), 0, topic.get(), &answer,
                                         static_cast<int>(std::chrono::milliseconds(answer_within).count()));
    if (error == RD_KAFKA_RESP_ERR__TRANSPORT) return Answer::unreachable;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Answer::none;
    const MetadataHandle metadata(answer);
    if (metadata->topic_cnt == 1) partitions = metadata->topics[0].partition_cnt;
    return Answer::given;
}

void KafkaPublisher::Parts::enter(BusState now) {
    state = now;
    if (std::exchange(told, now) == now) return;
    if (now == BusState::away) {
        log.warn("Kafka is away", {{"brokers", options.brokers}});
        return;
    }
    log.info("Kafka is there", {{"brokers", options.brokers}});
    std::function<void()> call;
    {
        const std::lock_guard lock(mutex);
        refused = true;  // whoever was told `away` waits for room, too
        call = progress(true);
    }
    if (call) call();
}

void KafkaPublisher::Parts::replace_producer() {
    std::array<char, 512> reason{};
    rd_kafka_fatal_error(producer->get(), reason.data(), reason.size());
    log.error("Kafka's producer is replaced", {{"error", reason.data()}});
    std::unique_ptr<Producer> fresh;
    try {
        fresh = make_producer();
    } catch (const std::exception& exception) {
        log.error("there is no new one", {{"error", exception.what()}});
        std::this_thread::sleep_for(quiet_after);
        return;
    }
    // What was acknowledged is known to be; of the rest nobody could say.
    producer->listen(0ms);
    std::unique_ptr<Producer> dead;
    std::function<void()> call;
    {
        const std::lock_guard lock(mutex);
        dead = std::exchange(producer, std::move(fresh));
        notes.give_up_all();
        drained.notify_all();
        call = progress(true);
    }
    dead.reset();
    suspicious = true;
    if (call) call();
}

}  // namespace orderstream::kafka
