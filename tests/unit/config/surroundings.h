#pragma once

#include <tl/expected.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "config/load.h"

namespace orderstream::config {

using Texts = std::map<std::string, std::string>;

/// Surroundings that exist in the test alone.
inline Surroundings made_of(Texts environment, Texts files = {}, Texts flags = {}) {
    const auto read =
        [files = std::move(files)](const std::string& name) -> tl::expected<std::optional<std::string>, std::string> {
        const auto file = files.find(name);
        if (file == files.end()) return std::nullopt;
        return file->second;
    };
    return {.flags = std::move(flags), .environment = std::move(environment), .read_file = read};
}

inline Config config_of(Texts environment) { return load(made_of(std::move(environment))).value().config; }

}  // namespace orderstream::config
