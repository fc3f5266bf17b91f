#pragma once

#include <tl/expected.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "order/ids.h"
#include "pipeline/clock.h"
#include "ports/order_cache.h"
#include "ports/order_store.h"

namespace orderstream::pipeline {

enum class ReadFault {
    overloaded,
    unavailable,
    took_too_long,  ///< a listing
};
/// The order, or null when there is none.
using ReadAnswer = std::function<void(tl::expected<order::OrderPtr, ReadFault>)>;

/// Reads of single orders: from the cache at once, else one batched look-up of all that wait, joined by order. Nobody
/// is shown an order older than a change that was answered, or an ACK that was heard, before the read began (DESIGN 4,
/// Reads). Thread-safe; read_batch() and run() belong to the reader's thread; answers come from it and only hand on.
class Reads {
  public:
    Reads(ports::OrderStore& store, ports::OrderCache& cache, Clock clock, std::size_t waiting_max);

    [[nodiscard]] order::OrderPtr peek(const order::OrderId& id);
    void get(const order::OrderId& id, ReadAnswer answer);
    void find_by_external(ports::OrderStore::ExternalKey key, ReadAnswer answer);

    /// These orders are at least that new: the cache shows nothing older, reads in flight fill nothing and take no
    /// joiners.
    void advance(std::span<const ports::OrderStamp> stamps);

    /// Answers what waits, at most one batch of each kind. False when nothing waited.
    bool read_batch();
    void run();
    void close();

  private:
    struct Read {
        order::OrderId id;
        std::vector<ReadAnswer> answers;
        bool past_the_cache = false;  ///< the cache could not be told of a change
        bool voided = false;
    };
    using ReadPtr = std::shared_ptr<Read>;
    struct ExternalRead {
        ports::OrderStore::ExternalKey key;
        ReadAnswer answer;
    };

    [[nodiscard]] bool take_place();
    void read_orders(const std::vector<ReadPtr>& reads);
    void read_externals(std::vector<ExternalRead> reads);
    [[nodiscard]] std::vector<ReadAnswer> finish(const ReadPtr& read);

    ports::OrderStore& store_;
    ports::OrderCache& cache_;
    Clock clock_;
    const std::size_t waiting_max_;

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::size_t waiting_ = 0;  ///< answers owed
    std::deque<ReadPtr> queue_;
    std::deque<ExternalRead> external_queue_;
    /// The read that a get() of this order may join.
    std::unordered_map<order::OrderId, ReadPtr, order::OrderIdHash> joinable_;
    /// Orders whose change the cache has not taken, and until when they are read past it.
    std::unordered_map<order::OrderId, MonotonicTime, order::OrderIdHash> past_the_cache_;
    bool closed_ = false;
};

}  // namespace orderstream::pipeline
