#include "pipeline/worker.h"

#include <algorithm>
#include <exception>
#include <unordered_map>
#include <utility>

#include "order/limits.h"
#include "pipeline/events.h"

namespace orderstream::pipeline {

namespace limits = order::limits;
using ports::StoreFault;

namespace {

constexpr std::chrono::milliseconds claim_interval{1000};
constexpr std::chrono::milliseconds backoff_max{5000};

/// Retries that are spread evenly over the whole interval do not come back as a herd (full jitter).
std::chrono::milliseconds jittered(std::chrono::milliseconds interval, double random) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(interval.count()) * random) + 1);
}

std::chrono::milliseconds doubled(std::chrono::milliseconds first, int times) {
    std::chrono::milliseconds interval = first;
    for (int i = 0; i < times && interval < backoff_max; ++i) interval *= 2;
    return std::min(interval, backoff_max);
}

/// Whether it has neither reached an end nor been put aside.
bool is_open(const auto& task) { return task.end == nullptr && task.refusal.empty() && !task.deferred; }

bool is_done(const order::Order& row, int version) {
    return row.version == version && row.processed_version >= version;
}

}  // namespace

Worker::Worker(ports::OrderStore& store, ports::EventSource& source, ports::OrderProcessor& processor, Clock clock,
               Random random, telemetry::Log& log, Options options)
    : store_(store),
      source_(source),
      processor_(processor),
      clock_(std::move(clock)),
      random_(std::move(random)),
      log_(log),
      options_(options) {}

void Worker::run() {
    while (!stopping_) turn(claim_interval);
}

void Worker::stop() {
    stopping_ = true;
    source_.interrupt();
}

bool Worker::turn(std::chrono::milliseconds timeout) {
    bool worked = false;
    do {
        std::vector<ports::Event> events = take_events(timeout);
        if (!events.empty() || in_hand_) {
            worked = true;
            handle_events(std::move(events));
        }
        const MonotonicTime now = clock_.now();
        if (stopping_ || now < std::min(next_claim_, next_due_)) continue;
        next_claim_ = now + claim_interval;
        if (next_due_ <= now) next_due_ = MonotonicTime::max();
        worked |= handle_due_retries();
    } while (in_hand_);
    return worked;
}

std::vector<ports::Event> Worker::take_events(std::chrono::milliseconds timeout) {
    if (in_hand_) {
        // Ends that have no beginnings to go in with are not kept waiting.
        if (stopping_ || !options_.mark_processing) return {};
        return source_.take(options_.batch_events, {});
    }
    const auto until_claim = std::chrono::ceil<std::chrono::milliseconds>(
        std::max<MonotonicTime::duration>(std::min(next_claim_, next_due_) - clock_.now(), {}));
    return source_.take(options_.batch_events, std::min(timeout, until_claim));
}

std::chrono::milliseconds Worker::backoff(int attempt) const {
    return jittered(doubled(options_.retry_backoff, attempt), random_());
}

template <class T>
std::optional<ports::StoreResult<T>> Worker::insist(std::string_view what,
                                                    const std::function<ports::StoreResult<T>()>& attempt) {
    for (int failures = 0;; ++failures) {
        ports::StoreResult<T> result = attempt();
        if (result || result.error().fault == StoreFault::rejected) return result;
        if (stopping_) return std::nullopt;
        log_.warn("the store is away, the worker waits",
                  {{"step", what}, {"failures", failures + 1}, {"error", result.error().message}});
        clock_.sleep(backoff(failures));
    }
}

Worker::Tasks Worker::newest_of_each(std::vector<ports::Event> events) {
    Tasks tasks;
    tasks.reserve(events.size());
    std::unordered_map<order::OrderId, std::size_t, order::OrderIdHash> place_of;
    place_of.reserve(events.size());
    for (ports::Event& event : events) {
        const auto [entry, is_first] = place_of.emplace(event.order->id, tasks.size());
        if (is_first) {
            tasks.push_back({.event = std::move(event)});
            continue;
        }
        Task& task = tasks[entry->second];
        if (event.order->version > task.event.order->version) std::swap(task.event, event);
        if (event.order->version != task.event.order->version) task.also_met.push_back(event.order->version);
    }
    return tasks;
}

void Worker::handle_events(std::vector<ports::Event> events) {
    std::optional<Batch> ending = std::exchange(in_hand_, std::nullopt);
    Batch starting{.tasks = {}, .events = events.size()};
    starting.tasks = newest_of_each(std::move(events));

    std::vector<Task*> ended;
    std::vector<Task*> documents;
    std::vector<Task*> steps;
    if (ending) {
        for (Task& task : ending->tasks) {
            ended.push_back(&task);
            if (is_open(task)) steps.push_back(&task);
        }
    }
    for (Task& task : starting.tasks) {
        if (!order::needs_processing(task.event.type)) continue;
        documents.push_back(&task);
        if (options_.mark_processing) steps.push_back(&task);
    }
    if (!write_steps(steps)) return;
    if (ending) {
        if (!defer(ended) || !tell(ended)) return;
        source_.done(ending->events);
    }
    if (starting.tasks.empty()) return;
    process(documents);
    for (Task& task : starting.tasks) task.processed = true;
    in_hand_ = std::move(starting);
}

