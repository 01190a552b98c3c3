#include "service/log.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stile {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// What `act` logs to standard error.
template <typename Act>
std::string Logged(LogLevel least, Act act) {
  testing::internal::CaptureStderr();
  StartLog(least);
  act();
  StopLog();
  return testing::internal::GetCapturedStderr();
}

TEST(LogTest, LineIsJsonWithEventFirst) {
  const std::string line = Logged(LogLevel::kInfo, [] {
    Log(LogLevel::kInfo, "listening", {{"address", "127.0.0.1:8080"}, {"mode", "gateway"}});
  });
  EXPECT_THAT(line, StartsWith("{\"event\":\"listening\",\"address\":\"127.0.0.1:8080\","
                               "\"mode\":\"gateway\",\"level\":\"info\",\"time\":\"2"));
  EXPECT_THAT(line, testing::EndsWith("Z\"}\n"));
}

TEST(LogTest, ValuesCannotBreakTheLine) {
  const std::string line = Logged(LogLevel::kInfo, [] {
    Log(LogLevel::kInfo, "event", {{"text", "a\"b\\c\nd\r\x01\x7F{}%v"}});
  });
  EXPECT_THAT(line, HasSubstr(R"("text":"a\"b\\c\nd\u000d\u0001\u007f{}%v")"));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(LogTest, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  EXPECT_EQ(JsonString("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
            "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(JsonString("\xFF"), "\"" + bad + "\"");
  EXPECT_EQ(JsonString("\xC3"), "\"" + bad + "\"");
  EXPECT_EQ(JsonString("\xC0\xAF"), "\"" + bad + bad + "\"");            // Overlong.
  EXPECT_EQ(JsonString("\xED\xA0\x80"), "\"" + bad + bad + bad + "\"");  // A surrogate.
  EXPECT_EQ(JsonString("\xF4\x90\x80\x80"), "\"" + bad + bad + bad + bad + "\"");
}

TEST(LogTest, LowerLevelsAreLeftOut) {
  const std::string lines = Logged(LogLevel::kWarning, [] {
    Log(LogLevel::kInfo, "quiet");
    Log(LogLevel::kError, "loud");
    SetLogLevel(LogLevel::kDebug);
    Log(LogLevel::kDebug, "louder");
  });
  EXPECT_THAT(lines, Not(HasSubstr("quiet")));
  EXPECT_THAT(lines, HasSubstr("\"loud\""));
  EXPECT_THAT(lines, HasSubstr("louder"));
}

TEST(LogTest, ListsAndTextsAreBounded) {
  const std::string line = Logged(LogLevel::kInfo, [] {
    Log(LogLevel::kInfo, "event",
        {{"errors", std::vector<std::string>(300, std::string(10'000, 'x'))}});
  });
  EXPECT_LT(line.size(), 200 * 4'200);
  EXPECT_THAT(line, HasSubstr("\"and 100 more\"]"));
}

TEST(LogTest, NumbersAndBooleansAreNotQuoted) {
  const std::string line = Logged(LogLevel::kInfo, [] {
    Log(LogLevel::kInfo, "event", {{"n", std::uint64_t{18446744073709551615U}}, {"b", true}});
  });
  EXPECT_THAT(line, HasSubstr("\"n\":18446744073709551615,\"b\":true,"));
}

TEST(LogTest, NothingIsWrittenBeforeStartAndAfterStop) {
  testing::internal::CaptureStderr();
  Log(LogLevel::kError, "lost");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace stile
