#include "http/order_list_resource.h"

#include <string>
#include <utility>

#include "documents/shown_order.h"
#include "http/list_cursor.h"
#include "http/list_query.h"
#include "http/problem.h"

namespace orderstream::http {
namespace {

void append_count(std::string& out, std::string_view name, std::size_t count) {
    out.append(name);
    append_number(out, static_cast<long long>(count));
}

}  // namespace

Response render_page(const ports::OrderPage& page, const ports::ListQuery& query) {
    Response response;
    std::string& body = response.body;
    body.append(R"({"orders":[)");
    std::string_view comma;
    for (const order::OrderPtr& order : page.orders) {
        body.append(comma);
        documents::append_list_item(body, *order);
        comma = ",";
    }
    append_count(body, R"(],"pagination":{"total":)", page.total);
    body.append(R"(,"total_is_capped":)").append(page.total_is_capped ? "true" : "false");
    append_count(body, R"(,"limit":)", query.limit);
    append_count(body, R"(,"offset":)", query.offset);
    append_count(body, R"(,"count":)", page.orders.size());
    body.append(R"(,"next_cursor":)");
    if (page.more && !page.orders.empty()) {
        const ports::ListPosition last = ports::position_of(*page.orders.back(), query.sort.key);
        body.append("\"").append(make_cursor(query.filter, query.sort, last)).append("\"");
    } else {
        body.append("null");
    }
    body.append("}}");
    response.add_header("Cache-Control", "no-store");
    return response;
}

std::vector<Route> OrderListResource::routes() {
    return {{.method = Method::get, .pattern = "/api/v1/orders", .handler = [this](Exchange& exchange) {
                 return list(exchange);
             }}};
}

std::optional<Response> OrderListResource::list(Exchange& exchange) {
    auto query = parse_list_query(exchange.query);
    if (!query) return bad_request(std::move(query.error()), exchange.request.request_id);
    orders_.list(*query, [later = exchange.answer_later({}), query = *query, request_id = exchange.request.request_id](
                             tl::expected<ports::OrderPage, pipeline::ReadFault> page) {
        later([query, request_id, page = std::move(page)] {
            return page ? render_page(*page, query) : unreadable(page.error(), request_id);
        });
    });
    return std::nullopt;
}

}  // namespace orderstream::http
