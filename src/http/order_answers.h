#pragma once

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "http/response.h"
#include "order/order.h"
#include "pipeline/orders.h"
#include "pipeline/outcome.h"

/// What `/orders` answers, as pure functions of what the pipeline said (REFERENCE, HTTP).
namespace orderstream::http {

enum class Asked { create, update, remove, cancel };

/// `preference_applied` is empty or what was honoured of `Prefer`.
[[nodiscard]] Response render_change(Asked asked, const pipeline::Outcome& outcome, std::string_view request_id,
                                     std::string_view preference_applied);

/// The order; 404 when there is none, or when it is not `owner`'s.
[[nodiscard]] Response show_if_owned(const order::OrderPtr& order, const std::optional<std::string>& owner,
                                     std::string_view request_id);

[[nodiscard]] Response render_read(const tl::expected<order::OrderPtr, pipeline::ReadFault>& answer,
                                   const std::optional<std::string>& owner, std::string_view request_id);

}  // namespace orderstream::http
