#include "http/problem.h"

#include <utility>

namespace orderstream::http {
namespace {

constexpr int retry_after_s = 1;

std::string detail_of(const pipeline::Outcome& outcome) {
    const auto reason_or = [&](std::string_view otherwise) {
        return outcome.reason.empty() ? std::string(otherwise) : outcome.reason;
    };
    switch (outcome.result) {
        case pipeline::Result::processed:
        case pipeline::Result::stored:
        case pipeline::Result::unchanged: return {};
        case pipeline::Result::failed: return reason_or("the order could not be processed");
        case pipeline::Result::not_found: return "there is no such order";
        case pipeline::Result::kind_differs: return "this is an order of another kind";
        case pipeline::Result::deleted: return "the order is deleted";
        case pipeline::Result::cancelled: return "the order is cancelled";
        case pipeline::Result::version_mismatch: return "the order has changed: its version is not the one in If-Match";
        case pipeline::Result::not_allowed:
            return "the order is " + std::string(to_string(outcome.status)) + ": that step is not allowed";
        case pipeline::Result::key_reused: return "this Idempotency-Key came before with another body";
        case pipeline::Result::refused: return reason_or("the store refuses this order");
        case pipeline::Result::overloaded: return "too much is waiting already; nothing was accepted";
        case pipeline::Result::unavailable: return "the store is away; nothing was accepted";
        case pipeline::Result::fate_unknown:
            return "the store went away while the order was being stored: it may be stored or not";
    }
    return {};
}

}  // namespace

Response to_response(const Problem& problem, std::string_view request_id) {
    Response response;
    response.status = problem.status;
    response.content_type = problem_type;

    std::string& body = response.body;
    body.append("{\"title\":");
    documents::append_json_string(body, reason_phrase(problem.status));
    body.append(",\"status\":");
    append_number(body, problem.status);
    body.append(",\"detail\":");
    documents::append_json_string(body, problem.detail);
    body.append(",\"request_id\":");
    documents::append_json_string(body, request_id);
    if (problem.order_id) {
        body.append(",\"order_id\":\"");
        order::append_uuid(body, problem.order_id->uuid);
        body.append("\"");
    }
    if (problem.allowed) {
        body.append(",\"allowed\":[");
        std::string_view comma;
        for (const order::Status status : problem.allowed->list()) {
            body.append(comma).append("\"").append(to_string(status)).append("\"");
            comma = ",";
        }
        body.append("]");
    }
    if (!problem.errors.empty()) {
        body.append(",\"errors\":[");
        std::string_view comma;
        for (const documents::Problem& error : problem.errors) {
            body.append(comma).append("{\"pointer\":");
            documents::append_json_string(body, error.pointer);
            body.append(",\"detail\":");
            documents::append_json_string(body, error.detail);
            body.append("}");
            comma = ",";
        }
        body.append("]");
    }
    body.append("}");

    if (problem.version) response.add_etag(*problem.version);
    if (problem.status == 503) response.add_header("Retry-After", retry_after_s);
    response.add_header("Cache-Control", "no-store");
    return response;
}

Problem to_problem(documents::Invalid invalid) {
    return {.status = invalid.too_large ? 413 : 400,
            .detail = std::move(invalid.detail),
            .errors = std::move(invalid.problems)};
}

Response bad_request(std::string detail, std::string_view request_id) {
    return to_response({.status = 400, .detail = std::move(detail)}, request_id);
}

Response invalid_document(documents::Invalid invalid, std::string_view request_id) {
    return to_response(to_problem(std::move(invalid)), request_id);
}

Response not_found(std::string_view request_id) {
    return to_response({.status = 404, .detail = "there is no such order"}, request_id);
}

Response unreadable(pipeline::ReadFault fault, std::string_view request_id) {
    switch (fault) {
        case pipeline::ReadFault::overloaded:
            return to_response({.status = 503, .detail = "too much is waiting already"}, request_id);
        case pipeline::ReadFault::unavailable:
            return to_response({.status = 503, .detail = "the store is away"}, request_id);
        case pipeline::ReadFault::took_too_long:
            return to_response({.status = 503, .detail = "it took too long and was given up; ask for less"},
                               request_id);
    }
    return to_response({.status = 500}, request_id);
}

int status_of(pipeline::Result result) {
    switch (result) {
        case pipeline::Result::processed: return 200;
        case pipeline::Result::stored: return 202;
        case pipeline::Result::unchanged: return 200;
        case pipeline::Result::failed: return 422;
        case pipeline::Result::not_found: return 404;
        case pipeline::Result::kind_differs: return 409;
        case pipeline::Result::deleted: return 409;
        case pipeline::Result::cancelled: return 409;
        case pipeline::Result::version_mismatch: return 412;
        case pipeline::Result::not_allowed: return 409;
        case pipeline::Result::key_reused: return 422;
        case pipeline::Result::refused: return 422;
        case pipeline::Result::overloaded: return 503;
        case pipeline::Result::unavailable: return 503;
        case pipeline::Result::fate_unknown: return 504;
    }
    return 500;
}

Problem problem_of(const pipeline::Outcome& outcome) {
    Problem problem;
    problem.status = status_of(outcome.result);
    problem.detail = detail_of(outcome);
    switch (outcome.result) {
        case pipeline::Result::failed:
        case pipeline::Result::fate_unknown: problem.order_id = outcome.order_id; break;
        case pipeline::Result::deleted:
        case pipeline::Result::cancelled:
        case pipeline::Result::not_allowed: problem.allowed = outcome.allowed; break;
        case pipeline::Result::processed:
        case pipeline::Result::stored:
        case pipeline::Result::unchanged:
        case pipeline::Result::not_found:
        case pipeline::Result::kind_differs:
        case pipeline::Result::version_mismatch:
        case pipeline::Result::key_reused:
        case pipeline::Result::refused:
        case pipeline::Result::overloaded:
        case pipeline::Result::unavailable: break;
    }
    // Another customer's order tells nothing of itself.
    if (outcome.version > 0 && outcome.result != pipeline::Result::not_found) problem.version = outcome.version;
    return problem;
}

}  // namespace orderstream::http
