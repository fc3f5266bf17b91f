#include "http/request.h"

namespace orderstream::http {
namespace {

// A connection that once had a large body does not keep its room.
constexpr std::size_t kept_body_bytes = 16 * 1024;

}  // namespace

std::string_view to_string(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::delete_: return "DELETE";
        case Method::options: return "OPTIONS";
        case Method::other: return "";
    }
    return "";
}

void Request::clear() {
    method = Method::other;
    target.clear();
    minor_version = 1;
    keep_alive = true;
    expectation = Expectation::none;
    request_id.clear();
    body.clear();
    if (body.capacity() > kept_body_bytes) body.shrink_to_fit();
    present_ = {};
}

}  // namespace orderstream::http
