#include "http/response.h"

#include <array>
#include <charconv>

namespace orderstream::http {

void append_number(std::string& out, long long number) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void Response::add_header(std::string_view name, std::string_view value) {
    headers.append(name).append(": ").append(value).append("\r\n");
}

void Response::add_header(std::string_view name, int value) {
    headers.append(name).append(": ");
    append_number(headers, value);
    headers.append("\r\n");
}

void Response::add_etag(int version) {
    headers.append("ETag: \"");
    append_number(headers, version);
    headers.append("\"\r\n");
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 400: return "Bad Request";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 422: return "Unprocessable Content";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        default: return "Unknown";
    }
}

void append_response(std::string& out, const Response& response, const Framing& framing) {
    out.append("HTTP/1.1 ");
    append_number(out, response.status);
    out.append(" ").append(reason_phrase(response.status));
    out.append("\r\nDate: ").append(framing.date);
    const bool has_content = response.status != 204;  // RFC 9110, 8.6: no Content-Length either
    if (has_content) {
        out.append("\r\nContent-Type: ").append(response.content_type).append("\r\nContent-Length: ");
        append_number(out, static_cast<long long>(response.body.size()));
    }
    out.append("\r\nX-Request-ID: ").append(framing.request_id).append("\r\n").append(response.headers);
    if (framing.close) {
        out.append("Connection: close\r\n");
    } else if (framing.announce_keep_alive) {
        out.append("Connection: keep-alive\r\n");
    }
    out.append("\r\n");
    if (has_content && !framing.head_only) out.append(response.body);
}

}  // namespace orderstream::http
