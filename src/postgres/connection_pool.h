#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "ports/order_store.h"
#include "postgres/connection.h"
#include "postgres/failure.h"

namespace orderstream::postgres {

/// A few connections for any thread: opened when first needed, kept, and opened again, with a growing pause between the
/// attempts, when they were lost. Callers wait for one another past the few. Thread-safe; the destructor expects that
/// no call is under way.
class ConnectionPool {
  public:
    using Open = std::function<std::unique_ptr<Connection>()>;  ///< throws Failure

    /// What to say of work that has broken a connection twice: the server may be away again, or the work is to blame.
    enum class AfterTwoBreaks { unavailable, rejected };

    ConnectionPool(std::size_t connections_max, AfterTwoBreaks after_two_breaks, Open open);

    /// Opens a connection if none is open. Throws Failure.
    void connect();

    /// Runs `work(Connection&)`, which may be run once more on a fresh connection when the first one was lost before a
    /// commit; what it leaves in a transaction is rolled back. `work` answers a value or a StoreResult.
    template <class Work>
    [[nodiscard]] auto run(Work work) {
        using Answer = std::invoke_result_t<Work&, Connection&>;
        std::optional<ports::StoreResult<Answer>> result;
        if (auto error = run_work([&](Connection& connection) { result.emplace(work(connection)); })) {
            result.emplace(tl::unexpected(std::move(*error)));
        }
        return std::move(*result);
    }

    /// For work that answers nothing.
    template <class Work>
    [[nodiscard]] ports::StoreResult<void> run_void(Work work) {
        if (auto error = run_work(work)) return tl::unexpected(std::move(*error));
        return {};
    }

  private:
    using Clock = std::chrono::steady_clock;

    std::optional<ports::StoreError> run_work(const std::function<void(Connection&)>& work);
    [[nodiscard]] std::unique_ptr<Connection> take();
    void give_back(std::unique_ptr<Connection> connection);
    [[nodiscard]] std::unique_ptr<Connection> open();

    std::size_t connections_max_;
    AfterTwoBreaks after_two_breaks_;
    Open open_;

    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Connection>> idle_;
    std::size_t taken_ = 0;
    // While the server is away.
    std::optional<Failure> trouble_;
    std::chrono::milliseconds pause_{};
    Clock::time_point next_attempt_{};
};

}  // namespace orderstream::postgres
