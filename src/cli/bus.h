#pragma once

#include <tl/expected.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "config/config.h"
#include "ports/event_bus.h"
#include "telemetry/log.h"

namespace orderstream::cli {

/// The bus in force: the ends that a role uses, the others are null.
struct BusPart {
    std::string_view engine;
    std::shared_ptr<ports::EventPublisher> publisher;  ///< of a role with an API
    std::shared_ptr<ports::AckSource> acks;            ///< the same
    std::shared_ptr<ports::EventSource> events;        ///< of a role with a worker
    std::function<std::string()> trouble;              ///< empty: it works; else why not
};

/// A bus that is away is there all the same. The error is a sentence: what waiting does not mend.
[[nodiscard]] tl::expected<BusPart, std::string> make_bus(const config::Config& config, config::Role role,
                                                          const telemetry::Log& log);

}  // namespace orderstream::cli
