#pragma once

#include <functional>
#include <string>
#include <vector>

#include "http/router.h"
#include "pipeline/health.h"

namespace orderstream::http {

/// `/health`, `/health/live`, `/health/ready`: served in every phase. Thread-safe if `health` is; it is called on the
/// io threads, so it must not wait for anything.
class HealthResource {
  public:
    HealthResource(std::string version, std::function<pipeline::Health()> health)
        : version_(std::move(version)), health_(std::move(health)) {}

    [[nodiscard]] std::vector<Route> routes();

  private:
    [[nodiscard]] Response render(const pipeline::Health& health, int status) const;

    std::string version_;
    std::function<pipeline::Health()> health_;
};

}  // namespace orderstream::http
