#pragma once

#include <string>
#include <string_view>

#include "documents/json.h"

namespace orderstream::e2e {

/// What is at a JSON pointer (RFC 6901). These throw, naming the pointer and the document, when nothing or
/// something else is there.
[[nodiscard]] const documents::Json& at(const documents::Json& json, std::string_view pointer);
[[nodiscard]] std::string text_at(const documents::Json& json, std::string_view pointer);
[[nodiscard]] std::string number_at(const documents::Json& json, std::string_view pointer);  ///< its exact digits
[[nodiscard]] long long integer_at(const documents::Json& json, std::string_view pointer);
[[nodiscard]] bool bool_at(const documents::Json& json, std::string_view pointer);
[[nodiscard]] std::size_t size_at(const documents::Json& json, std::string_view pointer);  ///< of an array or object

[[nodiscard]] bool has(const documents::Json& json, std::string_view pointer);

}  // namespace orderstream::e2e
