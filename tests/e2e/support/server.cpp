#include "e2e/support/server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "documents/json.h"
#include "e2e/support/json_access.h"

#ifndef ORDERSTREAM_BINARY
#define ORDERSTREAM_BINARY ""
#endif

namespace orderstream::e2e {

namespace {

/// The port in `{...,"message":"ready",...,"port":8080,...}`; none in any other line.
std::optional<std::uint16_t> port_in(std::string_view line, std::string_view message) {
    const auto json = documents::parse_json(line);
    if (!json || !has(*json, "/message") || text_at(*json, "/message") != message || !has(*json, "/port"))
        return std::nullopt;
    return static_cast<std::uint16_t>(integer_at(*json, "/port"));
}

}  // namespace

std::filesystem::path orderstream_binary() {
    const char* named = std::getenv("ORDERSTREAM_BINARY");
    const std::filesystem::path binary = named != nullptr ? named : ORDERSTREAM_BINARY;
    if (binary.empty()) throw std::runtime_error("ORDERSTREAM_BINARY names no program");
    return binary;
}

Server::Server(const Options& options)
    : role_(options.arguments.empty() ? "" : options.arguments.front()),
      data_(options.data.empty() ? own_data_.path() : options.data),
      program_(orderstream_binary(), to_program(options)) {
    const std::string_view message = options.until_ready ? "ready" : "listening";
    const auto line = program_.wait_for_line(
        [message](std::string_view text) { return port_in(text, message).has_value(); }, options.ready_timeout);
    if (!line) throw std::runtime_error("the server does not get ready:\n" + log());
    port_ = port_in(*line, message).value();
}

Server::~Server() {
    if (!testing::Test::HasFailure()) return;
    constexpr std::size_t bytes_max = 64 * 1024;
    const std::string all = log();
    std::cerr << "--- " << role_ << " at port " << port_ << ":\n"
              << std::string_view(all).substr(all.size() - std::min(all.size(), bytes_max)) << std::flush;
}

Program::Options Server::to_program(const Options& options) const {
    std::map<std::string, std::string> environment = options.environment;
    environment.insert(
        {{"HTTP_PORT", "0"}, {"WORKER_HTTP_PORT", "0"}, {"LOG_FORMAT", "json"}, {"DATA_DIR", data_.string()}});
    return {.arguments = options.arguments, .environment = std::move(environment), .directory = {}};
}

ExitStatus Server::stop(std::chrono::milliseconds timeout) {
    program_.send_signal(SIGTERM);
    return ended(timeout);
}

ExitStatus Server::kill() {
    program_.send_signal(SIGKILL);
    return ended(std::chrono::seconds(10));
}

ExitStatus Server::ended(std::chrono::milliseconds timeout) {
    const auto status = program_.wait(timeout);
    if (!status) throw std::runtime_error("the server does not end:\n" + log());
    return *status;
}

bool Server::logs(std::string_view text, std::chrono::milliseconds timeout) {
    return program_
        .wait_for_line([text](std::string_view line) { return line.find(text) != std::string_view::npos; }, timeout)
        .has_value();
}

std::string Server::log() const {
    std::string log;
    for (const std::string& line : program_.lines()) log += line + "\n";
    return log;
}

}  // namespace orderstream::e2e
