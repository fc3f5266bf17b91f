#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace orderstream::config {

/// One row of REFERENCE's Configuration table.
struct Variable {
    std::vector<std::string> names;                         ///< the usual one, then its other names
    std::string fallback;                                   ///< the default, as one would write it; empty: none
    std::string allowed;                                    ///< completes "it may be ..."
    std::function<bool(Config&, std::string_view)> assign;  ///< false: the text is not allowed
    std::string when_unset = "not set";                     ///< what holds without a value
    std::string (*shown)(std::string_view) = nullptr;       ///< hides what is secret; null: nothing is

    [[nodiscard]] const std::string& name() const { return names.front(); }
};

/// All of them, in the order in which they are shown. KAFKA_CONF_<PROPERTY> is a family and not among them.
[[nodiscard]] const std::vector<Variable>& variables();

/// `KAFKA_CONF_` in front of a librdkafka property: in capitals, with `_` for `.`
inline constexpr std::string_view kafka_property_prefix = "KAFKA_CONF_";

/// `KAFKA_CONF_SSL_KEY_PASSWORD` -> `ssl.key.password`
[[nodiscard]] std::string kafka_property(std::string_view variable);
/// The other way round.
[[nodiscard]] std::string kafka_variable(std::string_view property);

}  // namespace orderstream::config
