#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace orderstream::telemetry {

enum class Level { trace, debug, info, warn, error, off };
enum class LogFormat { text, json };

/// As LOG_LEVEL writes them.
[[nodiscard]] std::string_view to_string(Level level);
[[nodiscard]] std::optional<Level> parse_level(std::string_view text);

/// One fact of a record. It only refers to its name and text, so it lives no longer than the call it is made for.
struct Field {
    using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

    Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
    Field(std::string_view field_name, const char* text) : name(field_name), value(std::string_view(text)) {}
    Field(std::string_view field_name, const std::string& text) : name(field_name), value(std::string_view(text)) {}
    Field(std::string_view field_name, bool truth) : name(field_name), value(truth) {}
    Field(std::string_view field_name, std::signed_integral auto number)
        : name(field_name), value(static_cast<std::int64_t>(number)) {}
    Field(std::string_view field_name, std::unsigned_integral auto number)
        : name(field_name), value(static_cast<std::uint64_t>(number)) {}
    Field(std::string_view field_name, std::floating_point auto number)
        : name(field_name), value(static_cast<double>(number)) {}

    std::string_view name;
    Value value;
};
using Fields = std::initializer_list<Field>;

/// Structured log: one record is one line, written at once, with UTC time, level, message and fields.
///
///     log.info("ready", {{"port", 8080}, {"store", "sqlite"}});
///     telemetry::Log request_log = log.with({{"request_id", id}});
///
/// Made once in src/cli and handed down by reference. Thread-safe; below its level a call costs one comparison. Copies
/// and with() share the sink. Logging never throws: a record that cannot be written is lost.
/// Message and fields may hold any bytes (a line stays a line, JSON stays valid UTF-8); never log what is secret.
class Log {
  public:
    /// Gets each line with its line end; called by one thread at a time.
    using Sink = std::function<void(std::string_view line)>;

    /// Without a sink, lines go to the standard error stream.
    explicit Log(Level level = Level::info, LogFormat format = LogFormat::text, Sink sink = {});

    /// A log whose records all carry these fields after those of this log.
    [[nodiscard]] Log with(Fields fields) const;

    [[nodiscard]] bool enabled(Level level) const { return level >= level_ && level != Level::off; }

    void write(Level level, std::string_view message, Fields fields = {}) const {
        if (enabled(level)) record(level, message, fields);
    }
    void trace(std::string_view message, Fields fields = {}) const { write(Level::trace, message, fields); }
    void debug(std::string_view message, Fields fields = {}) const { write(Level::debug, message, fields); }
    void info(std::string_view message, Fields fields = {}) const { write(Level::info, message, fields); }
    void warn(std::string_view message, Fields fields = {}) const { write(Level::warn, message, fields); }
    void error(std::string_view message, Fields fields = {}) const { write(Level::error, message, fields); }

  private:
    struct Output;

    void record(Level level, std::string_view message, Fields fields) const;

    Level level_;
    LogFormat format_;
    std::string bound_;  // with()'s fields, rendered already
    std::shared_ptr<Output> output_;
};

}  // namespace orderstream::telemetry
