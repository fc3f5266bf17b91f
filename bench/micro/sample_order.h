#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "documents/generic.h"
#include "order/ids.h"
#include "order/order.h"

namespace orderstream::bench {

/// The request that bench/orders.lua sends.
inline constexpr std::string_view request_body =
    R"({"user_id":"00000001-0000-4000-8000-000000000000","payload":{"id":"order-0000000001","currency":"USD",)"
    R"("note":"please ring twice and leave it at the door","items":[)"
    R"({"sku":"AB-101","price":19.99,"quantity":2},{"sku":"CD-2002","price":5,"quantity":1}]}})";

/// The order that it makes, as it is when the worker is done.
inline order::Order sample_order(const order::Uuid& id) {
    const documents::GenericRequest request = documents::parse_generic_request(request_body, false).value();
    order::Order row;
    row.id = {id};
    row.customer_id = request.user_id;
    row.external_id = request.document.external_id;
    row.status = order::Status::done;
    row.currency = request.document.currency;
    row.total_amount = request.document.total_amount;
    row.payload = request.document.payload;
    row.version = 1;
    row.processed_version = 1;
    return row;
}

}  // namespace orderstream::bench
