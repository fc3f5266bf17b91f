#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "pipeline/ack_waiters.h"
#include "pipeline/batch_writer.h"
#include "pipeline/clock.h"
#include "pipeline/intake.h"
#include "pipeline/listings.h"
#include "pipeline/orders.h"
#include "pipeline/publisher.h"
#include "pipeline/reads.h"
#include "ports/event_bus.h"
#include "ports/order_cache.h"
#include "ports/order_listing.h"
#include "ports/order_store.h"
#include "telemetry/log.h"

namespace orderstream::pipeline {

/// The API's half of the pipeline, wired and running: changes go in, are stored and published, and their callers hear
/// the end. Its threads: the writer, the reader, those of listings, the housekeeper (notes and look-ups: it blocks on
/// the store) and the timekeeper (which never blocks). The ports must outlive it, and it must outlive its doors.
///
/// Order of calls: construct (subscribes to ACKs), start(), then doors may use orders(); at the end leave() (no unknown
/// fate is waited for any more), cut_waiting(), finish().
class Service {
  public:
    struct Ports {
        ports::OrderStore& store;
        ports::OrderListing& listing;
        ports::EventPublisher& publisher;
        ports::AckSource& acks;
        ports::OrderCache& cache;
    };

    Service(Ports ports, Clock clock, telemetry::Log& log, Intake::Limits limits = Intake::default_limits());
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    void start();
    void leave();
    /// Whoever waits is answered by `deadline`, with `stored` at the worst.
    void cut_waiting(MonotonicTime deadline);
    /// Nothing is queued and nobody waits.
    [[nodiscard]] bool idle() const;
    /// No event is on its way that could still be lost, unless the bus is away.
    [[nodiscard]] bool published() const { return !publisher_.waits_for_bus(); }
    /// Takes no more, writes what is queued, answers who still waits, ends the threads.
    void finish();

    [[nodiscard]] Orders& orders() { return orders_; }
    [[nodiscard]] const AckWaiters& waiters() const { return waiters_; }

  private:
    void hear(std::span<const ports::Ack> acks);
    void keep_house();
    void keep_time();
    /// Waits a tick; false once finish() was called.
    bool rest();

    Ports ports_;
    Clock clock_;
    order::Uuid7Source ids_;
    std::atomic<bool> leaving_ = false;
    Publisher publisher_;
    BatchWriter writer_;
    Reads reads_;
    AckWaiters waiters_;
    Intake intake_;
    Listings listings_;
    Orders orders_;

    std::mutex mutex_;
    std::condition_variable woken_;
    bool finishing_ = false;

    std::thread writer_thread_;
    std::thread reader_thread_;
    std::vector<std::thread> listing_threads_;
    std::thread house_thread_;
    std::thread time_thread_;
};

}  // namespace orderstream::pipeline
