#include "pipeline/reads.h"

#include <algorithm>
#include <utility>

#include "order/limits.h"

namespace orderstream::pipeline {

namespace limits = order::limits;

namespace {

/// A shared cache's entries live one second from the read of their row; so long an untold change could be hidden.
constexpr std::chrono::seconds untold_change_lasts{1};

}  // namespace

Reads::Reads(ports::OrderStore& store, ports::OrderCache& cache, Clock clock, std::size_t waiting_max)
    : store_(store), cache_(cache), clock_(std::move(clock)), waiting_max_(waiting_max) {}

order::OrderPtr Reads::peek(const order::OrderId& id) { return cache_.peek(id); }

bool Reads::take_place() {
    if (closed_ || waiting_ >= waiting_max_) return false;
    ++waiting_;
    return true;
}

void Reads::get(const order::OrderId& id, ReadAnswer answer) {
    bool closed = false;
    {
        const std::lock_guard lock(mutex_);
        closed = closed_;
        if (take_place()) {
            ReadPtr& read = joinable_[id];
            if (read == nullptr) {
                read = std::make_shared<Read>();
                read->id = id;
                if (!past_the_cache_.empty()) {
                    const auto untold = past_the_cache_.find(id);
                    read->past_the_cache = untold != past_the_cache_.end() && untold->second > clock_.now();
                }
                queue_.push_back(read);
                if (queue_.size() == 1) arrived_.notify_one();
            }
            read->answers.push_back(std::move(answer));
            return;
        }
    }
    answer(tl::unexpected(closed ? ReadFault::unavailable : ReadFault::overloaded));
}

void Reads::find_by_external(ports::OrderStore::ExternalKey key, ReadAnswer answer) {
    bool closed = false;
    {
        const std::lock_guard lock(mutex_);
        closed = closed_;
        if (take_place()) {
            external_queue_.push_back({std::move(key), std::move(answer)});
            if (external_queue_.size() == 1) arrived_.notify_one();
            return;
        }
    }
    answer(tl::unexpected(closed ? ReadFault::unavailable : ReadFault::overloaded));
}

void Reads::advance(std::span<const ports::OrderStamp> stamps) {
    if (stamps.empty()) return;
    const bool told = cache_.advance(stamps);
    const std::lock_guard lock(mutex_);
    if (!told) {
        const MonotonicTime now = clock_.now();
        std::erase_if(past_the_cache_, [now](const auto& entry) { return entry.second <= now; });
        for (const ports::OrderStamp& stamp : stamps) past_the_cache_[stamp.id] = now + untold_change_lasts;
    }
    // Only now: a read that may have met the cache before it was told takes nobody in who comes after this. What such a
    // read has brought to the cache already, the cache has refused by itself.
    for (const ports::OrderStamp& stamp : stamps) {
        const auto found = joinable_.find(stamp.id);
        if (found == joinable_.end()) continue;
        found->second->voided = true;
        joinable_.erase(found);
    }
}

bool Reads::read_batch() {
    std::vector<ReadPtr> reads;
    std::vector<ExternalRead> externals;
    {
        const std::lock_guard lock(mutex_);
        while (!queue_.empty() && reads.size() < limits::read_orders_max) {
            reads.push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
        while (!external_queue_.empty() && externals.size() < limits::read_orders_max) {
            externals.push_back(std::move(external_queue_.front()));
            external_queue_.pop_front();
        }
    }
    const bool found_any = !reads.empty() || !externals.empty();
    if (!reads.empty()) read_orders(reads);
    if (!externals.empty()) read_externals(std::move(externals));
    return found_any;
}

void Reads::read_orders(const std::vector<ReadPtr>& reads) {
    std::vector<order::OrderId> ids;
    ids.reserve(reads.size());
    for (const ReadPtr& read : reads) ids.push_back(read->id);
    ports::OrderCache::Lookup lookup = cache_.get(ids);

    std::vector<std::size_t> missed;
    std::vector<order::OrderId> missed_ids;
    for (std::size_t i = 0; i < reads.size(); ++i) {
        if (reads[i]->past_the_cache) lookup.found[i] = nullptr;
        if (lookup.found[i] != nullptr) continue;
        missed.push_back(i);
        missed_ids.push_back(ids[i]);
    }
    bool store_answered = true;
    if (!missed.empty()) {
        auto rows = store_.fetch(missed_ids);
        store_answered = rows.has_value();
        if (rows) {
            std::vector<order::OrderPtr> fill;
            {
                const std::lock_guard lock(mutex_);
                for (std::size_t k = 0; k < missed.size(); ++k) {
                    const order::OrderPtr& row = lookup.found[missed[k]] = (*rows)[k];
                    // While a worker has it, its status changes without a word to anyone.
                    const bool at_rest = row != nullptr && row->processed_version >= row->version;
                    if (at_rest && !reads[missed[k]]->voided) fill.push_back(row);
                }
            }
            // Between the two the cache itself refuses what has become older.
            if (!fill.empty()) cache_.fill(lookup.ticket, fill);
        }
    }
    for (std::size_t i = 0; i < reads.size(); ++i) {
        for (ReadAnswer& answer : finish(reads[i])) {
            if (lookup.found[i] == nullptr && !store_answered) {
                answer(tl::unexpected(ReadFault::unavailable));
            } else {
                answer(lookup.found[i]);
            }
        }
    }
}

std::vector<ReadAnswer> Reads::finish(const ReadPtr& read) {
    const std::lock_guard lock(mutex_);
    const auto found = joinable_.find(read->id);
    if (found != joinable_.end() && found->second == read) joinable_.erase(found);
    waiting_ -= read->answers.size();
    return std::move(read->answers);
}

void Reads::read_externals(std::vector<ExternalRead> reads) {
    std::vector<ports::OrderStore::ExternalKey> keys;
    keys.reserve(reads.size());
    for (ExternalRead& read : reads) keys.push_back(std::move(read.key));
    const auto rows = store_.find_by_external(keys);
    {
        const std::lock_guard lock(mutex_);
        waiting_ -= reads.size();
    }
    for (std::size_t i = 0; i < reads.size(); ++i) {
        if (rows) {
            reads[i].answer((*rows)[i]);
        } else {
            reads[i].answer(tl::unexpected(ReadFault::unavailable));
        }
    }
}

void Reads::run() {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            arrived_.wait(lock, [this] { return closed_ || !queue_.empty() || !external_queue_.empty(); });
            if (queue_.empty() && external_queue_.empty()) return;
        }
        read_batch();
    }
}

void Reads::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    arrived_.notify_all();
}

}  // namespace orderstream::pipeline
