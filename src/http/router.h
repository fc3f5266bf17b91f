#pragma once

#include <atomic>
#include <optional>
#include <string_view>
#include <vector>

#include "http/exchange.h"
#include "http/request.h"
#include "pipeline/health.h"

namespace orderstream::http {

/// One line of the table that says what is served.
struct Route {
    Method method = Method::get;
    std::string_view pattern = {};  ///< a literal: "/orders/{order_id}"; a literal segment beats a parameter
    Handler handler = {};
    bool takes_json = false;      ///< a body of another type is 415
    bool while_draining = false;  ///< served after SIGTERM too (probes); everything else is 503 then
};

/// Finds who answers a request, and answers those that nobody takes (404, 405 with Allow, 415, 417, 503, OPTIONS).
/// GET routes answer HEAD too. Immutable, so thread-safe; the phase must outlive it.
class Router {
  public:
    Router(std::vector<Route> routes, const std::atomic<pipeline::Phase>& phase);

    /// An exception of a handler is a 500; its text goes to `failure`, not to the client.
    [[nodiscard]] std::optional<Response> serve(Exchange& exchange, std::string& failure) const;

    /// Judges a request by its head, before its body comes: the answer if it would not be taken.
    [[nodiscard]] std::optional<Response> refuse(const Request& request) const;

  private:
    using Segments = std::vector<std::string_view>;
    struct Entry {
        Route route;
        Segments segments;
    };
    struct Match {
        const Entry* entry = nullptr;
        std::optional<Response> refusal = std::nullopt;
        std::string_view query = {};
    };

    [[nodiscard]] Match match(const Request& request, PathParameters& parameters) const;
    [[nodiscard]] std::optional<Response> judge(const Request& request, const Route& route) const;

    std::vector<Entry> entries_;
    const std::atomic<pipeline::Phase>& phase_;
};

}  // namespace orderstream::http
