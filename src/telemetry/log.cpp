#include "telemetry/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <cmath>
#include <exception>
#include <iterator>
#include <mutex>
#include <utility>

#include "telemetry/escape.h"

namespace orderstream::telemetry {
namespace {

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info", "warn", "error", "off"};

using Buffer = fmt::memory_buffer;

class CallbackSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit CallbackSink(Log::Sink on_line) : on_line_(std::move(on_line)) {}

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        on_line_({line.data(), line.size()});
    }
    void flush_() override {}

    Log::Sink on_line_;
};

struct AppendNumber {
    Buffer& out;
    void operator()(std::int64_t number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
    void operator()(std::uint64_t number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
    void operator()(double number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
    void operator()(bool truth) const { fmt::format_to(std::back_inserter(out), "{}", truth); }
};

struct AppendJson : AppendNumber {
    using AppendNumber::operator();
    void operator()(std::string_view text) const { append_json_string(out, text); }
    void operator()(double number) const {
        if (std::isfinite(number))
            AppendNumber::operator()(number);
        else
            fmt::format_to(std::back_inserter(out), "\"{}\"", number);  // JSON has no such number (RFC 8259, 6)
    }
};

struct AppendText : AppendNumber {
    using AppendNumber::operator();
    void operator()(std::string_view text) const { append_logfmt(out, text); }
};

void append_field(Buffer& out, LogFormat format, const Field& field) {
    switch (format) {
        case LogFormat::text:
            out.push_back(' ');
            append_logfmt(out, field.name);
            out.push_back('=');
            std::visit(AppendText{{out}}, field.value);
            return;
        case LogFormat::json:
            out.push_back(',');
            append_json_string(out, field.name);
            out.push_back(':');
            std::visit(AppendJson{{out}}, field.value);
            return;
    }
}

// spdlog adds the time around what record() renders.
std::string pattern_of(LogFormat format) {
    switch (format) {
        case LogFormat::text: return "%Y-%m-%dT%H:%M:%S.%fZ %v";
        case LogFormat::json: return R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ",%v})";
    }
    std::terminate();
}

spdlog::sink_ptr make_sink(Log::Sink sink) {
    if (sink) return std::make_shared<CallbackSink>(std::move(sink));
    // The standard error stream is unbuffered: one fwrite() is one write().
    return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

}  // namespace

std::string_view to_string(Level level) { return level_names.at(static_cast<std::size_t>(level)); }

std::optional<Level> parse_level(std::string_view text) {
    for (std::size_t i = 0; i < level_names.size(); ++i)
        if (level_names[i] == text) return static_cast<Level>(i);
    return std::nullopt;
}

// spdlog gives time stamps, sinks, their locks and the rule that logging never throws; its registry of global loggers
// stays unused.
struct Log::Output {
    spdlog::logger logger;

    Output(LogFormat format, Sink sink) : logger("orderstream", make_sink(std::move(sink))) {
        logger.set_level(spdlog::level::trace);  // Log has decided already
        logger.set_formatter(
            std::make_unique<spdlog::pattern_formatter>(pattern_of(format), spdlog::pattern_time_type::utc, "\n"));
    }
};

Log::Log(Level level, LogFormat format, Sink sink)
    : level_(level), format_(format), output_(std::make_shared<Output>(format, std::move(sink))) {}

Log Log::with(Fields fields) const {
    Buffer rendered;
    for (const Field& field : fields) append_field(rendered, format_, field);
    Log log = *this;
    log.bound_.append(rendered.data(), rendered.size());
    return log;
}

void Log::record(Level level, std::string_view message, Fields fields) const try {
    Buffer out;
    switch (format_) {
        case LogFormat::text:
            out.append(to_string(level));
            out.push_back(' ');
            append_printable(out, message);
            break;
        case LogFormat::json:
            out.append(std::string_view(R"("level":")"));
            out.append(to_string(level));
            out.append(std::string_view(R"(","message":)"));
            append_json_string(out, message);
            break;
    }
    out.append(bound_);
    for (const Field& field : fields) append_field(out, format_, field);
    output_->logger.log(spdlog::level::info, spdlog::string_view_t(out.data(), out.size()));
} catch (const std::exception&) {
    // Out of memory while rendering: the record is lost, its caller goes on.
}

}  // namespace orderstream::telemetry
