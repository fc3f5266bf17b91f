#include "order/lifecycle.h"

#include <array>

namespace orderstream::order {

namespace {

using enum Status;

// DESIGN 3. What failed is started again by a new document or deleted, never cancelled.
constexpr std::array simple_steps{
    Lifecycle::Step{new_, {cancelled, deleted}},
    Lifecycle::Step{processing, {cancelled, deleted}},
    Lifecycle::Step{done, {cancelled, deleted}},
    Lifecycle::Step{failed, {deleted}},
};

constexpr Lifecycle simple{
    .arrival = new_,
    .working = processing,
    .processed = done,
    .replaceable = {new_, processing, done, failed},
    .client_sets = {cancelled, deleted},
    .steps = simple_steps,
};

constexpr std::array checkout_steps{
    Lifecycle::Step{pending, {cancelled, deleted}},
    Lifecycle::Step{confirmed, {processing, cancelled, deleted}},
    Lifecycle::Step{processing, {shipped, cancelled, deleted}},
    Lifecycle::Step{shipped, {delivered, deleted}},
    Lifecycle::Step{delivered, {refunded, deleted}},
    Lifecycle::Step{refunded, {deleted}},
    Lifecycle::Step{failed, {deleted}},
};

// A client may ask for the status that the worker gave, and hears that nothing changed; it cannot get there itself.
constexpr Lifecycle checkout{
    .arrival = pending,
    .working = pending,
    .processed = confirmed,
    .replaceable = {pending, confirmed, failed},
    .client_sets = {pending, processing, confirmed, shipped, delivered, refunded, cancelled, deleted},
    .steps = checkout_steps,
};

}  // namespace

std::vector<Status> StatusSet::list() const {
    std::vector<Status> statuses;
    for (const Status status : all_statuses) {
        if (contains(status)) statuses.push_back(status);
    }
    return statuses;
}

StatusSet Lifecycle::allowed_from(Status from) const {
    for (const Step& step : steps) {
        if (step.from == from) return step.to;
    }
    return {};
}

StatusSet Lifecycle::sources_of(Status to) const {
    StatusSet sources;
    for (const Step& step : steps) {
        if (step.to.contains(to)) sources.add(step.from);
    }
    return sources;
}

const Lifecycle& lifecycle_of(Kind kind) {
    switch (kind) {
        case Kind::generic:
        case Kind::marketplace: return simple;
        case Kind::checkout: return checkout;
    }
    return simple;
}

}  // namespace orderstream::order
