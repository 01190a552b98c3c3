#include "tool/log_time.h"

#include <gtest/gtest.h>

#include <optional>

namespace stile {
namespace {

TEST(LogTimeTest, EverySpellingOfOneMomentIsThatMoment) {
  for (const char* text :
       {"01/Mar/2026:12:00:00 +0000", "01/Mar/2026:14:30:00 +0230", "2026-03-01T12:00:00Z",
        "2026-03-01T07:00:00-05:00", "2026-03-01 12:00:00", "2026-03-01T12:00:00.999999+0000",
        "1772366400", "1772366400.123", "1772366400123"}) {
    EXPECT_EQ(ParseLogTime(text), 1'772'366'400) << text;
  }
}

TEST(LogTimeTest, LeapDayIsADayAndTheOneAfterIsNot) {
  EXPECT_EQ(ParseLogTime("29/Feb/2028:00:00:00 +0000"), 1'835'395'200);
  EXPECT_EQ(ParseLogTime("29/Feb/2027:00:00:00 +0000"), std::nullopt);
}

TEST(LogTimeTest, WhatIsNoTimeIsNone) {
  for (const char* text :
       {"", "-", "yesterday", "01/Foo/2026:12:00:00 +0000", "01/Mar/2026:25:00:00 +0000",
        "01/Mar/2026:12:00:00", "2026-13-01T00:00:00Z", "2026-03-01T12:00:00 CET", "1772366400s",
        "1.7e9", "9999999999999999999"}) {
    EXPECT_EQ(ParseLogTime(text), std::nullopt) << text;
  }
}

TEST(LogTimeTest, UtcTextReadsBack) {
  EXPECT_EQ(UtcText(1'772'366'400), "2026-03-01T12:00:00Z");
  EXPECT_EQ(ParseLogTime(UtcText(1'835'395'199)), 1'835'395'199);
}

}  // namespace
}  // namespace stile
