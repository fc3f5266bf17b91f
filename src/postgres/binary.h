#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "order/ids.h"
#include "order/money.h"
#include "order/order.h"
#include "order/time.h"

/// PostgreSQL's binary formats (each type's send and receive functions): what a statement is given and answers.
namespace orderstream::postgres {

struct Bytes {
    std::string_view bytes;
};
struct Jsonb {
    std::string_view text;
};

// The element types of arrays; their numbers are fixed (pg_type.dat).
enum class TypeId : std::uint32_t {
    boolean = 16,
    bytea = 17,
    bigint = 20,
    smallint = 21,
    integer = 23,
    text = 25,
    numeric = 1700,
    uuid = 2950,
    jsonb = 3802,
};

void append_int16(std::string& out, std::int16_t value);
void append_int32(std::string& out, std::int32_t value);
void append_int64(std::string& out, std::int64_t value);

// A value without its length.
void append_value(std::string& out, bool value);
void append_value(std::string& out, std::int16_t value);
void append_value(std::string& out, std::int32_t value);
void append_value(std::string& out, std::int64_t value);
void append_value(std::string& out, std::string_view text);
void append_value(std::string& out, Bytes value);
void append_value(std::string& out, Jsonb value);
void append_value(std::string& out, const order::Uuid& uuid);
void append_value(std::string& out, order::Money money);
void append_value(std::string& out, order::Time time);

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
constexpr TypeId type_of() {
    if constexpr (is_optional<T>) {
        return type_of<typename T::value_type>();
    } else if constexpr (std::is_same_v<T, bool>) {
        return TypeId::boolean;
    } else if constexpr (std::is_same_v<T, std::int16_t>) {
        return TypeId::smallint;
    } else if constexpr (std::is_same_v<T, std::int32_t>) {
        return TypeId::integer;
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
        return TypeId::bigint;
    } else if constexpr (std::is_same_v<T, std::string_view>) {
        return TypeId::text;
    } else if constexpr (std::is_same_v<T, Bytes>) {
        return TypeId::bytea;
    } else if constexpr (std::is_same_v<T, Jsonb>) {
        return TypeId::jsonb;
    } else if constexpr (std::is_same_v<T, order::Uuid>) {
        return TypeId::uuid;
    } else {
        static_assert(std::is_same_v<T, order::Money>, "a type without a binary format here");
        return TypeId::numeric;
    }
}

/// $1, $2 ... of one run of a statement.
class Parameters {
  public:
    template <class T>
    Parameters& add(const T& value) {
        append_value(values_.emplace_back(), value);
        return *this;
    }

    /// An array of what `each` makes of every item: one of the types above, or an optional one (none is NULL).
    template <class Items, class Each>
    Parameters& add_array(const Items& items, Each each) {
        using Element = std::decay_t<std::invoke_result_t<Each&, decltype(*std::begin(items))>>;
        std::string& out = values_.emplace_back();
        begin_array(out, type_of<Element>(), std::size(items));
        for (const auto& item : items) append_element(out, each(item));
        return *this;
    }

    [[nodiscard]] const std::vector<std::string>& values() const { return values_; }

  private:
    static void begin_array(std::string& out, TypeId type, std::size_t size);

    template <class T>
    static void append_element(std::string& out, const T& value) {
        if constexpr (is_optional<T>) {
            if (!value) {
                append_int32(out, -1);
            } else {
                append_element(out, *value);
            }
        } else {
            const std::size_t length_at = out.size();
            append_int32(out, 0);
            append_value(out, value);
            set_length(out, length_at);
        }
    }
    static void set_length(std::string& out, std::size_t length_at);

    std::vector<std::string> values_;
};

// What a column holds; each throws Failure when it is something else.
[[nodiscard]] std::int16_t read_int16(std::string_view value);
[[nodiscard]] std::int32_t read_int32(std::string_view value);
[[nodiscard]] std::int64_t read_int64(std::string_view value);
[[nodiscard]] order::Uuid read_uuid(std::string_view value);
[[nodiscard]] order::Time read_time(std::string_view value);
[[nodiscard]] order::Money read_money(std::string_view value);
/// A document without the blanks that jsonb writes between its parts.
[[nodiscard]] order::Payload read_jsonb(std::string_view value);
/// The elements of an array of one dimension without NULLs.
[[nodiscard]] std::vector<std::string_view> read_array(std::string_view value);

}  // namespace orderstream::postgres
