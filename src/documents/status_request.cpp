#include "documents/status_request.h"

#include <optional>
#include <string_view>
#include <utility>

#include "documents/fields.h"
#include "order/limits.h"

namespace orderstream::documents {

namespace {

std::string must_be_a_status() {
    std::string sentence = "must be one of";
    std::string_view separator = " ";
    for (const order::Status status : order::all_statuses) {
        sentence.append(separator).append(order::to_string(status));
        separator = ", ";
    }
    return sentence;
}

}  // namespace

tl::expected<StatusRequest, Invalid> parse_status_request(const Json& body) {
    if (body.as_object() == nullptr) return tl::unexpected(not_an_object());
    Problems problems;
    Fields fields(body, "", problems);
    StatusRequest request;
    const Length any_length{.min = 0, .max = order::limits::body_bytes};
    if (const std::string* name = fields.text("new_status", any_length)) {
        const std::optional<order::Status> status = order::parse_status(*name);
        if (status) {
            request.new_status = *status;
        } else {
            fields.complain("new_status", must_be_a_status());
        }
    }
    if (fields.has("reason")) {
        const Length length{.min = 0, .max = order::limits::reason_characters_max};
        if (const std::string* reason = fields.text("reason", length)) request.reason = *reason;
    }
    if (!problems.empty()) return tl::unexpected(invalid_fields(std::move(problems)));
    return request;
}

}  // namespace orderstream::documents
