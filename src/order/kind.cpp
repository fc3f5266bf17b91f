#include "order/kind.h"

namespace orderstream::order {

namespace {

// The names of a handful of values: a linear search beats a hash.
template <class Values>
auto find_by_name(const Values& values, std::string_view text) -> std::optional<typename Values::value_type> {
    for (const auto value : values) {
        if (to_string(value) == text) return value;
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::generic: return "generic";
        case Kind::marketplace: return "marketplace";
        case Kind::checkout: return "checkout";
    }
    return "";
}

std::optional<Kind> parse_kind(std::string_view text) { return find_by_name(all_kinds, text); }

std::string_view to_string(Status status) {
    switch (status) {
        case Status::new_: return "new";
        case Status::pending: return "pending";
        case Status::processing: return "processing";
        case Status::done: return "done";
        case Status::confirmed: return "confirmed";
        case Status::shipped: return "shipped";
        case Status::delivered: return "delivered";
        case Status::refunded: return "refunded";
        case Status::cancelled: return "cancelled";
        case Status::deleted: return "deleted";
        case Status::failed: return "failed";
    }
    return "";
}

std::optional<Status> parse_status(std::string_view text) { return find_by_name(all_statuses, text); }

}  // namespace orderstream::order
