#pragma once

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "ports/order_store.h"
#include "sqlite/connection.h"
#include "sqlite/failure.h"
#include "sqlite/statement.h"

namespace orderstream::sqlite {

/// A read-only connection, for one thread at a time. What reads with it derives from it and adds its statements.
struct Reader {
    explicit Reader(const std::filesystem::path& file);

    Connection connection;
    Statement begin;
    Statement end;
};

/// Readers for any thread: opened when first needed, then kept; past `readers_max`, callers wait for one another. Reads
/// never wait for writes, and one that begins after a write has returned sees it. Thread-safe.
template <class AReader>
class ReaderPool {
  public:
    ReaderPool(std::size_t readers_max, std::function<std::unique_ptr<AReader>()> open)
        : readers_max_(readers_max), open_reader_(std::move(open)) {}

    /// Runs `read(AReader&)` within one transaction: all of its reads see the same moment.
    template <class Read>
    [[nodiscard]] auto run(Read read) -> ports::StoreResult<std::invoke_result_t<Read&, AReader&>> {
        try {
            const Lease lease(*this);
            return read(lease.reader());
        } catch (const Failure& failure) {
            return tl::unexpected(ports::StoreError{ports::StoreFault::unavailable, failure.what()});
        }
    }

  private:
    /// A reader in a transaction, for one scope.
    class Lease {
      public:
        explicit Lease(ReaderPool& pool) : pool_(pool), reader_(pool.take()) {
            try {
                reader_->begin.run();
            } catch (...) {
                pool_.give_back(nullptr);
                throw;
            }
        }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() {
            try {
                reader_->end.run();
            } catch (const Failure&) {
                reader_.reset();  // the next one to need it opens a fresh one
            }
            pool_.give_back(std::move(reader_));
        }
        [[nodiscard]] AReader& reader() const { return *reader_; }

      private:
        ReaderPool& pool_;
        std::unique_ptr<AReader> reader_;
    };

    [[nodiscard]] std::unique_ptr<AReader> take() {
        std::unique_lock lock(mutex_);
        returned_.wait(lock, [&] { return !idle_.empty() || open_ < readers_max_; });
        if (!idle_.empty()) {
            std::unique_ptr<AReader> reader = std::move(idle_.back());
            idle_.pop_back();
            return reader;
        }
        ++open_;
        lock.unlock();
        try {
            return open_reader_();
        } catch (...) {
            give_back(nullptr);
            throw;
        }
    }

    void give_back(std::unique_ptr<AReader> reader) {
        {
            const std::lock_guard lock(mutex_);
            if (reader) {
                idle_.push_back(std::move(reader));
            } else {
                --open_;
            }
        }
        returned_.notify_one();
    }

    const std::size_t readers_max_;
    const std::function<std::unique_ptr<AReader>()> open_reader_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<AReader>> idle_;
    std::size_t open_ = 0;
};

}  // namespace orderstream::sqlite
