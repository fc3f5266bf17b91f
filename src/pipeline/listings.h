#pragma once

#include <tl/expected.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "pipeline/clock.h"
#include "pipeline/reads.h"
#include "ports/order_listing.h"
#include "telemetry/log.h"

namespace orderstream::pipeline {

using ListAnswer = std::function<void(tl::expected<ports::OrderPage, ReadFault>)>;
using Statistics = std::shared_ptr<const std::vector<ports::StatisticsLine>>;
using StatisticsAnswer = std::function<void(tl::expected<Statistics, ReadFault>)>;

/// Questions about many orders. They may take long, so they wait in a bounded queue of their own and are answered by
/// threads of their own: nobody who reads or changes a single order waits behind them. All who wait for statistics when
/// the counting begins share them. Thread-safe; answers are given by a thread that is in run() (or, where there is no
/// place, by the caller's) and only hand on.
class Listings {
  public:
    Listings(ports::OrderListing& listing, Clock clock, telemetry::Log& log, std::size_t waiting_max);

    void list(ports::ListQuery query, ListAnswer answer);
    void statistics(StatisticsAnswer answer);

    /// Answers one question; false when none waited. One that has waited for limits::listing_timeout is told
    /// `overloaded`: whoever asked it has lost patience.
    bool serve_one();
    /// serve_one() whenever there is something, until close(), which has what waits told `unavailable`.
    void run();
    void close();

  private:
    struct Question {
        MonotonicTime asked_at;
        ports::ListQuery query;
        ListAnswer answer;
    };

    void serve(const Question& question);
    void serve_statistics(const std::vector<StatisticsAnswer>& answers);
    [[nodiscard]] bool has_work() const { return !questions_.empty() || (!curious_.empty() && !counting_); }

    ports::OrderListing& listing_;
    Clock clock_;
    telemetry::Log& log_;
    const std::size_t waiting_max_;

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Question> questions_;
    std::vector<StatisticsAnswer> curious_;
    bool counting_ = false;  ///< one thread does; the others are for lists
    bool closed_ = false;
};

}  // namespace orderstream::pipeline
