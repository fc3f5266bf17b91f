#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "documents/json.h"
#include "order/ids.h"
#include "order/money.h"

namespace orderstream::documents {

/// How many characters (code points, so that every script has room for the same words) a text may have.
struct Length {
    std::size_t min = 0;
    std::size_t max = 0;
};

/// Reads the members of one object. What is wrong with a member joins `problems` by its JSON pointer, and it is read as
/// none; a member that is absent, or null, is wrong, too: ask has() first where it may be. Names are plain words, which
/// a pointer needs not escape. `object` and `problems` must outlive this, and what text() and object() point into.
class Fields {
  public:
    /// `pointer`: where the object stands in the document, "" if it is the document.
    Fields(const Json& object, std::string pointer, Problems& problems);

    [[nodiscard]] bool has(std::string_view name) const { return object_.find_given(name) != nullptr; }
    void complain(std::string_view name, std::string detail);

    [[nodiscard]] std::optional<order::Uuid> uuid(std::string_view name);
    [[nodiscard]] const std::string* text(std::string_view name, Length length);
    [[nodiscard]] const std::string* email(std::string_view name);
    [[nodiscard]] const std::string* currency(std::string_view name);
    /// More than zero, at most limits::price_cents_max, with at most two decimals that are not zeros.
    [[nodiscard]] std::optional<order::Money> price(std::string_view name);
    /// A whole number (3.0 is one) from 1 to limits::quantity_max.
    [[nodiscard]] std::optional<std::int32_t> quantity(std::string_view name);
    [[nodiscard]] const Json* object(std::string_view name);
    /// With at least one element.
    [[nodiscard]] const Json::Array* list(std::string_view name);

  private:
    const Json* required(std::string_view name);
    const std::string* string(std::string_view name);
    std::optional<std::string_view> number(std::string_view name);

    const Json& object_;
    std::string pointer_;
    Problems& problems_;
};

}  // namespace orderstream::documents
