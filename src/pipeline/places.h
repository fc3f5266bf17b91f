#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace orderstream::pipeline {

class Places;

/// A number of taken places, given back when this goes. Movable.
class Place {
  public:
    Place() = default;
    Place(Place&& other) noexcept : places_(std::exchange(other.places_, nullptr)), count_(other.count_) {}
    Place& operator=(Place&& other) noexcept;
    ~Place() { release(); }
    void release();

  private:
    friend class Places;
    Place(Places& places, std::size_t count) : places_(&places), count_(count) {}
    Places* places_ = nullptr;
    std::size_t count_ = 0;
};

/// A bounded number of places (orders, bytes, waiters). Thread-safe; must outlive what it handed out.
class Places {
  public:
    explicit Places(std::size_t limit) : limit_(limit) {}

    /// None when fewer than `count` are free.
    [[nodiscard]] std::optional<Place> take(std::size_t count) {
        std::size_t taken = taken_.load(std::memory_order_relaxed);
        do {
            if (count > limit_ - taken) return std::nullopt;
        } while (!taken_.compare_exchange_weak(taken, taken + count, std::memory_order_relaxed));
        return Place(*this, count);
    }

    [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t limit() const { return limit_; }

  private:
    friend class Place;
    std::atomic<std::size_t> taken_ = 0;
    const std::size_t limit_;
};

inline void Place::release() {
    if (Places* places = std::exchange(places_, nullptr)) {
        places->taken_.fetch_sub(count_, std::memory_order_relaxed);
    }
}

inline Place& Place::operator=(Place&& other) noexcept {
    if (this != &other) {
        release();
        places_ = std::exchange(other.places_, nullptr);
        count_ = other.count_;
    }
    return *this;
}

}  // namespace orderstream::pipeline
