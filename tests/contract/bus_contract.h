#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "ports/event_bus.h"

namespace orderstream::contract {

/// One bus, empty, with an API's end and a worker's end, as the contract suite needs it.
class BusUnderTest {
  public:
    virtual ~BusUnderTest() = default;

    [[nodiscard]] virtual ports::EventPublisher& publisher() = 0;
    [[nodiscard]] virtual ports::EventSource& source() = 0;
    /// Two APIs' ears; not yet subscribed.
    [[nodiscard]] virtual ports::AckSource& ear() = 0;
    [[nodiscard]] virtual ports::AckSource& other_ear() = 0;
    /// The worker dies without a word and another one takes its place: source() from now on.
    virtual void restart_worker() = 0;
    /// Every announcement that was sent until now, in order.
    [[nodiscard]] virtual std::vector<ports::Announcement> announcements() = 0;
};

struct BusAdapter {
    std::string name;
    std::function<std::unique_ptr<BusUnderTest>()> make;
    friend std::ostream& operator<<(std::ostream& out, const BusAdapter& adapter) { return out << adapter.name; }
};

/// What every bus keeps, whatever it is made of; an adapter instantiates it with its own BusAdapter.
class BusContract : public testing::TestWithParam<BusAdapter> {};

}  // namespace orderstream::contract
