#include "postgres/connection_pool.h"

#include <algorithm>
#include <utility>

namespace orderstream::postgres {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds first_pause = 50ms;
constexpr std::chrono::milliseconds last_pause = 1s;

/// Whether what was sent, rather than the server's own life, may have broken the connection.
bool may_be_to_blame(const Failure& failure) { return failure.sqlstate().empty(); }

}  // namespace

ConnectionPool::ConnectionPool(std::size_t connections_max, AfterTwoBreaks after_two_breaks, Open open)
    : connections_max_(connections_max), after_two_breaks_(after_two_breaks), open_(std::move(open)) {}

void ConnectionPool::connect() { give_back(take()); }

std::optional<ports::StoreError> ConnectionPool::run_work(const std::function<void(Connection&)>& work) {
    int breaks = 0;
    for (int attempt = 0;; ++attempt) {
        std::unique_ptr<Connection> connection;
        try {
            connection = take();
        } catch (const Failure& failure) {
            return ports::StoreError{ports::StoreFault::unavailable, failure.what()};
        }
        try {
            work(*connection);
            give_back(std::move(connection));
            return std::nullopt;
        } catch (const Failure& failure) {
            if (failure.connection_lost() || !connection->roll_back()) connection.reset();
            give_back(std::move(connection));
            if (!failure.connection_lost() || failure.fate_unknown()) return failure.store_error();
            if (may_be_to_blame(failure)) ++breaks;
            if (attempt == 0) continue;
            ports::StoreError error = failure.store_error();
            if (breaks == 2 && after_two_breaks_ == AfterTwoBreaks::rejected) error.fault = ports::StoreFault::rejected;
            return error;
        } catch (...) {
            give_back(nullptr);
            throw;
        }
    }
}

std::unique_ptr<Connection> ConnectionPool::take() {
    std::unique_ptr<Connection> connection;
    {
        std::unique_lock lock(mutex_);
        returned_.wait(lock, [this] { return taken_ < connections_max_; });
        ++taken_;
        if (!idle_.empty()) {
            connection = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    // One that the server has closed meanwhile was broken by nobody here.
    if (connection != nullptr && connection->alive()) return connection;
    connection.reset();
    try {
        return open();
    } catch (...) {
        give_back(nullptr);
        throw;
    }
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) {
    {
        const std::lock_guard lock(mutex_);
        --taken_;
        if (connection != nullptr) idle_.push_back(std::move(connection));
    }
    returned_.notify_one();
}

std::unique_ptr<Connection> ConnectionPool::open() {
    {
        const std::lock_guard lock(mutex_);
        if (trouble_ && Clock::now() < next_attempt_) throw *trouble_;
    }
    try {
        std::unique_ptr<Connection> connection = open_();
        const std::lock_guard lock(mutex_);
        trouble_.reset();
        pause_ = {};
        return connection;
    } catch (const Failure& failure) {
        const std::lock_guard lock(mutex_);
        trouble_ = failure;
        pause_ = std::clamp(pause_ * 2, first_pause, last_pause);
        next_attempt_ = Clock::now() + pause_;
        throw;
    }
}

}  // namespace orderstream::postgres
