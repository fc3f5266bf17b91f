#include "http/statistics_resource.h"

#include <string>
#include <utility>

#include "documents/json.h"
#include "http/problem.h"
#include "http/request_parts.h"

namespace orderstream::http {

Response render_statistics(const std::vector<ports::StatisticsLine>& lines) {
    Response response;
    std::string& body = response.body;
    body.append(R"({"statistics":[)");
    std::string_view comma;
    for (const ports::StatisticsLine& line : lines) {
        body.append(comma).append(R"({"kind":")").append(to_string(line.kind));
        body.append(R"(","status":")").append(to_string(line.status));
        body.append(R"(","currency":)");
        documents::append_json_string(body, line.currency);
        body.append(R"(,"count":)");
        append_number(body, line.count);
        body.append(R"(,"total_amount":)").append(order::to_string(line.total_amount));
        body.append(R"(,"avg_amount":)").append(order::to_string(line.total_amount.average(line.count))).append("}");
        comma = ",";
    }
    body.append("]}");
    response.add_header("Cache-Control", "no-store");
    return response;
}

std::vector<Route> StatisticsResource::routes() {
    return {{.method = Method::get, .pattern = "/api/v1/statistics", .handler = [this](Exchange& exchange) {
                 return get(exchange);
             }}};
}

std::optional<Response> StatisticsResource::get(Exchange& exchange) {
    if (auto refusal = refuse_query(exchange)) return refusal;
    orders_.statistics([later = exchange.answer_later({}), request_id = exchange.request.request_id](
                           tl::expected<pipeline::Statistics, pipeline::ReadFault> statistics) {
        later([request_id, statistics = std::move(statistics)] {
            return statistics ? render_statistics(**statistics) : unreadable(statistics.error(), request_id);
        });
    });
    return std::nullopt;
}

}  // namespace orderstream::http
