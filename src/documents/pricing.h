#pragma once

#include <tl/expected.hpp>

#include <string>
#include <string_view>

#include "documents/json.h"
#include "order/kind.h"
#include "order/money.h"

namespace orderstream::documents {

/// What a document says it costs (DESIGN 3, the built-in processor), exact, rounded half up to two decimals.
struct PricedDocument {
    order::Money total_amount;
    std::string currency = "USD";
};

using Pricing = tl::expected<PricedDocument, Problems>;

/// `amount`, else the sum of price * (quantity | qty | 1) over `items`, else 0; numbers or numeric strings; null and
/// absent are the same, a missing price is 0, `items` that is no array is none. `currency`, else USD.
/// Every problem's pointer begins with `prefix` ("/payload"), where the payload stands in the caller's document.
[[nodiscard]] Pricing price_generic(const Json& payload, std::string_view prefix);

/// `payment.amount` and `payment.currency`.
[[nodiscard]] Pricing price_marketplace(const Json& document, std::string_view prefix);

/// The sum of price * quantity over `items`; `currency`, else USD.
[[nodiscard]] Pricing price_checkout(const Json& document, std::string_view prefix);

[[nodiscard]] Pricing price_document(order::Kind kind, const Json& document, std::string_view prefix);

/// A stored payload's price, for a worker; else why it has none, in one sentence.
[[nodiscard]] tl::expected<PricedDocument, std::string> price(order::Kind kind, std::string_view payload);

}  // namespace orderstream::documents
