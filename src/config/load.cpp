#include "config/load.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "config/env_file.h"
#include "config/secrets.h"
#include "config/variables.h"

namespace orderstream::config {
namespace {

constexpr std::array<const char*, 2> files{".env", "config.env"};

GivenByName given_by(const std::map<std::string, std::string>& values, const std::string& where) {
    GivenByName given;
    for (const auto& [name, value] : values) given.emplace(name, Given{value, where});
    return given;
}

/// The sources, highest first, and what was wrong with the files among them.
struct Sources {
    std::vector<GivenByName> by_rank;
    Problems problems;

    explicit Sources(const Surroundings& surroundings) {
        by_rank.push_back(given_by(surroundings.flags, "flag"));
        by_rank.push_back(given_by(surroundings.environment, "environment"));
        for (const char* name : files) {
            auto text = surroundings.read_file(name);
            if (!text) {
                problems.push_back({name, "cannot be read: " + text.error()});
            } else if (text->has_value()) {
                EnvFile file = parse_env_file(name, **text);
                by_rank.push_back(std::move(file.given));
                std::ranges::move(file.problems, std::back_inserter(problems));
            }
        }
    }
};

struct Found {
    std::string name;
    Given given;
};

// The first source that knows any of the names decides; among its names the first that is not empty.
std::optional<Found> find(const Sources& sources, const std::vector<std::string>& names) {
    for (const GivenByName& source : sources.by_rank) {
        bool known = false;
        for (const std::string& name : names) {
            const auto given = source.find(name);
            if (given == source.end()) continue;
            if (!given->second.value.empty()) return Found{name, given->second};
            known = true;
        }
        if (known) return std::nullopt;
    }
    return std::nullopt;
}

Problem bad_value(const Variable& variable, const Found& found) {
    constexpr std::size_t shown_bytes_max = 60;
    std::string value = variable.shown != nullptr ? "not valid" : quote_env_value(found.given.value);
    if (value.size() > shown_bytes_max) value = value.substr(0, shown_bytes_max) + "...";
    return {found.name, "is " + value + " (" + found.given.where + "); it may be " + variable.allowed};
}

void load_variable(const Variable& variable, const Sources& sources, Settings& settings, Problems& problems) {
    const std::optional<Found> found = find(sources, variable.names);
    const std::string& value = found ? found->given.value : variable.fallback;
    if (!value.empty() && !variable.assign(settings.config, value)) {
        problems.push_back(found ? bad_value(variable, *found) : Problem{variable.name(), "has a bad default"});
        return;
    }
    std::string source = found ? found->given.where : value.empty() ? variable.when_unset : "default";
    if (found && found->name != variable.name()) source += " as " + found->name;
    settings.shown.push_back({variable.name(), variable.shown != nullptr ? variable.shown(value) : value, source});
}

void load_kafka_properties(const Sources& sources, Settings& settings, Problems& problems) {
    GivenByName properties;
    for (const GivenByName& source : sources.by_rank)
        for (auto entry = source.lower_bound(kafka_property_prefix);
             entry != source.end() && entry->first.starts_with(kafka_property_prefix); ++entry)
            properties.insert(*entry);  // the higher source was first

    for (const auto& [name, given] : properties) {
        const std::string property = kafka_property(name);
        if (property.empty()) {
            problems.push_back({name, "(" + given.where + ") lacks the property's name"});
        } else if (!given.value.empty()) {
            settings.config.kafka.properties.emplace(property, given.value);
            settings.shown.push_back({name, is_secret_property(name) ? hidden(given.value) : given.value, given.where});
        }
    }
}

tl::expected<std::optional<std::string>, std::string> read_file(const std::string& name) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(name, error);
    if (status.type() == std::filesystem::file_type::not_found) return std::nullopt;
    if (std::filesystem::is_directory(status)) return tl::unexpected<std::string>("it is a directory");
    std::ifstream file(name, std::ios::binary);
    if (!file) return tl::unexpected<std::string>(std::strerror(errno));
    return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

Surroundings surroundings(const char* const* environment, std::map<std::string, std::string> flags) {
    Surroundings own{.flags = std::move(flags), .environment = {}, .read_file = read_file};
    for (; *environment != nullptr; ++environment) {
        const std::string_view entry = *environment;
        const std::size_t equals = entry.find('=');
        if (equals != std::string_view::npos)
            own.environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return own;
}

tl::expected<Settings, Problems> load(const Surroundings& surroundings) {
    Sources sources(surroundings);
    Problems problems = std::move(sources.problems);
    Settings settings;
    for (const Variable& variable : variables()) load_variable(variable, sources, settings, problems);
    load_kafka_properties(sources, settings, problems);
    if (!problems.empty()) return tl::unexpected(std::move(problems));
    return settings;
}

std::string show(const Settings& settings) {
    std::vector<std::string> lines;
    std::size_t width = 0;
    for (const Shown& shown : settings.shown) {
        lines.push_back(shown.name + "=" + quote_env_value(shown.value));
        width = std::max(width, lines.back().size());
    }
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i)
        text += lines[i] + std::string(width - lines[i].size(), ' ') + "  # " + settings.shown[i].source + "\n";
    return text;
}

}  // namespace orderstream::config
