#pragma once

#include <cstdint>
#include <functional>

#include "e2e/support/http_client.h"

namespace orderstream::e2e {

/// Runs `work` with 0 .. threads - 1 on as many threads that start at the same moment, and waits for all of them.
/// What the first one threw is thrown.
void concurrently(int threads, const std::function<void(int)>& work);

/// The same, each thread with a connection of its own, all of them open before the first byte is sent.
void concurrent_clients(std::uint16_t port, int clients, const std::function<void(HttpConnection&, int)>& work,
                        std::chrono::milliseconds timeout = std::chrono::seconds(30));

}  // namespace orderstream::e2e
