#include "redis/link.h"

#include <algorithm>
#include <utility>

namespace orderstream::redis {

namespace limits = order::limits;

Link::Link(Options options, const telemetry::Log& log) : options_(std::move(options)), log_(log) {
    thread_ = std::jthread([this](const std::stop_token& stop) { keep(stop); });
    std::unique_lock lock(mutex_);
    free_.wait_for(lock, options_.patience.connect + options_.patience.silence, [this] { return tried_; });
}

Link::~Link() = default;

bool Link::run(const Work& work) {
    ConnectionPtr connection = take();
    if (connection == nullptr) return false;
    try {
        if (const auto done = work(*connection); !done) {
            lose(std::move(connection), done.error());
            return false;
        }
    } catch (...) {
        lose(std::move(connection), "a call was left half-way");
        throw;
    }
    give_back(std::move(connection));
    return true;
}

Link::ConnectionPtr Link::take() {
    std::unique_lock lock(mutex_);
    for (;;) {
        free_.wait_for(lock, options_.patience.silence, [this] { return !idle_.empty() || open_ == 0; });
        if (idle_.empty()) return nullptr;
        ConnectionPtr connection = std::move(idle_.back());
        idle_.pop_back();
        // One that the server has closed meanwhile was broken by nobody here.
        if (connection->alive()) return connection;
        --open_;
        note_trouble("Redis has closed the connection");
    }
}

void Link::give_back(ConnectionPtr connection) {
    {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(connection));
        pause_ = {};
    }
    free_.notify_one();
}

void Link::lose(ConnectionPtr connection, const std::string& why) {
    connection.reset();
    const std::lock_guard lock(mutex_);
    --open_;
    // The others go the same way: nobody shall find that out again, one after the other.
    open_ -= idle_.size();
    idle_.clear();
    failed_ = true;
    note_trouble(why);
}

void Link::note_trouble(const std::string& why) {
    if (open_ == 0) {
        if (!std::exchange(away_, true)) log_.warn("Redis is away: orders are read from the store", {{"reason", why}});
        trouble_ = why;
        free_.notify_all();
    }
    changed_.notify_all();
}

std::string Link::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

void Link::keep(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        if (std::exchange(failed_, false)) {
            pause_ = std::clamp(pause_ * 2, limits::redis_pause_min, limits::redis_pause_max);
            changed_.wait_for(lock, stop, pause_, [] { return false; });
        } else if (open_ < options_.connections) {
            lock.unlock();
            open_one();
            lock.lock();
        } else if (!changed_.wait_for(lock, stop, limits::redis_probe_interval,
                                      [this] { return failed_ || open_ < options_.connections; })) {
            lock.unlock();
            probe();
            lock.lock();
        }
    }
}

void Link::open_one() {
    auto connection = open_and_greet();
    {
        const std::lock_guard lock(mutex_);
        tried_ = true;
        if (connection) {
            if (!trouble_.empty()) log_.info("Redis is there");
            ++open_;
            away_ = false;
            trouble_.clear();
            idle_.push_back(std::move(*connection));
        } else {
            failed_ = true;
            note_trouble(connection.error());
        }
    }
    free_.notify_all();
}

Result<Link::ConnectionPtr> Link::open_and_greet() const {
    auto connection = Connection::open(options_.address, options_.patience);
    if (!connection) return connection;
    // A server that accepts and says nothing is none.
    const std::vector<std::string_view> greeting(options_.greeting.begin(), options_.greeting.end());
    (*connection)->add(greeting);
    std::string refused;
    const auto answered = (*connection)->run([&refused](std::size_t, const Reply& reply) {
        if (reply.is_error()) refused = reply.text();
    });
    if (!answered) return tl::unexpected(answered.error());
    if (!refused.empty()) return tl::unexpected("Redis refuses: " + refused);
    return connection;
}

void Link::probe() {
    (void)run([this](Connection& connection) {
        connection.add({"DBSIZE"});
        return connection.run(
            [this](std::size_t, const Reply& reply) { keys_ = static_cast<std::size_t>(reply.integer()); });
    });
}

}  // namespace orderstream::redis
