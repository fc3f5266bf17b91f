#include "http/order_call.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "http/problem.h"

namespace orderstream::http {
namespace {

// No version is ever that: what cannot match meets the pipeline's order of judgement like any other change.
constexpr int matches_nothing = 0;

}  // namespace

std::shared_ptr<OrderCall> OrderCall::begin(pipeline::Orders& orders, Exchange& exchange) {
    auto call = std::make_shared<OrderCall>(orders);
    call->later_ = exchange.answer_later([call] { call->abandon(); });
    const std::string* const traceparent = exchange.request.find(Header::traceparent);
    if (traceparent != nullptr && is_traceparent(*traceparent)) call->traceparent_ = *traceparent;
    return call;
}

void OrderCall::read(const order::OrderId& id, AfterRead then) {
    auto hand_on = [self = shared_from_this(), then = std::move(then)](ReadOutcome outcome) {
        self->later_([self, then, outcome = std::move(outcome)] { return then(*self, outcome); });
    };
    if (order::OrderPtr order = orders_.peek(id)) {
        hand_on(std::move(order));
    } else {
        orders_.get(id, std::move(hand_on));
    }
}

void OrderCall::change(ChangeCall call, AfterChange then) {
    call_ = std::move(call);
    call_.change.traceparent = traceparent_;
    after_change_ = std::move(then);
    if (!call_.if_match.any) {
        std::vector<int>& versions = call_.if_match.versions;
        call_.change.expected_version = versions.empty() ? matches_nothing : versions.back();
        if (!versions.empty()) versions.pop_back();
    }
    submit();
}

void OrderCall::submit() {
    // Only a change that may have to be sent once more is copied.
    order::Change change = call_.if_match.versions.empty() ? std::move(call_.change) : call_.change;
    submission_ = std::make_shared<pipeline::Submission>(
        std::move(change), call_.wait, [self = shared_from_this()](pipeline::Outcome outcome) {
            self->later_([self, outcome = std::move(outcome)] { return self->on_outcome(outcome); });
        });
    orders_.submit(submission_);
}

std::optional<Response> OrderCall::on_outcome(const pipeline::Outcome& outcome) {
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
    return after_change_(*this, outcome);
}

void OrderCall::abandon() {
    if (submission_) orders_.abandon(std::exchange(submission_, nullptr));
}

void change_named_order(pipeline::Orders& orders, Exchange& exchange, NamedOrderChange what) {
    const order::OrderId id = what.id;
    OrderCall::begin(orders, exchange)
        ->read(id,
               [what = std::make_shared<NamedOrderChange>(std::move(what)), request_id = exchange.request.request_id](
                   OrderCall& call, const OrderCall::ReadOutcome& read) -> std::optional<Response> {
                   if (!read) return unreadable(read.error(), request_id);
                   if (*read == nullptr) return not_found(request_id);
                   ChangeCall change{.change = {}, .if_match = std::move(what->if_match), .wait = what->wait};
                   change.change.order_id = what->id;
                   change.change.kind = (*read)->kind;
                   change.change.customer_id = (*read)->customer_id;
                   change.change.request_id = request_id;
                   if (auto refusal = what->fill(**read, change.change)) return refusal;
                   call.change(std::move(change), [what, order = *read](OrderCall& again, const auto& outcome) {
                       return what->answer(again, outcome, *order);
                   });
                   return std::nullopt;
               });
}

}  // namespace orderstream::http
