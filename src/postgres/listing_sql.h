#pragma once

#include <cstddef>

#include "ports/order_listing.h"
#include "postgres/connection.h"

/// The SQL of listings: built from what is asked, so that the server plans for that and nothing else.
namespace orderstream::postgres::listing_sql {

struct Question {
    Statement statement;
    Parameters parameters;
};

/// The orders of a page, in its order, and one more if there is one: `order_id`, and the bytes that its payload takes
/// in the database (compressed, perhaps). No payload is read for it.
[[nodiscard]] Question keys(const ports::ListQuery& query);

/// How many orders fit, counted up to `at_most`.
[[nodiscard]] Question count(const ports::OrderFilter& filter, std::size_t at_most);

}  // namespace orderstream::postgres::listing_sql
