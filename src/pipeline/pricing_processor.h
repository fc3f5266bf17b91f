#pragma once

#include "ports/order_processor.h"

namespace orderstream::pipeline {

/// The built-in processor: prices the order from its document (DESIGN 3). Stateless.
class PricingProcessor final : public ports::OrderProcessor {
  public:
    [[nodiscard]] std::vector<ports::ProcessingResult> process(std::span<const ports::Event> events) override;
};

}  // namespace orderstream::pipeline
