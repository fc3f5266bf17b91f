#include "pipeline/listings.h"

#include <utility>

#include "order/limits.h"

namespace orderstream::pipeline {

namespace limits = order::limits;

namespace {

ReadFault fault_of(const ports::ListingError& error) {
    switch (error.fault) {
        case ports::ListingError::Fault::unavailable: break;
        case ports::ListingError::Fault::took_too_long: return ReadFault::took_too_long;
    }
    return ReadFault::unavailable;
}

}  // namespace

Listings::Listings(ports::OrderListing& listing, Clock clock, telemetry::Log& log, std::size_t waiting_max)
    : listing_(listing), clock_(std::move(clock)), log_(log), waiting_max_(waiting_max) {}

void Listings::list(ports::ListQuery query, ListAnswer answer) {
    auto fault = ReadFault::overloaded;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            fault = ReadFault::unavailable;
        } else if (questions_.size() < waiting_max_) {
            questions_.push_back({clock_.now(), std::move(query), std::move(answer)});
            arrived_.notify_one();
            return;
        }
    }
    answer(tl::unexpected(fault));
}

void Listings::statistics(StatisticsAnswer answer) {
    auto fault = ReadFault::overloaded;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            fault = ReadFault::unavailable;
        } else if (curious_.size() < waiting_max_) {
            curious_.push_back(std::move(answer));
            arrived_.notify_one();
            return;
        }
    }
    answer(tl::unexpected(fault));
}

bool Listings::serve_one() {
    std::unique_lock lock(mutex_);
    if (!questions_.empty()) {
        const Question question = std::move(questions_.front());
        questions_.pop_front();
        lock.unlock();
        serve(question);
        return true;
    }
    if (!has_work()) return false;
    // Who asks from now on wants to see what has happened until then.
    const std::vector<StatisticsAnswer> answers = std::exchange(curious_, {});
    counting_ = true;
    lock.unlock();
    serve_statistics(answers);
    lock.lock();
    counting_ = false;
    if (has_work()) arrived_.notify_one();
    return true;
}

void Listings::serve(const Question& question) {
    if (clock_.now() - question.asked_at >= limits::listing_timeout) {
        question.answer(tl::unexpected(ReadFault::overloaded));
        return;
    }
    auto page = listing_.list(question.query);
    if (page) {
        question.answer(std::move(*page));
        return;
    }
    log_.warn("a listing failed", {{"error", page.error().message}});
    question.answer(tl::unexpected(fault_of(page.error())));
}

void Listings::serve_statistics(const std::vector<StatisticsAnswer>& answers) {
    auto lines = listing_.statistics();
    if (!lines) {
        log_.warn("the statistics failed", {{"error", lines.error().message}});
        for (const StatisticsAnswer& answer : answers) answer(tl::unexpected(fault_of(lines.error())));
        return;
    }
    const auto statistics = std::make_shared<const std::vector<ports::StatisticsLine>>(std::move(*lines));
    for (const StatisticsAnswer& answer : answers) answer(statistics);
}

void Listings::run() {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            arrived_.wait(lock, [this] { return closed_ || has_work(); });
            if (closed_) break;
        }
        serve_one();
    }
    std::unique_lock lock(mutex_);
    auto questions = std::exchange(questions_, {});
    auto curious = std::exchange(curious_, {});
    lock.unlock();
    for (const Question& question : questions) question.answer(tl::unexpected(ReadFault::unavailable));
    for (const StatisticsAnswer& answer : curious) answer(tl::unexpected(ReadFault::unavailable));
}

void Listings::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    arrived_.notify_all();
}

}  // namespace orderstream::pipeline
