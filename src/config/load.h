#pragma once

#include <tl/expected.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"

namespace orderstream::config {

/// Where settings come from, so that tests can bring their own.
struct Surroundings {
    /// What the command line says, by the name of the variable it stands for.
    std::map<std::string, std::string> flags;
    std::map<std::string, std::string> environment;
    /// The text of a file of the working directory, none if there is no such file, or why it cannot be read.
    std::function<tl::expected<std::optional<std::string>, std::string>(const std::string& name)> read_file;
};

/// This process's own. `environment` is what main() got (environ).
[[nodiscard]] Surroundings surroundings(const char* const* environment, std::map<std::string, std::string> flags);

/// One setting in force, as people may see it.
struct Shown {
    std::string name;
    std::string value;   ///< secrets hidden; empty: not set
    std::string source;  ///< "default", "flag", "environment", ".env line 3 as API_PORT"; or what holds when not set

    friend bool operator==(const Shown&, const Shown&) = default;
};

struct Settings {
    Config config;
    std::vector<Shown> shown;  ///< every variable of REFERENCE, then the KAFKA_CONF_ ones that are set
};

/// Flags, else the environment, else `.env`, else `config.env`, else the default; one source's value hides those below
/// it, and an empty one means the default. Every bad value and every bad line is reported, not the first alone.
[[nodiscard]] tl::expected<Settings, Problems> load(const Surroundings& surroundings);

/// `orderstream config`: a line per variable, readable as an env file, secrets hidden.
[[nodiscard]] std::string show(const Settings& settings);

}  // namespace orderstream::config
