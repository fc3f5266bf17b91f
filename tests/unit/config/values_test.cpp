#include "config/values.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace orderstream::config {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(Values, DurationsHaveUnitsAndABareNumberCountsSeconds) {
    const auto type = duration(0ms, 24h);
    const std::vector<std::pair<std::string, milliseconds>> good{
        {"30s", 30s},   {"200ms", 200ms},         {"1m", 1min}, {"1h", 1h}, {"45", 45s}, {"0", 0s}, {"0s", 0s},
        {"1m30s", 90s}, {"1h1m1s1ms", 3661001ms}, {"24h", 24h}};
    for (const auto& [text, expected] : good) EXPECT_EQ(type.parse(text), expected) << text;
    for (const std::string text : {"", "s", "-1s", "+1s", "1.5s", "1 s", " 1s", "1s ", "1S", "1d", "1us", "s1", "1s5",
                                   "25h", "99999999999999999999s", "1000000000000h", "1h1h1h1h1h"})
        EXPECT_EQ(type.parse(text), std::nullopt) << text;
}

TEST(Values, DurationsStayInTheirRangeAndSayIt) {
    const auto type = duration(11s, 1h);
    EXPECT_EQ(type.parse("11s"), 11s);
    EXPECT_EQ(type.parse("3600"), 1h);
    EXPECT_EQ(type.parse("10999ms"), std::nullopt);
    EXPECT_EQ(type.parse("3600001ms"), std::nullopt);
    EXPECT_EQ(type.allowed, "a duration from 11s to 1h, such as 200ms, 30s or 1m");
}

TEST(Values, DurationsAreWrittenAsTheyAreRead) {
    EXPECT_EQ(to_string(0ms), "0s");
    EXPECT_EQ(to_string(1500ms), "1s500ms");
    EXPECT_EQ(to_string(90s), "1m30s");
    for (const milliseconds length : {1ms, 999ms, 1000ms, 59'999ms, 60'000ms, 3'600'000ms, 12'345'678ms})
        EXPECT_EQ(duration(0ms, 24h).parse(to_string(length)), length);
}

TEST(Values, Ports) {
    EXPECT_EQ(port(0).parse("0"), 0);
    EXPECT_EQ(port(1).parse("0"), std::nullopt);
    EXPECT_EQ(port(1).parse("65535"), 65535);
    for (const std::string text : {"", "65536", "-1", "+80", "80 ", "0x50", "8080/tcp", "eighty"})
        EXPECT_EQ(port(0).parse(text), std::nullopt) << text;
}

TEST(Values, WholeNumbers) {
    EXPECT_EQ(whole_number(1, 1000).parse("1000"), 1000);
    for (const std::string text : {"0", "1001", "1e2", "4.0", "99999999999"})
        EXPECT_EQ(whole_number(1, 1000).parse(text), std::nullopt) << text;
}

TEST(Values, YesAndNo) {
    for (const std::string text : {"true", "TRUE", "yes", "On", "1"}) EXPECT_EQ(yes_or_no().parse(text), true) << text;
    for (const std::string text : {"false", "False", "no", "OFF", "0"})
        EXPECT_EQ(yes_or_no().parse(text), false) << text;
    for (const std::string text : {"", "t", "2", "truely"}) EXPECT_EQ(yes_or_no().parse(text), std::nullopt) << text;
}

TEST(Values, ChoicesIgnoreTheCaseAndNameThemselves) {
    const auto type = one_of<int>({{"text", 1}, {"json", 2}});
    EXPECT_EQ(type.parse("JSON"), 2);
    EXPECT_EQ(type.parse("xml"), std::nullopt);
    EXPECT_EQ(type.parse("jso"), std::nullopt);
    EXPECT_EQ(type.allowed, "one of text json");
}

TEST(Values, Hosts) {
    for (const std::string text : {"localhost", "127.0.0.1", "::1", "::", "fe80::1%2", "db-1.internal", "my_db"})
        EXPECT_TRUE(host().parse(text)) << text;
    for (const std::string text : {"", "a b", "http://a", "localhost:8080"}) EXPECT_FALSE(host().parse(text)) << text;
}

TEST(Values, HostsAndPorts) {
    for (const std::string text : {"localhost:6379", "localhost", "[::1]:6379", "[::1]", "10.0.0.1:1"})
        EXPECT_TRUE(host_and_port().parse(text)) << text;
    for (const std::string text : {"", ":6379", "localhost:", "localhost:0", "localhost:65536", "a b:1", "redis://a:1"})
        EXPECT_FALSE(host_and_port().parse(text)) << text;
}

TEST(Values, Brokers) {
    for (const std::string text : {"kafka:9092", "a:1,b:2,c:3", "PLAINTEXT://a:9092", "SASL_SSL://a:1,b"})
        EXPECT_TRUE(brokers().parse(text)) << text;
    for (const std::string text : {"", ",", "a:1,", ",a:1", "a:1;b:2", "a:port"})
        EXPECT_FALSE(brokers().parse(text)) << text;
}

TEST(Values, PostgresDsnsAreUrlsOrPairs) {
    for (const std::string text : {"postgres://u:p@h/d", "postgresql://h", "host=h dbname=d"})
        EXPECT_TRUE(postgres_dsn().parse(text)) << text;
    for (const std::string text : {"", "localhost", "mysql://h"}) EXPECT_FALSE(postgres_dsn().parse(text)) << text;
}

TEST(Values, Topics) {
    for (const std::string& text : {std::string("orders.events"), std::string("a-B_9"), std::string(249, 'x')})
        EXPECT_TRUE(topic().parse(text)) << text;
    for (const std::string& text : {std::string(""), std::string("."), std::string(".."), std::string("a b"),
                                    std::string("a/b"), std::string(250, 'x')})
        EXPECT_FALSE(topic().parse(text)) << text;
}

}  // namespace
}  // namespace orderstream::config
