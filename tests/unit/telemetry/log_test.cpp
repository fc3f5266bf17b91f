#include "telemetry/log.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace orderstream::telemetry {
namespace {

using testing::EndsWith;
using testing::MatchesRegex;
using testing::SizeIs;

// Declared before the Log it is given to.
struct Lines {
    std::vector<std::string> lines;
    Log::Sink sink() {
        return [this](std::string_view line) { lines.emplace_back(line); };
    }
    // Without the time stamp and the line end.
    std::string only_text() const { return lines.at(0).substr(28, lines.at(0).size() - 29); }
    boost::json::object only_object() const { return boost::json::parse(lines.at(0)).as_object(); }
};

TEST(Log, TextRecordIsOneLineWithUtcTimeToTheMicrosecond) {
    Lines captured;
    const Log log(Level::info, LogFormat::text, captured.sink());

    log.info("ready", {{"port", 8080}, {"store", "sqlite"}});

    ASSERT_THAT(captured.lines, SizeIs(1));
    EXPECT_THAT(captured.lines[0],
                MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z info ready port=8080 "
                             "store=sqlite\n"));
}

TEST(Log, JsonRecordKeepsTheTypesOfItsFields) {
    Lines captured;
    const Log log(Level::info, LogFormat::json, captured.sink());

    log.warn("slow", {{"order_id", std::string("abc")},
                      {"smallest", std::numeric_limits<std::int64_t>::min()},
                      {"largest", std::numeric_limits<std::uint64_t>::max()},
                      {"seconds", 0.25},
                      {"late", true}});

    boost::json::object record = captured.only_object();
    EXPECT_THAT(std::string(record.at("time").as_string()), MatchesRegex("[0-9T:.-]{26}Z"));
    record.erase("time");
    EXPECT_EQ(record, boost::json::parse(R"({"level":"warn","message":"slow","order_id":"abc",)"
                                         R"("smallest":-9223372036854775808,"largest":18446744073709551615,)"
                                         R"("seconds":0.25,"late":true})")
                          .as_object());
}

TEST(Log, JsonSurvivesAnyBytes) {
    Lines captured;
    const Log log(Level::info, LogFormat::json, captured.sink());
    std::string every_byte;
    for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));

    log.info(every_byte, {{every_byte, every_byte}});

    const boost::json::object record = captured.only_object();
    std::string expected = every_byte.substr(0, 128);
    for (int i = 0; i < 128; ++i) expected += "\xEF\xBF\xBD";
    EXPECT_EQ(record.at("message").as_string(), expected);
    EXPECT_EQ(record.at(expected).as_string(), expected);
    EXPECT_EQ(captured.lines[0].find('\n'), captured.lines[0].size() - 1);
}

TEST(Log, KeepsUtf8AndReplacesWhatOnlyLooksLikeIt) {
    struct Case {
        std::string bytes;
        std::string shown;
    };
    const std::string replaced = "\xEF\xBF\xBD";
    const std::vector<Case> cases{
        {"заказ €\xF0\x9F\x93\xA6", "заказ €\xF0\x9F\x93\xA6"},
        {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},                         // U+10FFFF
        {"\xF4\x90\x80\x80", replaced + replaced + replaced + replaced},  // past it
        {"\xED\xA0\x80", replaced + replaced + replaced},                 // a surrogate
        {"\xC0\xAF", replaced + replaced},                                // too long for '/'
        {"\xE2\x82", replaced + replaced},                                // cut short
        {"\xE2\x82x", replaced + replaced + "x"},
    };
    for (const Case& c : cases) {
        Lines captured;
        const Log log(Level::info, LogFormat::json, captured.sink());
        log.info(c.bytes);
        EXPECT_EQ(captured.only_object().at("message").as_string(), c.shown);
    }
}

TEST(Log, JsonHasNoNotANumberSoItIsText) {
    Lines captured;
    const Log log(Level::info, LogFormat::json, captured.sink());
    log.info("odd", {{"a", std::nan("")}, {"b", -std::numeric_limits<double>::infinity()}});
    EXPECT_EQ(captured.only_object().at("a").as_string(), "nan");
    EXPECT_EQ(captured.only_object().at("b").as_string(), "-inf");
}

