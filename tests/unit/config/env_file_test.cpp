#include "config/env_file.h"

#include <gmock/gmock.h>

#include <string>

namespace orderstream::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string value_of(const std::string& line) {
    const EnvFile file = parse_env_file(".env", line + "\n");
    EXPECT_THAT(file.problems, IsEmpty()) << line;
    const auto found = file.given.find("A");
    return found == file.given.end() ? "(none)" : found->second.value;
}

TEST(EnvFile, BareValues) {
    EXPECT_EQ(value_of("A=b"), "b");
    EXPECT_EQ(value_of("  A = b c  "), "b c");
    EXPECT_EQ(value_of("export A=b"), "b");
    EXPECT_EQ(value_of("export\tA=b"), "b");
    EXPECT_EQ(value_of("A="), "");
    EXPECT_EQ(value_of("A=   "), "");
    EXPECT_EQ(value_of("A=b=c"), "b=c");
    EXPECT_EQ(value_of("A=b\r"), "b");
    EXPECT_EQ(value_of("A=it's \"so\""), "it's \"so\"");
    EXPECT_EQ(value_of("A=C:\\new"), "C:\\new");
    EXPECT_EQ(value_of("A=$HOME ${X} `id`"), "$HOME ${X} `id`");
}

TEST(EnvFile, ACommentNeedsASpaceBeforeIt) {
    EXPECT_EQ(value_of("A=b # why"), "b");
    EXPECT_EQ(value_of("A=b\t#why"), "b");
    EXPECT_EQ(value_of("A=b#c"), "b#c");
    EXPECT_EQ(value_of("A=b#c # d # e"), "b#c");
    EXPECT_EQ(value_of("A= # nothing"), "");
    EXPECT_EQ(value_of("A=#nothing"), "");
}

TEST(EnvFile, SingleQuotesKeepEverything) {
    EXPECT_EQ(value_of("A='b # c' # d"), "b # c");
    EXPECT_EQ(value_of(R"(A='\n "x" $Y')"), R"(\n "x" $Y)");
    EXPECT_EQ(value_of("A=''"), "");
    EXPECT_EQ(value_of("A='  b  '"), "  b  ");
}

TEST(EnvFile, DoubleQuotesKnowEscapes) {
    EXPECT_EQ(value_of(R"(A="b # c")"), "b # c");
    EXPECT_EQ(value_of(R"(A="1\n2\r3\t4")"), "1\n2\r3\t4");
    EXPECT_EQ(value_of(R"(A="\"\\\$")"), R"("\$)");
    EXPECT_EQ(value_of(R"(A="\d'${X}")"), R"(\d'${X})");
}

TEST(EnvFile, QuotesMaySpanLines) {
    const EnvFile file = parse_env_file(".env", "KEY=\"-----BEGIN-----\nabc\n-----END-----\"\nNEXT=1\n");
    EXPECT_THAT(file.problems, IsEmpty());
    EXPECT_EQ(file.given.at("KEY").value, "-----BEGIN-----\nabc\n-----END-----");
    EXPECT_EQ(file.given.at("KEY").where, ".env line 1");
    EXPECT_EQ(file.given.at("NEXT").where, ".env line 4");
}

TEST(EnvFile, SkipsBlanksCommentsAndAByteOrderMark) {
    const EnvFile file = parse_env_file("config.env",
                                        "\xEF\xBB\xBF"
                                        "A=1\r\n\r\n# B=2\n   # C=3\n\nD=4");
    EXPECT_THAT(file.problems, IsEmpty());
    ASSERT_EQ(file.given.size(), 2U);
    EXPECT_EQ(file.given.at("A").value, "1");
    EXPECT_EQ(file.given.at("D").value, "4");
    EXPECT_EQ(file.given.at("D").where, "config.env line 6");
}

TEST(EnvFile, TheLastOfANameCounts) {
    const EnvFile file = parse_env_file(".env", "A=1\nA=2\n");
    EXPECT_EQ(file.given.at("A").value, "2");
    EXPECT_EQ(file.given.at("A").where, ".env line 2");
}

TEST(EnvFile, ExportMayBeAName) { EXPECT_EQ(parse_env_file(".env", "export=1\n").given.at("export").value, "1"); }

TEST(EnvFile, NamesEveryMalformedLineAndKeepsTheOthers) {
    const EnvFile file = parse_env_file(".env",
                                        "A=1\n"
                                        "just words\n"
                                        "=value\n"
                                        "9A=1\n"
                                        "B='2' 3\n"
                                        "C=\"open\n"
                                        "D=4\n"
                                        "export\n"
                                        "export E\n"
                                        "F: 1\n");
    EXPECT_THAT(file.problems,
                ElementsAre(Problem{".env line 2", "is not NAME=value"}, Problem{".env line 3", "is not NAME=value"},
                            Problem{".env line 4", "is not NAME=value"},
                            Problem{".env line 5", "goes on after the closing quote"},
                            Problem{".env line 6", "has no closing \""}, Problem{".env line 8", "is not NAME=value"},
                            Problem{".env line 9", "is not NAME=value"}, Problem{".env line 10", "is not NAME=value"}));
    EXPECT_EQ(file.given.size(), 2U);
    EXPECT_EQ(file.given.at("D").where, ".env line 7");
}

TEST(EnvFile, RefusesNulBytes) {
    using namespace std::string_literals;
    EXPECT_THAT(parse_env_file(".env", "A=1\0002\n"s).problems,
                ElementsAre(Problem{".env line 1", "holds a NUL byte"}));
}

TEST(EnvFile, QuotedValuesAreReadBack) {
    std::string every_byte;
    for (int byte = 1; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
    for (const std::string& value : {std::string(), std::string("plain:8080/x"), std::string("a b"), std::string("'"),
                                     std::string("#"), std::string("~/$x\\n"), every_byte})
        EXPECT_EQ(value_of("A=" + quote_env_value(value)), value);
    EXPECT_EQ(quote_env_value("postgresql://u:***@h:5432/d?x=y"), "postgresql://u:***@h:5432/d?x=y");
    EXPECT_EQ(quote_env_value("a b"), "\"a b\"");
}

}  // namespace
}  // namespace orderstream::config
