#include "pipeline/pricing_processor.h"

#include <utility>

#include "documents/pricing.h"

namespace orderstream::pipeline {

namespace {

ports::ProcessingResult price(const order::Order& order) {
    // A row whose document is gone: no later attempt will find one.
    if (order.payload == nullptr) return ports::Refused{"the order has no document"};
    auto priced = documents::price(order.kind, *order.payload);
    if (!priced) return ports::Refused{"the document cannot be priced: " + priced.error()};
    return ports::Processed{.total_amount = priced->total_amount, .currency = std::move(priced->currency)};
}

}  // namespace

std::vector<ports::ProcessingResult> PricingProcessor::process(std::span<const ports::Event> events) {
    std::vector<ports::ProcessingResult> results;
    results.reserve(events.size());
    for (const ports::Event& event : events) results.push_back(price(*event.order));
    return results;
}

}  // namespace orderstream::pipeline
