#pragma once

#include <tl/expected.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderstream::http {

/// A request's target in two (RFC 9112, 3.2), still encoded.
struct Target {
    std::string_view path;  ///< begins with '/', or is "*"
    std::string_view query;
};

/// Origin form, absolute form (the authority is dropped) or "*"; none for anything else.
[[nodiscard]] std::optional<Target> split_target(std::string_view target);

/// None when a '%' is not followed by two hex digits. `plus_is_space`: as forms and queries write it.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// Everything but RFC 3986's unreserved characters encoded.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// No U+0000 and valid UTF-8 (RFC 3629): fit to be compared with what is stored.
[[nodiscard]] bool is_clean_text(std::string_view text);

/// A decoded query. Each parameter comes at most once.
class Query {
  public:
    using Names = std::initializer_list<std::string_view>;

    /// What can be read of it. Every parameter that is not in `known`, comes twice or cannot be decoded is complained
    /// of by its name.
    [[nodiscard]] static Query read(std::string_view text, Names known, std::vector<std::string>& complaints);
    /// The error is a sentence with all complaints.
    [[nodiscard]] static tl::expected<Query, std::string> parse(std::string_view text, Names known);

    /// Null when it was not given.
    [[nodiscard]] const std::string* find(std::string_view name) const;

  private:
    std::vector<std::pair<std::string, std::string>> parameters_;
};

/// All complaints as one sentence.
[[nodiscard]] std::string join_complaints(const std::vector<std::string>& complaints);

}  // namespace orderstream::http
