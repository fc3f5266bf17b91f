#include "sqlite/long_reads.h"

namespace orderstream::sqlite {

void LongReads::wait() {
    std::unique_lock lock(mutex_);
    over_.wait(lock, [this] { return !paused_; });
}

void LongReads::set_paused(bool paused) {
    {
        const std::lock_guard lock(mutex_);
        paused_ = paused;
    }
    over_.notify_all();
}

}  // namespace orderstream::sqlite
