#include "contract/tcp_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace orderstream::contract {
namespace {

/// A child of the test that had them, too, would keep connections open that are cut here.
constexpr int socket_type = SOCK_STREAM | SOCK_CLOEXEC;

sockaddr_in local(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void close(int& descriptor) {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
}

bool send_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

}  // namespace

TcpProxy::TcpProxy(int server_port) : server_port_(server_port) {
    listener_ = ::socket(AF_INET, socket_type, 0);
    sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("the proxy cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

TcpProxy::~TcpProxy() {
    thread_.request_stop();
    thread_.join();
    for (Link& link : links_) {
        close(link.client);
        close(link.server);
    }
    close(listener_);
}

void TcpProxy::set_trap(Trap trap, std::string word, Weather afterwards) {
    const std::lock_guard lock(mutex_);
    trap_ = trap;
    word_ = std::move(word);
    afterwards_ = afterwards;
    sprung_ = false;
}

bool TcpProxy::sprung() {
    const std::lock_guard lock(mutex_);
    return sprung_;
}

void TcpProxy::set_weather(Weather weather) {
    weather_ = weather;
    for (Weather felt = felt_; felt != weather; felt = felt_) felt_.wait(felt);
}

void TcpProxy::run(const std::stop_token& stop) {
    constexpr int look_round_ms = 20;
    while (!stop.stop_requested()) {
        const Weather weather = weather_;
        if (weather == Weather::cut) {
            for (Link& link : links_) {
                close(link.client);
                close(link.server);
            }
            links_.clear();
        }
        felt_ = weather;
        felt_.notify_all();
        std::vector<pollfd> descriptors{{.fd = listener_, .events = POLLIN, .revents = 0}};
        for (const Link& link : links_) {
            const short events = link.sprung == Trap::silence || weather == Weather::silent ? short{0} : short{POLLIN};
            descriptors.push_back({.fd = link.client, .events = events, .revents = 0});
            descriptors.push_back({.fd = link.server, .events = events, .revents = 0});
        }
        if (::poll(descriptors.data(), descriptors.size(), look_round_ms) <= 0) continue;
        std::vector<Link> kept;
        for (std::size_t i = 0; i < links_.size(); ++i) {
            Link& link = links_[i];
            bool keep = true;
            if ((descriptors[1 + 2 * i].revents & (POLLIN | POLLHUP)) != 0) keep = serve(link, true);
            if (keep && (descriptors[2 + 2 * i].revents & (POLLIN | POLLHUP)) != 0) keep = serve(link, false);
            if (keep) {
                kept.push_back(link);
            } else {
                close(link.client);
                close(link.server);
            }
        }
        links_ = std::move(kept);
        if ((descriptors.front().revents & POLLIN) != 0) accept_one(weather);
    }
}

void TcpProxy::accept_one(Weather weather) {
    Link link;
    link.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (weather == Weather::cut) return close(link.client);
    link.server = ::socket(AF_INET, socket_type, 0);
    const sockaddr_in address = local(server_port_);
    if (::connect(link.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close(link.client);
        close(link.server);
        return;
    }
    links_.push_back(link);
}

bool TcpProxy::serve(Link& link, bool from_client) {
    std::array<char, 65536> buffer;
    const ssize_t size = ::recv(from_client ? link.client : link.server, buffer.data(), buffer.size(), 0);
    if (size <= 0) return link.sprung == Trap::swallow_message && from_client;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
    if (link.sprung == Trap::swallow_answer && !from_client) {  // it has answered: now cut
        const std::lock_guard lock(mutex_);
        weather_ = afterwards_;
        return false;
    }
    if (link.sprung != Trap::none) return true;
    if (from_client && spring(link, bytes)) return true;
    return send_all(from_client ? link.server : link.client, bytes);
}

bool TcpProxy::spring(Link& link, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    if (trap_ == Trap::none || bytes.find(word_) == std::string_view::npos) return false;
    link.sprung = std::exchange(trap_, Trap::none);
    sprung_ = true;
    if (link.sprung == Trap::swallow_answer) send_all(link.server, bytes);
    if (link.sprung == Trap::swallow_message) {
        weather_ = afterwards_;
        close(link.client);
    }
    return true;
}

}  // namespace orderstream::contract
