#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/config.h"

namespace orderstream::config {

/// One setting as a source gives it.
struct Given {
    std::string value;
    std::string where;  ///< "environment", ".env line 3"
};
using GivenByName = std::map<std::string, Given, std::less<>>;

struct EnvFile {
    GivenByName given;
    Problems problems;  ///< each line that could not be understood
};

/// Reads `NAME=value` lines as the usual tools do: blank lines and # comments, `export ` in front, spaces around the
/// equals sign. A bare value ends at the line's end or at a # after a space; in 'single quotes' everything is literal,
/// in "double quotes" \n \r \t \" \\ \$ are escapes, and both may span lines. Nothing is expanded; of a name given
/// twice the last one counts.
[[nodiscard]] EnvFile parse_env_file(std::string_view file_name, std::string_view text);

/// A value as parse_env_file() reads it back: bare where it can stand so, else in double quotes.
[[nodiscard]] std::string quote_env_value(std::string_view value);

}  // namespace orderstream::config
