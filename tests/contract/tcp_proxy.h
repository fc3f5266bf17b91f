#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace orderstream::contract {

/// Stands between a client and a server on this machine and breaks what it is told to break. Thread-safe.
class TcpProxy {
  public:
    /// What happens when a message with the word comes from a client.
    enum class Trap {
        none,
        swallow_answer,   ///< the server gets it, what it answers is lost, and the client's connection is cut
        swallow_message,  ///< the client's connection is cut, while the server's stays open and hears nothing
        silence,          ///< nothing is passed on any more, and nothing is cut
    };

    /// What happens to everyone.
    enum class Weather {
        fair,
        cut,     ///< every connection is cut, and new ones at once
        silent,  ///< connections are accepted and nothing is passed on, either way, until it is fair again
    };

    explicit TcpProxy(int server_port);
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;
    ~TcpProxy();

    [[nodiscard]] int port() const { return port_; }
    /// For the next message with that word only. When that was cut, the weather is `afterwards`.
    void set_trap(Trap trap, std::string word, Weather afterwards = Weather::fair);
    [[nodiscard]] bool sprung();
    /// Holds when it returns.
    void set_weather(Weather weather);

  private:
    struct Link {
        int client = -1;
        int server = -1;
        Trap sprung = Trap::none;
    };

    void run(const std::stop_token& stop);
    void accept_one(Weather weather);
    /// False when the link is to be forgotten.
    bool serve(Link& link, bool from_client);
    bool spring(Link& link, std::string_view bytes);

    int server_port_;
    int port_ = 0;
    int listener_ = -1;
    std::vector<Link> links_;  // the thread's own
    std::mutex mutex_;
    Trap trap_ = Trap::none;
    std::string word_;
    Weather afterwards_ = Weather::fair;
    bool sprung_ = false;
    std::atomic<Weather> weather_ = Weather::fair;
    std::atomic<Weather> felt_ = Weather::fair;  // by the thread
    std::jthread thread_;
};

}  // namespace orderstream::contract
