#pragma once

#include <tl/expected.hpp>

#include <string>
#include <string_view>

#include "documents/json.h"

namespace orderstream::documents {

/// Why a document was refused: not JSON at all, too large written out, or every invalid field by pointer.
struct Invalid {
    bool too_large = false;
    std::string detail{};
    Problems problems{};
};

/// A request's body as JSON, whatever it holds.
[[nodiscard]] tl::expected<Json, Invalid> parse_body(std::string_view body);

[[nodiscard]] Invalid not_an_object();
[[nodiscard]] Invalid invalid_fields(Problems problems);
/// `what` would be stored: "the payload".
[[nodiscard]] Invalid too_large_to_store(std::string_view what);

}  // namespace orderstream::documents
