#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "order/limits.h"

namespace orderstream::documents {

/// A JSON value whose numbers stay exact: a number is its decimal text, written out (1e2 is 100, -0 is 0).
/// Objects keep the order of their members and never hold a key twice (RFC 8259, 4). A plain value: copies are deep,
/// and a value may be read by many threads as long as nobody changes it.
class Json {
  public:
    struct Number {
        std::string text;
    };
    using Array = std::vector<Json>;
    using Member = std::pair<std::string, Json>;
    using Object = std::vector<Member>;

    Json() = default;  ///< null
    /// Of a bool, a text, a Number, an Array or an Object.
    template <class T>
    explicit Json(T value) : value_(std::move(value)) {}

    [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
    [[nodiscard]] const bool* as_bool() const { return std::get_if<bool>(&value_); }
    [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&value_); }
    [[nodiscard]] const Number* as_number() const { return std::get_if<Number>(&value_); }
    [[nodiscard]] const Array* as_array() const { return std::get_if<Array>(&value_); }
    [[nodiscard]] const Object* as_object() const { return std::get_if<Object>(&value_); }
    [[nodiscard]] Array* as_array() { return std::get_if<Array>(&value_); }
    [[nodiscard]] Object* as_object() { return std::get_if<Object>(&value_); }

    /// The member of an object; null when this is no object or has no such member.
    [[nodiscard]] const Json* find(std::string_view key) const;
    [[nodiscard]] Json* find(std::string_view key);
    /// The same, but a member that is JSON's null counts as none.
    [[nodiscard]] const Json* find_given(std::string_view key) const;

  private:
    std::variant<std::monostate, bool, Number, std::string, Array, Object> value_;
};

/// One thing wrong with a document, by JSON pointer (RFC 6901); "" is the whole document.
struct Problem {
    std::string pointer;
    std::string detail;
};
using Problems = std::vector<Problem>;

struct JsonError {
    bool too_large = false;  ///< past the bytes allowed, with its numbers written out: 413, else 400
    std::string detail;      ///< with the byte offset
};

/// A request body's, unless told otherwise: what carries a body along may be larger and one level deeper.
struct JsonBounds {
    std::size_t bytes = order::limits::body_bytes;
    int depth = order::limits::json_depth;
};

/// Parses one JSON text within limits.h: depth, digits, exponents; refuses U+0000, lone surrogates, bad UTF-8,
/// duplicate keys, anything after the value. Costs no more than n log n of the text's length.
[[nodiscard]] tl::expected<Json, JsonError> parse_json(std::string_view text, JsonBounds bounds = {});

/// Compact text; numbers and member order as they are.
[[nodiscard]] std::string render_json(const Json& value);
void append_json(std::string& out, const Json& value);
/// With its quotes, escaped.
void append_json_string(std::string& out, std::string_view text);

/// The shortest text of a number: 1.50 is 1.5, and 2.0 is 2. A view into it.
[[nodiscard]] std::string_view without_needless_zeros(const Json::Number& number);

/// A text that is the same for equal documents: members sorted by key, numbers without needless zeros.
[[nodiscard]] std::string canonical_json(const Json& value);

}  // namespace orderstream::documents
