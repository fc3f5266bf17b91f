#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "http/exchange.h"

namespace orderstream::http {

class Connection;

/// Brings answers from the pipeline's threads to one io thread: however many arrive together, it is woken once.
/// Thread-safe. Whoever may still answer shares it; once closed it drops what comes.
class Mailbox {
  public:
    struct Letter {
        std::weak_ptr<Connection> connection;
        std::uint64_t exchange = 0;
        Render render;
    };

    /// `wake` has take() called soon, on the io thread; it is called under the lock.
    explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

    void send(Letter letter) {
        const std::lock_guard lock(mutex_);
        if (closed_) return;
        letters_.push_back(std::move(letter));
        if (letters_.size() == 1) wake_();
    }

    /// Exchanges the letters for `emptied`, whose room is used again.
    void take(std::vector<Letter>& emptied) {
        const std::lock_guard lock(mutex_);
        letters_.swap(emptied);
    }

    void close() {
        std::vector<Letter> dropped;
        const std::lock_guard lock(mutex_);
        closed_ = true;
        dropped.swap(letters_);
    }

  private:
    std::mutex mutex_;
    std::vector<Letter> letters_;
    std::function<void()> wake_;
    bool closed_ = false;
};

}  // namespace orderstream::http
