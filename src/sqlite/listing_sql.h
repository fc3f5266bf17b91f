#pragma once

#include <string>

#include "ports/order_listing.h"

namespace orderstream::sqlite {

/// Answers the `seq` of each order of a page, in the page's order. ?1 to ?7 are the filter's customer, e-mail,
/// currency, amounts and times, ?8 and ?9 the key and the id of `after`, ?10 and ?11 limit and offset; NULL what is not
/// given.
[[nodiscard]] std::string page_sql(const ports::ListQuery& query);

/// Answers how many orders fit the filter, its values as above, ?8 being where to stop counting.
[[nodiscard]] std::string count_sql(const ports::OrderFilter& filter);

}  // namespace orderstream::sqlite
