#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

#include "ports/order_store.h"
#include "sqlite/failure.h"
#include "sqlite/notes.h"
#include "sqlite/order_rows.h"

namespace orderstream::sqlite {

/// A read-only connection with its statements, for one thread at a time.
struct Reader {
    explicit Reader(const std::filesystem::path& file);

    Connection connection;
    Statement begin;
    Statement end;
    Statement touch;  // reads a page of the file
    FindOrder orders;
    FindByExternal by_external;
    NoteReader notes;
};

/// Readers for any thread: opened when first needed, then kept; past a few, callers wait for one another. Reads never
/// wait for writes, and one that begins after a write has returned sees it. Thread-safe.
class ReaderPool {
  public:
    explicit ReaderPool(std::filesystem::path file) : file_(std::move(file)) {}

    /// Runs `read(Reader&)` within one transaction: all of its reads see the same moment.
    template <class Read>
    [[nodiscard]] auto run(Read read) -> ports::StoreResult<std::invoke_result_t<Read&, Reader&>> {
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
        explicit Lease(ReaderPool& pool);
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease();
        [[nodiscard]] Reader& reader() const { return *reader_; }

      private:
        ReaderPool& pool_;
        std::unique_ptr<Reader> reader_;
    };

    [[nodiscard]] std::unique_ptr<Reader> take();
    void give_back(std::unique_ptr<Reader> reader);

    std::filesystem::path file_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Reader>> idle_;
    std::size_t open_ = 0;
};

}  // namespace orderstream::sqlite
