#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace orderstream::order {

/// Which of the three systems an order comes from; it decides the document's shape and the lifecycle.
enum class Kind { generic, marketplace, checkout };
inline constexpr std::array all_kinds{Kind::generic, Kind::marketplace, Kind::checkout};

[[nodiscard]] std::string_view to_string(Kind kind);
[[nodiscard]] std::optional<Kind> parse_kind(std::string_view text);

/// Every status of every kind; which of them a kind uses is its lifecycle table's business (lifecycle.h).
enum class Status {
    new_,
    pending,
    processing,
    done,
    confirmed,
    shipped,
    delivered,
    refunded,
    cancelled,
    deleted,
    failed,
};
inline constexpr std::array all_statuses{Status::new_,      Status::pending, Status::processing, Status::done,
                                         Status::confirmed, Status::shipped, Status::delivered,  Status::refunded,
                                         Status::cancelled, Status::deleted, Status::failed};

[[nodiscard]] std::string_view to_string(Status status);
[[nodiscard]] std::optional<Status> parse_status(std::string_view text);

}  // namespace orderstream::order
