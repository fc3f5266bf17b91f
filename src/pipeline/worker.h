#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/clock.h"
#include "ports/event_bus.h"
#include "ports/order_processor.h"
#include "ports/order_store.h"
#include "telemetry/log.h"

namespace orderstream::pipeline {

/// Takes events, has them processed, writes the ends, and says so (DESIGN 4, Worker): store first, then ACKs, then
/// announcements, then done() on the source. What is there next is taken before the ends of a batch are written, so
/// that its beginnings go in with them: under load one transaction per batch, not two, and a lone event waits for
/// nobody. Idempotent by (order_id, version): every write is guarded, an event that is done already gets its ACK again,
/// an overtaken one changes nothing. While the store or the bus is away it tries the batch in hand again, with backoff;
/// nothing is lost when it stops instead. One thread runs it; stop() is for others.
class Worker {
  public:
    struct Options {
        bool mark_processing = true;
        int retry_attempts_max = 5;
        std::chrono::milliseconds retry_backoff{200};
        std::size_t batch_events;
    };
    /// A number in [0, 1): the jitter of the backoff.
    using Random = std::function<double()>;

    Worker(ports::OrderStore& store, ports::EventSource& source, ports::OrderProcessor& processor, Clock clock,
           Random random, telemetry::Log& log, Options options);

    /// Waits up to `timeout` for events and handles what there is, the retries that are due among it, until nothing is
    /// in hand. False when there was nothing to do.
    bool turn(std::chrono::milliseconds timeout);

    /// turn() until stop().
    void run();

    /// The batch in hand is finished if the store and the bus are there, else left to be delivered again.
    void stop();

  private:
    /// One version of one order, on its way through the processor to its end.
    struct Task {
        ports::Event event;
        int attempts = 0;             ///< failures so far
        std::vector<int> also_met{};  ///< older versions in the same batch, dropped for this one
        bool processed = false;       ///< its next step is its end
        std::optional<ports::ProcessingResult> result{};
        order::OrderPtr end{};  ///< the row once the end is written, or as it is when the write was overtaken
        std::string refusal{};  ///< why the store takes no end of it
        bool deferred = false;
    };
    using Tasks = std::vector<Task>;

    struct Batch {
        Tasks tasks;
        std::size_t events = 0;  ///< as taken
    };

    [[nodiscard]] static Tasks newest_of_each(std::vector<ports::Event> events);
    [[nodiscard]] std::vector<ports::Event> take_events(std::chrono::milliseconds timeout);
    /// Ends the batch in hand and has these events processed, which are in hand then.
    void handle_events(std::vector<ports::Event> events);
    bool handle_due_retries();

    void process(std::span<Task* const> tasks);
    // The stages; false: stopping, leave the batch to be delivered again.
    [[nodiscard]] bool write_steps(std::span<Task* const> tasks);
    [[nodiscard]] bool defer(std::span<Task* const> tasks);
    [[nodiscard]] bool tell(std::span<Task* const> tasks);

    void take_in(Task& task, ports::StepResult step) const;
    [[nodiscard]] bool write_retries(std::span<Task* const> tasks);
    /// The row at the task's end with its own document; null: stopping.
    [[nodiscard]] order::OrderPtr with_document(const Task& task);
    [[nodiscard]] ports::Step step_of(const Task& task) const;
    [[nodiscard]] std::chrono::milliseconds backoff(int attempt) const;
    /// Runs `attempt` until it gives something else than unavailable, conflict or an unknown fate (every write here may
    /// be repeated), or until stop().
    template <class T>
    [[nodiscard]] std::optional<ports::StoreResult<T>> insist(std::string_view what,
                                                              const std::function<ports::StoreResult<T>()>& attempt);

    ports::OrderStore& store_;
    ports::EventSource& source_;
    ports::OrderProcessor& processor_;
    Clock clock_;
    Random random_;
    telemetry::Log& log_;
    const Options options_;
    std::optional<Batch> in_hand_;                   ///< processed, its ends not written yet
    MonotonicTime next_claim_{};                     ///< for what others have deferred
    MonotonicTime next_due_ = MonotonicTime::max();  ///< of what this worker has deferred, as far as it remembers
    std::atomic<bool> stopping_ = false;
};

}  // namespace orderstream::pipeline
