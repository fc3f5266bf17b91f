#pragma once

#include "ports/order_cache.h"

namespace orderstream::cache {

/// CACHE_TYPE=none: every read goes to the store.
class NoCache final : public ports::OrderCache {
  public:
    [[nodiscard]] order::OrderPtr peek(const order::OrderId&) override { return nullptr; }
    [[nodiscard]] Lookup get(std::span<const order::OrderId> ids) override {
        return {.found = std::vector<order::OrderPtr>(ids.size()), .ticket = {}};
    }
    void fill(Ticket, std::span<const order::OrderPtr>) override {}
    [[nodiscard]] bool advance(std::span<const ports::OrderStamp>) override { return true; }
    [[nodiscard]] Stats stats() const override { return {.type = "none"}; }
    [[nodiscard]] std::string trouble() override { return {}; }
};

}  // namespace orderstream::cache
