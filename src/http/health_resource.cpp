#include "http/health_resource.h"

#include "documents/json.h"

namespace orderstream::http {
namespace {

std::string_view to_text(pipeline::HealthStatus status) {
    switch (status) {
        case pipeline::HealthStatus::healthy: return "healthy";
        case pipeline::HealthStatus::degraded: return "degraded";
        case pipeline::HealthStatus::unhealthy: return "unhealthy";
    }
    return "unhealthy";
}

}  // namespace

std::vector<Route> HealthResource::routes() {
    return {
        {.method = Method::get,
         .pattern = "/health",
         .handler = [](Exchange&) { return Response{.content_type = text_type, .body = "ok"}; },
         .while_draining = true},
        {.method = Method::get,
         .pattern = "/health/live",
         // Alive is whoever can answer; what it depends on is told, not judged.
         .handler = [this](Exchange&) { return render(health_(), 200); },
         .while_draining = true},
        {.method = Method::get,
         .pattern = "/health/ready",
         .handler =
             [this](Exchange&) {
                 const pipeline::Health health = health_();
                 return render(health, health.status == pipeline::HealthStatus::unhealthy ? 503 : 200);
             },
         .while_draining = true},
    };
}

Response HealthResource::render(const pipeline::Health& health, int status) const {
    Response response;
    response.status = status;
    std::string& body = response.body;
    body.append("{\"status\":\"").append(to_text(health.status)).append("\",\"version\":");
    documents::append_json_string(body, version_);
    body.append(",\"checks\":{");
    std::string_view comma;
    for (const pipeline::Health::Check& check : health.checks) {
        body.append(comma);
        documents::append_json_string(body, check.name);
        body.append(":{\"status\":\"").append(to_text(check.status)).append("\",\"detail\":");
        documents::append_json_string(body, check.detail);
        body.append("}");
        comma = ",";
    }
    body.append("}}");
    if (response.status == 503) response.add_header("Retry-After", 1);
    response.add_header("Cache-Control", "no-store");
    return response;
}

}  // namespace orderstream::http
