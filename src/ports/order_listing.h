#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "order/money_sum.h"
#include "order/order.h"

namespace orderstream::ports {

/// Which orders a listing shows: those that fit everything that is given. Deleted ones only where `status` asks for
/// them.
struct OrderFilter {
    std::optional<order::Kind> kind{};
    std::optional<std::string> customer_id{};
    std::optional<order::Status> status{};
    std::optional<std::string> email{};  ///< upper and lower case of ASCII letters are the same
    std::optional<std::string> currency{};
    std::optional<order::Money> min_amount{};  ///< inclusive, as are all bounds
    std::optional<order::Money> max_amount{};
    std::optional<order::Time> created_from{};
    std::optional<order::Time> created_to{};
};

/// What a listing is sorted by; orders that are equal by it follow each other by their ids, in the same direction.
/// Statuses are sorted by their names, byte by byte.
enum class SortKey { created_at, updated_at, total_amount, status };

struct OrderSort {
    SortKey key = SortKey::created_at;
    bool descending = true;
};

/// The order that a page ended with, by what the listing is sorted by.
struct ListPosition {
    std::variant<order::Time, order::Money, order::Status> key;  ///< of the type that the sort key has
    order::OrderId id;
    friend bool operator==(const ListPosition&, const ListPosition&) = default;
};
/// Where `order` stands in a listing sorted by `key`.
[[nodiscard]] ListPosition position_of(const order::Order& order, SortKey key);

struct ListQuery {
    OrderFilter filter{};
    OrderSort sort{};
    std::size_t limit = 100;
    std::size_t offset = 0;               ///< orders to pass over, from `after` on or from the beginning
    std::optional<ListPosition> after{};  ///< a keyset: stays where it is while orders come
};

struct OrderPage {
    /// With their payloads, whole rows of one moment. At most `limit`; fewer, but at least one, when their payloads
    /// weigh more than limits::page_bytes_max.
    std::vector<order::OrderPtr> orders;
    bool more = false;             ///< there are further orders behind the last one
    std::size_t total = 0;         ///< how many fit the filter, counted up to limits::list_total_max
    bool total_is_capped = false;  ///< there are or may be more: past that, or counting would have taken too long
};

/// The orders of one kind, status and currency together; deleted ones, too.
struct StatisticsLine {
    order::Kind kind = order::Kind::generic;
    order::Status status = order::Status::new_;
    std::string currency;
    std::int64_t count = 0;
    order::MoneySum total_amount;
};

/// Why a question has no answer. Either way it can be asked again.
struct ListingError {
    enum class Fault {
        unavailable,    ///< the store is away
        took_too_long,  ///< given up after limits::listing_timeout: less should be asked
    };
    Fault fault = Fault::unavailable;
    std::string message;  ///< for the log
};

template <class T>
using ListingResult = tl::expected<T, ListingError>;

/// Looks through many orders at once. Thread-safe; every call blocks, possibly for long: its cost depends on what is
/// asked (docs/LISTING.md). It never stands in the way of the store's own calls.
class OrderListing {
  public:
    virtual ~OrderListing() = default;

    [[nodiscard]] virtual ListingResult<OrderPage> list(const ListQuery& query) = 0;
    /// Sorted by kind, status and currency, each by its name.
    [[nodiscard]] virtual ListingResult<std::vector<StatisticsLine>> statistics() = 0;
};

}  // namespace orderstream::ports
