#pragma once

#include <chrono>

namespace orderstream::cli {

/// SIGTERM and SIGINT as something to wait for. Made in main() before any thread, which inherit the blocked signals;
/// SIGPIPE is ignored: a peer that is gone is an error of the write.
class Signals {
  public:
    Signals();

    /// Until one of them comes.
    void wait() const;
    /// Up to `timeout`; true when one came.
    [[nodiscard]] bool wait_for(std::chrono::milliseconds timeout) const;
};

}  // namespace orderstream::cli
