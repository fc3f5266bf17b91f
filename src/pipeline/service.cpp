#include "pipeline/service.h"

#include <utility>
#include <vector>

#include "order/limits.h"

namespace orderstream::pipeline {

namespace limits = order::limits;

namespace {

/// The granularity of time-outs; nothing on an order's ordinary way waits for these.
constexpr std::chrono::milliseconds tick{20};

}  // namespace

Service::Service(Ports ports, Clock clock, telemetry::Log& log, Intake::Limits limits)
    : ports_(ports),
      clock_(std::move(clock)),
      publisher_(ports_.store, ports_.publisher, clock_, log),
      writer_(
          ports_.store, publisher_, ids_, clock_, [this] { return leaving_.load(); }, log),
      reads_(ports_.store, ports_.cache, clock_, limits::reads_waiting_max),
      waiters_(ports_.store, reads_, clock_),
      intake_(writer_, publisher_, waiters_, reads_, clock_, limits),
      listings_(ports_.listing, clock_, log, limits::listings_waiting_max),
      orders_(intake_, waiters_, reads_, listings_) {
    ports_.acks.subscribe([this](std::span<const ports::Ack> acks) { hear(acks); });
}

Service::~Service() { finish(); }

void Service::start() {
    writer_thread_ = std::thread([this] { intake_.run(); });
    reader_thread_ = std::thread([this] { reads_.run(); });
    for (std::size_t i = 0; i < limits::listing_threads; ++i) {
        listing_threads_.emplace_back([this] { listings_.run(); });
    }
    house_thread_ = std::thread([this] { keep_house(); });
    time_thread_ = std::thread([this] { keep_time(); });
}

void Service::hear(std::span<const ports::Ack> acks) {
    std::vector<ports::OrderStamp> stamps;
    stamps.reserve(acks.size());
    for (const ports::Ack& ack : acks) stamps.push_back({ack.order_id, ack.version, ack.processed_version});
    reads_.advance(stamps);
    waiters_.hear(acks);
    intake_.acks_came();
}

void Service::keep_house() {
    do {
        publisher_.keep_house();
        while (waiters_.look_up()) {
        }
    } while (rest());
}

void Service::keep_time() {
    while (rest()) {
        intake_.expire();
        waiters_.expire();
        // Stored, and published when the broker is back: nobody is kept waiting for that.
        if (publisher_.bus_is_away()) waiters_.shorten_deadlines(clock_.now());
    }
}

bool Service::rest() {
    std::unique_lock lock(mutex_);
    return !woken_.wait_for(lock, tick, [this] { return finishing_; });
}

void Service::leave() { leaving_ = true; }

void Service::cut_waiting(MonotonicTime deadline) { waiters_.end_by(deadline); }

bool Service::idle() const { return intake_.queued() == 0 && waiters_.size() == 0; }

void Service::finish() {
    if (!writer_thread_.joinable()) return;
    leave();
    intake_.close();
    writer_thread_.join();
    waiters_.end_by(clock_.now());
    while (waiters_.look_up()) {
    }
    reads_.close();
    reader_thread_.join();
    listings_.close();
    for (std::thread& thread : listing_threads_) thread.join();
    {
        const std::lock_guard lock(mutex_);
        finishing_ = true;
    }
    woken_.notify_all();
    house_thread_.join();
    time_thread_.join();
    publisher_.finish();
}

}  // namespace orderstream::pipeline
