#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The types of settings: each knows what a value may be, in words and in code.
namespace orderstream::config {

template <class T>
struct ValueType {
    std::string allowed;  ///< completes "it may be ..."
    std::function<std::optional<T>(std::string_view)> parse;
};

/// Equal but for the case of ASCII letters.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b);

[[nodiscard]] ValueType<std::string> any_text(std::string allowed);
[[nodiscard]] ValueType<std::string> host();
/// One `host` or `host:port`; IPv6 addresses in brackets.
[[nodiscard]] ValueType<std::string> host_and_port();
/// Several of them, separated by commas, each with librdkafka's `protocol://` in front if wanted.
[[nodiscard]] ValueType<std::string> brokers();
[[nodiscard]] ValueType<std::string> postgres_dsn();
/// Kafka's rule for names of topics.
[[nodiscard]] ValueType<std::string> topic();
[[nodiscard]] ValueType<std::uint16_t> port(std::uint16_t min);
[[nodiscard]] ValueType<int> whole_number(int min, int max);
[[nodiscard]] ValueType<bool> yes_or_no();

/// `200ms`, `30s`, `1m`, `1h`, `1m30s`; a bare number counts seconds.
[[nodiscard]] ValueType<std::chrono::milliseconds> duration(std::chrono::milliseconds min,
                                                            std::chrono::milliseconds max);
/// The same the other way round.
[[nodiscard]] std::string to_string(std::chrono::milliseconds duration);

template <class T>
[[nodiscard]] ValueType<T> one_of(std::initializer_list<std::pair<std::string_view, T>> choices) {
    std::string allowed = "one of";
    for (const auto& [word, meaning] : choices) allowed.append(" ").append(word);
    return {allowed, [known = std::vector<std::pair<std::string_view, T>>(choices)](std::string_view text) {
                for (const auto& [word, meaning] : known)
                    if (same_word(word, text)) return std::optional<T>(meaning);
                return std::optional<T>();
            }};
}

}  // namespace orderstream::config
