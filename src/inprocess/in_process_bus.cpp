#include "inprocess/in_process_bus.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ports/weight.h"

namespace orderstream::inprocess {

namespace {

std::size_t bytes_of(std::span<const ports::Event> events) {
    std::size_t bytes = 0;
    for (const ports::Event& event : events) {
        bytes += sizeof(event) + event.request_id.size() + event.traceparent.size() + ports::bytes_of(*event.order);
    }
    return bytes;
}

}  // namespace

InProcessBus::InProcessBus(DeadLetterHandler on_dead_letter, Bounds bounds)
    : on_dead_letter_(std::move(on_dead_letter)), bounds_(bounds) {}

bool InProcessBus::publish(ports::NoteId note, std::span<const ports::Event> events) {
    const std::size_t bytes = bytes_of(events);
    {
        const std::lock_guard lock(mutex_);
        if (events.empty()) {
            settled_.push_back(note);
            return true;
        }
        const std::size_t unfinished = published_ - finished_;
        const bool fits = unfinished + events.size() <= bounds_.events_max && bytes_ + bytes <= bounds_.bytes_max;
        if (!fits && unfinished > 0) {
            refused_ = true;
            return false;
        }
        queue_.insert(queue_.end(), events.begin(), events.end());
        published_ += events.size();
        bytes_ += bytes;
        notes_.push_back({note, published_});
    }
    arrived_.notify_one();
    return true;
}

ports::EventPublisher::Confirmations InProcessBus::take_confirmations() {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    return {.settled = std::exchange(settled_, {}), .failed = {}};
}

void InProcessBus::on_progress(std::function<void()> wake) { wake_ = std::move(wake); }

std::vector<ports::Event> InProcessBus::take(std::size_t max, std::chrono::milliseconds timeout) {
    if (handed_out_ == held_.size()) {
        std::unique_lock lock(mutex_);
        arrived_.wait_for(lock, timeout, [this] { return interrupted_ || !queue_.empty(); });
        const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(max, queue_.size()));
        held_.insert(held_.end(), std::move_iterator(queue_.begin()), std::move_iterator(end));
        queue_.erase(queue_.begin(), end);
    }
    const std::size_t count = std::min(max, held_.size() - handed_out_);
    const auto first = held_.begin() + static_cast<std::ptrdiff_t>(handed_out_);
    handed_out_ += count;
    return {first, first + static_cast<std::ptrdiff_t>(count)};
}

void InProcessBus::done(std::size_t events) {
    const std::span<const ports::Event> finished = std::span(held_).first(std::min(events, handed_out_));
    const std::size_t bytes = bytes_of(finished);
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        finished_ += finished.size();
        bytes_ -= bytes;
        while (!notes_.empty() && notes_.front().last_event <= finished_) {
            settled_.push_back(notes_.front().id);
            notes_.pop_front();
        }
        const bool news = !settled_.empty() && !std::exchange(woken_, true);
        const bool room = !finished.empty() && std::exchange(refused_, false);
        wake = news || room;
    }
    handed_out_ -= finished.size();
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(finished.size()));
    if (wake && wake_) wake_();
}

bool InProcessBus::send(std::span<const ports::Ack> acks, std::span<const ports::Announcement> announcements) {
    if (!acks.empty()) {
        for (const Handler& handler : ack_handlers_) handler(acks);
    }
    if (!announcements.empty()) {
        for (const AnnouncementHandler& handler : announcement_handlers_) handler(announcements);
    }
    return true;
}

bool InProcessBus::dead_letter(const ports::Event& event, const std::string& error) {
    ++dead_letters_;
    if (on_dead_letter_) on_dead_letter_(event, error);
    return true;
}

void InProcessBus::interrupt() {
    {
        const std::lock_guard lock(mutex_);
        interrupted_ = true;
    }
    arrived_.notify_all();
}

void InProcessBus::subscribe(Handler handler) { ack_handlers_.push_back(std::move(handler)); }

void InProcessBus::subscribe_announcements(AnnouncementHandler handler) {
    announcement_handlers_.push_back(std::move(handler));
}

std::size_t InProcessBus::events() const {
    const std::lock_guard lock(mutex_);
    return published_ - finished_;
}

}  // namespace orderstream::inprocess
