#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orderstream::pipeline {

/// `degraded` still answers 200: a balancer would turn promised 202s into an outage.
enum class HealthStatus { healthy, degraded, unhealthy };

struct Health {
    struct Check {
        std::string_view name;  ///< "store", "bus", "cache" ...
        HealthStatus status = HealthStatus::healthy;
        std::string detail;  ///< which engine, or what is wrong with it
    };
    HealthStatus status = HealthStatus::healthy;
    std::vector<Check> checks;
};

/// Where the process is in its life, for probes and doors.
enum class Phase {
    starting,
    running,
    leaving,   ///< SIGTERM was heard: unready, answers carry `Connection: close`
    draining,  ///< new requests get 503, waiters get their answers
};

}  // namespace orderstream::pipeline
