#include "e2e/support/concurrent.h"

#include <exception>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

namespace orderstream::e2e {

void concurrently(int threads, const std::function<void(int)>& work) {
    std::latch all_there(threads);
    std::mutex mutex;
    std::exception_ptr thrown;
    {
        std::vector<std::jthread> running;
        for (int i = 0; i < threads; ++i) {
            running.emplace_back([&, i] {
                all_there.arrive_and_wait();
                try {
                    work(i);
                } catch (...) {
                    const std::lock_guard lock(mutex);
                    if (!thrown) thrown = std::current_exception();
                }
            });
        }
    }
    if (thrown) std::rethrow_exception(thrown);
}

void concurrent_clients(std::uint16_t port, int clients, const std::function<void(HttpConnection&, int)>& work,
                        std::chrono::milliseconds timeout) {
    std::vector<HttpConnection> connections;
    connections.reserve(static_cast<std::size_t>(clients));
    for (int i = 0; i < clients; ++i) connections.emplace_back(port, timeout);
    concurrently(clients, [&](int i) { work(connections[static_cast<std::size_t>(i)], i); });
}

}  // namespace orderstream::e2e
