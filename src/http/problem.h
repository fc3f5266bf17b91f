#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "documents/invalid.h"
#include "http/response.h"
#include "order/lifecycle.h"
#include "order/order.h"
#include "pipeline/outcome.h"
#include "pipeline/reads.h"

namespace orderstream::http {

/// An answer that says what is wrong (RFC 9457).
struct Problem {
    int status = 500;
    std::string detail = {};
    documents::Problems errors = {};                        ///< every invalid field
    std::optional<order::OrderId> order_id = std::nullopt;  ///< where the caller cannot know it otherwise
    std::optional<int> version = std::nullopt;              ///< the order's, as its ETag
    std::optional<order::StatusSet> allowed = std::nullopt;
};

/// A 503 says `Retry-After`.
[[nodiscard]] Response to_response(const Problem& problem, std::string_view request_id);

[[nodiscard]] Problem to_problem(documents::Invalid invalid);
[[nodiscard]] Response bad_request(std::string detail, std::string_view request_id);
[[nodiscard]] Response invalid_document(documents::Invalid invalid, std::string_view request_id);
/// No such order; another customer's; here, a deleted one.
[[nodiscard]] Response not_found(std::string_view request_id);
[[nodiscard]] Response unreadable(pipeline::ReadFault fault, std::string_view request_id);

/// The one place where results become status codes. A status that is no error (2xx) has its body from the resource.
[[nodiscard]] int status_of(pipeline::Result result);

/// What to say of a change that ended in a status_of() of 400 or more.
[[nodiscard]] Problem problem_of(const pipeline::Outcome& outcome);

}  // namespace orderstream::http
