#pragma once

#include <chrono>
#include <functional>

namespace orderstream::pipeline {

using MonotonicTime = std::chrono::steady_clock::time_point;

/// Time as the pipeline sees it; tests move it by hand. `sleep` may end early (at shutdown). Both are thread-safe.
struct Clock {
    std::function<MonotonicTime()> now;
    std::function<void(std::chrono::milliseconds)> sleep;
};

}  // namespace orderstream::pipeline