bool Worker::handle_due_retries() {
    auto due = store_.claim_due(limits::retry_claim_orders_max, limits::retry_lease);
    if (!due) {
        log_.warn("cannot look for retries", {{"error", due.error().message}});
        return false;
    }
    if (due->empty()) return false;
    if (due->size() == limits::retry_claim_orders_max) next_claim_ = clock_.now();  // there may be more

    Tasks tasks;
    std::vector<order::OrderVersion> finished;
    tasks.reserve(due->size());
    for (ports::DueRetry& retry : *due) {
        const order::OrderVersion version{retry.order.id, retry.version};
        if (retry.order.version != retry.version) {
            finished.push_back(version);
            continue;
        }
        // The type of the event that was deferred: its event_id must come out the same.
        const auto type = retry.version == 1 ? order::EventType::created : order::EventType::updated;
        Task task{.event = make_event(std::make_shared<const order::Order>(std::move(retry.order)), type, {}, {})};
        task.attempts = retry.attempts;
        task.processed = true;
        if (is_done(*task.event.order, retry.version)) task.end = task.event.order;
        tasks.push_back(std::move(task));
    }
    std::vector<Task*> all;
    std::vector<Task*> open;
    for (Task& task : tasks) {
        all.push_back(&task);
        if (task.end == nullptr) open.push_back(&task);
    }
    process(open);
    std::vector<Task*> ends;
    std::ranges::copy_if(open, std::back_inserter(ends), [](const Task* task) { return is_open(*task); });
    if (!write_steps(ends) || !defer(open) || !tell(all)) return true;
    for (const Task& task : tasks) {
        if (!task.deferred) finished.push_back({task.event.order->id, task.event.order->version});
    }
    // Should this fail, the rows are found done when their lease is over, and told of once more.
    if (const auto deleted = store_.delete_retries(finished); !deleted) {
        log_.warn("cannot delete finished retries", {{"error", deleted.error().message}});
    }
    return true;
}

void Worker::process(std::span<Task* const> tasks) {
    std::vector<Task*> open;
    std::vector<ports::Event> events;
    for (Task* task : tasks) {
        if (task->end != nullptr || !task->refusal.empty()) continue;
        open.push_back(task);
        events.push_back(task->event);
    }
    if (open.empty()) return;
    std::vector<ports::ProcessingResult> results;
    std::string failure = "the processor gave no result";
    try {
        results = processor_.process(events);
    } catch (const std::exception& exception) {
        failure = exception.what();
    } catch (...) {
        failure = "the processor has thrown something that is no exception";
    }
    const bool answered = results.size() == open.size();
    if (!answered) log_.error("the processor fails", {{"orders", events.size()}, {"error", failure}});
    for (std::size_t i = 0; i < open.size(); ++i) {
        open[i]->result = answered ? std::move(results[i]) : ports::FailedForNow{failure};
        if (const auto* for_now = std::get_if<ports::FailedForNow>(&*open[i]->result)) {
            ++open[i]->attempts;
            open[i]->deferred = open[i]->attempts < options_.retry_attempts_max;
            log_.warn("an order could not be processed for now",
                      {{"order_id", order::to_string(open[i]->event.order->id)},
                       {"version", open[i]->event.order->version},
                       {"attempts", open[i]->attempts},
                       {"request_id", open[i]->event.request_id},
                       {"error", for_now->reason}});
        }
    }
}

ports::Step Worker::step_of(const Task& task) const {
    ports::Step step{.order = {task.event.order->id, task.event.order->version}};
    if (!task.processed) {
        step.kind = ports::Step::Kind::begun;
        return step;
    }
    if (!order::needs_processing(task.event.type)) {
        step.kind = ports::Step::Kind::acknowledged;
        return step;
    }
    step.kind = ports::Step::Kind::failed;
    if (const auto* processed = std::get_if<ports::Processed>(&*task.result)) {
        step.kind = ports::Step::Kind::processed;
        step.total_amount = processed->total_amount;
        step.currency = processed->currency;
    } else if (const auto* refused = std::get_if<ports::Refused>(&*task.result)) {
        step.failure_reason = refused->reason;
    } else {
        step.failure_reason = std::get<ports::FailedForNow>(*task.result).reason;
    }
    return step;
}

