#include "cli/signals.h"

#include <cerrno>
#include <csignal>
#include <ctime>

namespace orderstream::cli {

namespace {

sigset_t ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

}  // namespace

Signals::Signals() {
    const sigset_t signals = ending_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

void Signals::wait() const {
    const sigset_t signals = ending_signals();
    int signal = 0;
    sigwait(&signals, &signal);
}

bool Signals::wait_for(std::chrono::milliseconds timeout) const {
    const sigset_t signals = ending_signals();
    const auto until = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0) return false;
        const timespec time{.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000),
                            .tv_nsec = static_cast<long>(left.count() % 1'000'000'000)};
        if (sigtimedwait(&signals, nullptr, &time) > 0) return true;
        if (errno == EAGAIN) return false;
    }
}

}  // namespace orderstream::cli
