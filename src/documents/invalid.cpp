#include "documents/invalid.h"

#include <utility>

#include "order/limits.h"

namespace orderstream::documents {

tl::expected<Json, Invalid> parse_body(std::string_view body) {
    auto parsed = parse_json(body);
    if (parsed) return std::move(*parsed);
    return tl::unexpected(
        Invalid{.too_large = parsed.error().too_large, .detail = std::move(parsed.error().detail), .problems = {}});
}

Invalid not_an_object() {
    return {.detail = "the body must be a JSON object", .problems = {{"", "must be an object"}}};
}

Invalid invalid_fields(Problems problems) {
    const std::size_t count = problems.size();
    return {.detail = count == 1 ? "1 field is invalid" : std::to_string(count) + " fields are invalid",
            .problems = std::move(problems)};
}

Invalid too_large_to_store(std::string_view what) {
    return {.too_large = true,
            .detail = std::string(what) + " is larger than " + std::to_string(order::limits::body_bytes) + " bytes"};
}

}  // namespace orderstream::documents
