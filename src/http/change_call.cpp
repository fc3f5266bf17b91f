#include "http/change_call.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace orderstream::http {
namespace {

// No version is ever that: what cannot match meets the pipeline's order of judgement like any other change.
constexpr int matches_nothing = 0;

/// Lives until its last answer. After start() it is touched by the connection's thread alone, but for `later_`.
class Call : public std::enable_shared_from_this<Call> {
  public:
    Call(pipeline::Orders& orders, ChangeCall call, RenderOutcome render)
        : orders_(orders), call_(std::move(call)), render_(std::move(render)) {}

    void start(Exchange& exchange) {
        later_ = exchange.answer_later([self = shared_from_this()] { self->abandon(); });
        if (!call_.if_match.any) {
            std::vector<int>& versions = call_.if_match.versions;
            call_.change.expected_version = versions.empty() ? matches_nothing : versions.back();
            if (!versions.empty()) versions.pop_back();
        }
        submit();
    }

  private:
    void submit() {
        // Only a change that may have to be sent once more is copied.
        order::Change change = call_.if_match.versions.empty() ? std::move(call_.change) : call_.change;
        submission_ = std::make_shared<pipeline::Submission>(
            std::move(change), call_.wait, [self = shared_from_this()](pipeline::Outcome outcome) {
                self->later_([self, outcome = std::move(outcome)] { return self->on_outcome(outcome); });
            });
        orders_.submit(submission_);
    }

    std::optional<Response> on_outcome(const pipeline::Outcome& outcome) {
        submission_.reset();
        if (outcome.result == pipeline::Result::version_mismatch) {
            std::vector<int>& untried = call_.if_match.versions;
            const auto current = std::ranges::find(untried, outcome.version);
            if (current != untried.end()) {
                call_.change.expected_version = *current;
                untried.erase(current);
                submit();
                return std::nullopt;
            }
        }
        return render_(outcome);
    }

    void abandon() {
        if (submission_) orders_.abandon(std::exchange(submission_, nullptr));
    }

    pipeline::Orders& orders_;
    ChangeCall call_;
    RenderOutcome render_;
    Later later_;
    pipeline::SubmissionPtr submission_;
};

}  // namespace

void submit_change(pipeline::Orders& orders, Exchange& exchange, ChangeCall call, RenderOutcome render) {
    const std::string* const traceparent = exchange.request.find(Header::traceparent);
    if (traceparent != nullptr && is_traceparent(*traceparent)) call.change.traceparent = *traceparent;
    std::make_shared<Call>(orders, std::move(call), std::move(render))->start(exchange);
}

}  // namespace orderstream::http
