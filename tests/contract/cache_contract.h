#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "ports/order_cache.h"

namespace orderstream::contract {

/// One empty cache with room for some thousand orders, and its clock.
class CacheUnderTest {
  public:
    virtual ~CacheUnderTest() = default;
    [[nodiscard]] virtual ports::OrderCache& cache() = 0;
    /// Lets that much time pass by the cache's clock (waits where it cannot be moved by hand).
    virtual void pass(std::chrono::microseconds time) = 0;
};

struct CacheAdapter {
    std::string name;
    bool keeps = true;  ///< false: a cache that never has anything
    std::function<std::unique_ptr<CacheUnderTest>()> make;
    friend std::ostream& operator<<(std::ostream& out, const CacheAdapter& adapter) { return out << adapter.name; }
};

/// What every cache keeps, whatever it is made of; an adapter instantiates it with its own CacheAdapter.
class CacheContract : public testing::TestWithParam<CacheAdapter> {};

}  // namespace orderstream::contract
