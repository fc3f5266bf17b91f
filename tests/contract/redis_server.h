#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "contract/services.h"
#include "redis/connection.h"

namespace orderstream::contract {

/// For tests of what Redis holds, not of how long it takes to answer on a busy machine.
inline constexpr redis::Patience patient{.connect = std::chrono::seconds(30),
                                         .silence = std::chrono::seconds(30),
                                         .call = std::chrono::seconds(60)};

/// A Redis of the test's own, started when it is first asked for, one for each process (see Services).
class RedisServer {
  public:
    [[nodiscard]] static RedisServer& get();

    [[nodiscard]] const std::string& address() const { return services_.address("REDIS_ADDR"); }
    [[nodiscard]] int port() const { return services_.port("redis"); }
    /// stop, start or kill (kill -9).
    void control(const std::string& command) const { services_.control(command, "redis"); }

    /// Asks it something by a connection of its own; a number comes as its digits. Throws when it refuses.
    std::string ask(const std::vector<std::string_view>& words) const;
    [[nodiscard]] std::int64_t ask_number(const std::vector<std::string_view>& words) const;
    /// Its clock, in microseconds.
    [[nodiscard]] std::int64_t now() const;

  private:
    RedisServer();

    Services services_;
};

}  // namespace orderstream::contract