bool Worker::write_steps(std::span<Task* const> tasks) {
    if (tasks.empty()) return true;
    std::vector<ports::Step> steps;
    steps.reserve(tasks.size());
    for (const Task* task : tasks) steps.push_back(step_of(*task));
    auto written = insist<std::vector<ports::StepResult>>("steps", [&] { return store_.take_steps(steps); });
    if (!written) return false;
    if (*written) {
        for (std::size_t i = 0; i < tasks.size(); ++i) take_in(*tasks[i], std::move((**written)[i]));
        return true;
    }
    if (tasks.size() > 1) {
        const std::size_t half = tasks.size() / 2;
        return write_steps(tasks.first(half)) && write_steps(tasks.subspan(half));
    }
    Task& task = *tasks[0];
    switch (steps[0].kind) {
        case ports::Step::Kind::begun:
            // Only a courtesy to those who look meanwhile: it is worked on all the same.
            log_.warn("the store shows no `processing`", {{"error", written->error().message}});
            return true;
        case ports::Step::Kind::processed:
            // A result that the store refuses alone: the order has failed, unless that is refused as well.
            task.result = ports::Refused{"the store refuses the result: " + written->error().message};
            return write_steps(tasks);
        case ports::Step::Kind::failed:
        case ports::Step::Kind::acknowledged: break;
    }
    task.refusal = written->error().message;
    return true;
}

void Worker::take_in(Task& task, ports::StepResult step) const {
    if (!task.processed && step.applied) return;
    if (!step.order) {
        task.refusal = "unknown order";
        return;
    }
    // The document is the event's as long as the version is.
    if (step.order->payload == nullptr && step.order->version == task.event.order->version) {
        step.order->payload = task.event.order->payload;
    }
    task.end = std::make_shared<const order::Order>(std::move(*step.order));
}

bool Worker::defer(std::span<Task* const> tasks) {
    std::vector<Task*> open;
    for (Task* task : tasks) {
        if (task->deferred) open.push_back(task);
    }
    return open.empty() || write_retries(open);
}

bool Worker::write_retries(std::span<Task* const> tasks) {
    std::vector<ports::Deferral> deferrals;
    deferrals.reserve(tasks.size());
    for (const Task* task : tasks) {
        deferrals.push_back({.order = {task->event.order->id, task->event.order->version},
                             .attempts = task->attempts,
                             .due_in = backoff(task->attempts - 1),
                             .error = std::get<ports::FailedForNow>(*task->result).reason});
    }
    const auto deferred = insist<void>("defer", [&] { return store_.defer(deferrals); });
    if (!deferred) return false;
    if (*deferred) {
        for (const ports::Deferral& deferral : deferrals)
            next_due_ = std::min(next_due_, clock_.now() + deferral.due_in);
        return true;
    }
    if (tasks.size() > 1) {
        const std::size_t half = tasks.size() / 2;
        return write_retries(tasks.first(half)) && write_retries(tasks.subspan(half));
    }
    // A retry that the store refuses alone: nothing would ever bring the order back, so it has failed.
    log_.error("the store refuses a retry",
               {{"order_id", order::to_string(tasks[0]->event.order->id)}, {"error", deferred->error().message}});
    tasks[0]->deferred = false;
    return write_steps(tasks);
}

order::OrderPtr Worker::with_document(const Task& task) {
    if (task.end->payload != nullptr) return task.end;
    if (task.end->version != task.event.order->version) {
        // The row is further than the event, whose document is not the row's any more.
        const auto rows = insist<std::vector<order::OrderPtr>>("fetch", [&] {
            return store_.fetch({&task.end->id, 1});
        });
        if (!rows) return nullptr;
        if (*rows && (**rows)[0] != nullptr) return (**rows)[0];
    }
    order::Order whole = *task.end;
    whole.payload = task.event.order->payload;
    return std::make_shared<const order::Order>(std::move(whole));
}

bool Worker::tell(std::span<Task* const> tasks) {
    std::vector<ports::Ack> acks;
    std::vector<ports::Announcement> announcements;
    const bool announces = source_.announces();
    acks.reserve(tasks.size());
    for (Task* task : tasks) {
        if (task->deferred) continue;
        const ports::Event& event = task->event;
        if (task->end == nullptr) {
            for (int failures = 0; !source_.dead_letter(event, task->refusal); ++failures) {
                if (stopping_) return false;
                clock_.sleep(backoff(failures));
            }
            continue;
        }
        const order::Order& row = *task->end;
        const int version = event.order->version;
        ports::Ack ack{.event_id = event.event_id,
                       .order_id = row.id,
                       .version = version,
                       .status = ack_status_of(event.type),
                       .order_status = row.status,
                       .processed_version = row.processed_version,
                       .processed_at = row.updated_at,
                       .error = {},
                       .request_id = event.request_id,
                       .traceparent = event.traceparent};
        if (row.status == order::Status::failed) {
            ack.status = ports::Ack::Status::failed;
            ack.error = row.failure_reason;
        }
        if (row.version > version) ack.status = ports::Ack::Status::superseded;
        acks.push_back(std::move(ack));

        const bool met = row.announced_version != 0 &&
                         (row.announced_version == version ||
                          std::ranges::find(task->also_met, row.announced_version) != task->also_met.end());
        if (!met || !announces) continue;
        order::OrderPtr announced = with_document(*task);
        if (announced == nullptr) return false;
        announcements.push_back(
            make_announcement(std::move(announced), row.announced_version, event.request_id, event.traceparent));
    }
    for (int failures = 0; !source_.send(acks, announcements); ++failures) {
        if (stopping_) return false;
        clock_.sleep(backoff(failures));
    }
    return true;
}

}  // namespace orderstream::pipeline
