#include "sqlite/reader_pool.h"

#include <utility>

namespace orderstream::sqlite {
namespace {

// The pipeline reads from a reader, a housekeeper and a health check.
constexpr std::size_t readers_max = 4;

}  // namespace

Reader::Reader(const std::filesystem::path& file)
    : connection(file, Connection::Access::read_only),
      begin(connection, "BEGIN"),
      end(connection, "COMMIT"),
      touch(connection, "SELECT version FROM schema_migrations"),
      orders(connection),
      by_external(connection),
      notes(connection) {}

ReaderPool::Lease::Lease(ReaderPool& pool) : pool_(pool), reader_(pool.take()) {
    try {
        reader_->begin.run();
    } catch (...) {
        pool_.give_back(nullptr);
        throw;
    }
}

ReaderPool::Lease::~Lease() {
    try {
        reader_->end.run();
    } catch (const Failure&) {
        reader_.reset();  // the next one to need it opens a fresh one
    }
    pool_.give_back(std::move(reader_));
}

std::unique_ptr<Reader> ReaderPool::take() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [&] { return !idle_.empty() || open_ < readers_max; });
    if (!idle_.empty()) {
        std::unique_ptr<Reader> reader = std::move(idle_.back());
        idle_.pop_back();
        return reader;
    }
    ++open_;
    lock.unlock();
    try {
        return std::make_unique<Reader>(file_);
    } catch (...) {
        give_back(nullptr);
        throw;
    }
}

void ReaderPool::give_back(std::unique_ptr<Reader> reader) {
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

}  // namespace orderstream::sqlite
