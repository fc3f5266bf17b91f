#include "http/router.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <exception>
#include <span>
#include <utility>

#include "http/headers.h"
#include "http/problem.h"
#include "http/target.h"

namespace orderstream::http {
namespace {

constexpr std::size_t segments_max = 8;

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

/// The segments of a path that begins with '/'; more than segments_max fit no route.
class PathSegments {
  public:
    explicit PathSegments(std::string_view path) {
        path.remove_prefix(1);
        for (;;) {
            if (count_ == segments_max) {
                count_ = 0;
                return;
            }
            const std::size_t slash = path.find('/');
            segments_[count_++] = path.substr(0, slash);
            if (slash == std::string_view::npos) return;
            path.remove_prefix(slash + 1);
        }
    }
    [[nodiscard]] std::span<const std::string_view> get() const { return {segments_.data(), count_}; }

  private:
    std::array<std::string_view, segments_max> segments_;
    std::size_t count_ = 0;
};

bool fits(std::span<const std::string_view> pattern, std::span<const std::string_view> path) {
    return std::ranges::equal(pattern, path, [](std::string_view expected, std::string_view actual) {
        return is_parameter(expected) ? !actual.empty() : expected == actual;
    });
}

Response problem(int status, std::string detail, const Request& request) {
    return to_response({.status = status, .detail = std::move(detail)}, request.request_id);
}

void allow(std::string& methods, Method method) {
    if (!methods.empty()) methods += ", ";
    methods += to_string(method);
}

}  // namespace

bool PathParameters::add(std::string_view encoded) {
    assert(count_ < max);
    if (encoded.find('%') == std::string_view::npos) {
        values_[count_++] = encoded;
        return true;
    }
    std::optional<std::string> decoded = percent_decode(encoded);
    if (!decoded) return false;
    decoded_[count_] = std::move(*decoded);
    values_[count_] = decoded_[count_];
    ++count_;
    return true;
}

Router::Router(std::vector<Route> routes, const std::atomic<pipeline::Phase>& phase) : phase_(phase) {
    for (Route& route : routes) {
        const PathSegments segments(route.pattern);
        entries_.push_back({std::move(route), {segments.get().begin(), segments.get().end()}});
    }
    // The first match wins, so literals come before parameters.
    std::ranges::stable_sort(entries_, [](const Entry& a, const Entry& b) {
        return std::ranges::lexicographical_compare(a.segments, b.segments, [](std::string_view x, std::string_view y) {
            return !is_parameter(x) && is_parameter(y);
        });
    });
}

Router::Match Router::match(const Request& request, PathParameters& parameters) const {
    const std::optional<Target> target = split_target(request.target);
    if (!target) return {.refusal = problem(400, "the request's target is malformed", request)};
    if (target->path == "*") {
        if (request.method != Method::options) return {.refusal = problem(404, "only OPTIONS can ask for *", request)};
        return {.refusal = Response{.status = 204}};
    }

    const Method wanted = request.method == Method::head ? Method::get : request.method;
    const PathSegments path(target->path);
    std::string allowed;
    const Entry* same_pattern = nullptr;
    for (const Entry& entry : entries_) {
        if (!fits(entry.segments, path.get())) continue;
        // A literal route hides what fits it only as a parameter.
        if (same_pattern != nullptr && entry.segments != same_pattern->segments) continue;
        same_pattern = &entry;
        if (entry.route.method == wanted) {
            for (std::size_t i = 0; i < entry.segments.size(); ++i) {
                if (is_parameter(entry.segments[i]) && !parameters.add(path.get()[i])) {
                    return {.refusal = problem(400, "the path is not percent-encoded correctly", request)};
                }
            }
            return {.entry = &entry, .refusal = judge(request, entry.route), .query = target->query};
        }
        allow(allowed, entry.route.method);
        if (entry.route.method == Method::get) allow(allowed, Method::head);
    }
    if (same_pattern == nullptr) return {.refusal = problem(404, "there is nothing at this path", request)};
    allow(allowed, Method::options);
    Response response{.status = 204};
    if (request.method != Method::options) response = problem(405, "this path does not take that method", request);
    response.add_header("Allow", allowed);
    return {.refusal = std::move(response)};
}

std::optional<Response> Router::judge(const Request& request, const Route& route) const {
    if (!route.while_draining) {
        const pipeline::Phase phase = phase_.load(std::memory_order_relaxed);
        if (phase == pipeline::Phase::starting)
            return problem(503, "the server is starting; nothing was accepted", request);
        if (phase == pipeline::Phase::draining)
            return problem(503, "the server is shutting down; nothing was accepted", request);
    }
    if (request.expectation == Expectation::other) {
        return problem(417, "the only expectation known here is 100-continue", request);
    }
    if (route.takes_json) {
        if (!is_json(request.value_or_empty(Header::content_type))) {
            return problem(415, "the body must be application/json in UTF-8", request);
        }
        const std::string_view coding = request.value_or_empty(Header::content_encoding);
        if (!coding.empty() && coding != "identity") {
            Response response = problem(415, "a compressed body is not understood", request);
            response.add_header("Accept-Encoding", "identity");
            return response;
        }
    }
    return std::nullopt;
}

std::optional<Response> Router::refuse(const Request& request) const {
    PathParameters parameters;
    return match(request, parameters).refusal;
}

std::optional<Response> Router::serve(Exchange& exchange, std::string& failure) const {
    Match found = match(exchange.request, exchange.path);
    if (found.refusal) return std::move(found.refusal);
    exchange.query = found.query;
    try {
        return found.entry->route.handler(exchange);
    } catch (const std::exception& error) {
        failure = error.what();
        return problem(500, "something went wrong here; the log has the request id", exchange.request);
    }
}

}  // namespace orderstream::http
