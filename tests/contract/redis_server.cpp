#include "contract/redis_server.h"

#include <fmt/format.h>

#include <stdexcept>

namespace orderstream::contract {

RedisServer& RedisServer::get() {
    static RedisServer server;
    return server;
}

RedisServer::RedisServer() : services_({"redis"}) {}

std::string RedisServer::ask(const std::vector<std::string_view>& words) const {
    auto connection = redis::Connection::open(address(), patient);
    if (!connection) throw std::runtime_error(connection.error());
    (*connection)->add(words);
    std::string answer;
    bool refused = false;
    const auto answered = (*connection)->run([&](std::size_t, const redis::Reply& reply) {
        refused = reply.is_error();
        answer = reply.text();
        for (std::size_t i = 0; i < reply.size(); ++i) answer += fmt::format("{} ", reply.text(i).value_or("nil"));
        if (answer.empty()) answer = std::to_string(reply.integer());
    });
    if (!answered) throw std::runtime_error(answered.error());
    if (refused) throw std::runtime_error(answer);
    return answer;
}

std::int64_t RedisServer::ask_number(const std::vector<std::string_view>& words) const {
    return std::stoll(ask(words));
}

std::int64_t RedisServer::now() const {
    return ask_number({"EVAL", "local t = redis.call('TIME'); return t[1] * 1000000 + t[2]", "0"});
}

}  // namespace orderstream::contract
