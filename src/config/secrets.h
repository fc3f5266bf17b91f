#pragma once

#include <string>
#include <string_view>

/// How a setting is shown to people. In doubt more is hidden than is secret.
namespace orderstream::config {

/// Nothing of it, not even its length.
[[nodiscard]] std::string hidden(std::string_view value);

/// A PostgreSQL URL or `key=value` string (libpq, 34.1.1) without its passwords.
[[nodiscard]] std::string without_password(std::string_view dsn);

/// Whether a librdkafka property, named as its KAFKA_CONF_ variable, may hold a secret.
[[nodiscard]] bool is_secret_property(std::string_view variable);

}  // namespace orderstream::config
