#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace orderstream::sqlite {

/// Keeps reads that take long out of the write-ahead log's way: it starts again from its beginning only when nobody
/// reads what is in it. While the writer wants that, long reads break off, and begin again afterwards. Thread-safe.
class LongReads {
  public:
    /// The writer's: none of them goes on meanwhile. One at a time.
    class Pause {
      public:
        explicit Pause(LongReads& reads) : reads_(reads) { reads_.set_paused(true); }
        Pause(const Pause&) = delete;
        Pause& operator=(const Pause&) = delete;
        ~Pause() { reads_.set_paused(false); }

      private:
        LongReads& reads_;
    };

    /// Asked now and then by a long read: whether it has to break off.
    [[nodiscard]] bool paused() const { return paused_.load(std::memory_order_relaxed); }
    /// Until no pause is on. Before a long read begins.
    void wait();

  private:
    void set_paused(bool paused);

    std::atomic<bool> paused_ = false;  // changed under mutex_
    std::mutex mutex_;
    std::condition_variable over_;
};

}  // namespace orderstream::sqlite