TEST(Log, TextQuotesOnlyWhatCouldBeMisread) {
    Lines captured;
    const Log log(Level::info, LogFormat::text, captured.sink());
    log.error("first\nsecond",
              {{"bare", "a/b:c"}, {"spaced", "a b"}, {"empty", ""}, {"equals", "a=b"}, {"quote", "\"\\"}});
    EXPECT_EQ(captured.only_text(),
              R"(error first\nsecond bare=a/b:c spaced="a b" empty="" equals="a=b" quote="\"\\")");
}

TEST(Log, WritesItsLevelAndAboveOnly) {
    const std::vector<Level> levels{Level::trace, Level::debug, Level::info, Level::warn, Level::error};
    for (std::size_t least = 0; least <= levels.size(); ++least) {
        Lines captured;
        const Log log(least < levels.size() ? levels[least] : Level::off, LogFormat::text, captured.sink());
        for (const Level level : levels) log.write(level, "x");
        EXPECT_THAT(captured.lines, SizeIs(levels.size() - least));
        EXPECT_FALSE(log.enabled(Level::off));
    }
}

TEST(Log, WithAddsFieldsToEveryRecordAndLeavesItsParentAlone) {
    for (const auto& [format, expected] :
         {std::pair{LogFormat::text, " info hello request_id=\"r 1\" attempt=2 store=sqlite\n"},
          std::pair{LogFormat::json,
                    "\"message\":\"hello\",\"request_id\":\"r 1\",\"attempt\":2,\"store\":\"sqlite\"}\n"}}) {
        Lines captured;
        const Log parent(Level::info, format, captured.sink());
        const Log child = parent.with({{"request_id", "r 1"}}).with({{"attempt", 2}});

        child.info("hello", {{"store", "sqlite"}});
        parent.info("alone");

        ASSERT_THAT(captured.lines, SizeIs(2));
        EXPECT_THAT(captured.lines[0], EndsWith(expected));
        EXPECT_THAT(captured.lines[1], testing::Not(testing::HasSubstr("request_id")));
    }
}

TEST(Log, PatternSignsInAMessageAreText) {
    Lines captured;
    const Log log(Level::info, LogFormat::text, captured.sink());
    log.info("100% {} %v %Y");
    EXPECT_EQ(captured.only_text(), "info 100% {} %v %Y");
}

TEST(Log, ThreadsNeverShareALine) {
    Lines captured;
    const Log log(Level::info, LogFormat::json, captured.sink());
    constexpr int threads = 4;
    constexpr int records = 250;
    {
        std::vector<std::jthread> writers;
        writers.reserve(threads);
        for (int thread = 0; thread < threads; ++thread)
            writers.emplace_back([&log, thread] {
                for (int i = 0; i < records; ++i) log.info("x", {{"thread", thread}, {"i", i}});
            });
    }
    std::set<std::pair<std::int64_t, std::int64_t>> seen;
    for (const std::string& line : captured.lines) {
        const boost::json::object record = boost::json::parse(line).as_object();
        seen.emplace(record.at("thread").as_int64(), record.at("i").as_int64());
    }
    EXPECT_THAT(seen, SizeIs(threads * records));
}

TEST(Log, ASinkThatThrowsDoesNotReachTheCaller) {
    const Log log(Level::info, LogFormat::text, [](std::string_view) { throw std::runtime_error("disk full"); });
    EXPECT_NO_THROW(log.info("lost"));
}

TEST(Log, StandardErrorIsTheUsualSink) {
    testing::internal::CaptureStderr();
    Log(Level::info).info("hello");
    EXPECT_THAT(testing::internal::GetCapturedStderr(), EndsWith("Z info hello\n"));
}

TEST(Level, NamesAreReadBack) {
    for (const Level level : {Level::trace, Level::debug, Level::info, Level::warn, Level::error, Level::off})
        EXPECT_EQ(parse_level(to_string(level)), level);
    EXPECT_EQ(parse_level("warning"), std::nullopt);
    EXPECT_EQ(parse_level(""), std::nullopt);
}

}  // namespace
}  // namespace orderstream::telemetry
