#include "service/mode_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <optional>
#include <string>

#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;
using testing::StartsWith;

std::string MistakeIn(const std::string& text) {
  const auto orders = ParseModeFile(text);
  return orders ? "" : orders.error();
}

TEST(ModeFileTest, WordAloneIsAnOrderForAll) {
  for (const std::string text : {"open", "open\n", " open \r\n", "# now\n\n\topen\t\n"}) {
    const auto orders = ParseModeFile(text);
    ASSERT_TRUE(orders) << orders.error();
    ASSERT_EQ(orders->size(), 1) << text;
    EXPECT_EQ((*orders)[0].mode, GateMode::kOpen);
    EXPECT_EQ((*orders)[0].site + (*orders)[0].rule, "");
  }
}

TEST(ModeFileTest, FieldsNarrowAndLimitAnOrder) {
  const auto orders = ParseModeFile(
      "open site=main rule=docs until=2026-11-26T12:00:00Z\n"
      "attack\tfor=10m site=shop\nconfigured site=blog\n");
  ASSERT_TRUE(orders) << orders.error();
  ASSERT_EQ(orders->size(), 3);
  EXPECT_EQ((*orders)[0].site, "main");
  EXPECT_EQ((*orders)[0].rule, "docs");
  EXPECT_EQ((*orders)[0].until, UnixMillis::FromSeconds(1'795'694'400));
  EXPECT_EQ((*orders)[1].mode, GateMode::kAttack);
  EXPECT_EQ((*orders)[1].period, minutes{10});
  EXPECT_EQ((*orders)[2].mode, std::nullopt);
}

TEST(ModeFileTest, NothingInItIsNoOrder) {
  for (const std::string text : {"", "\n", "# open\n"}) {
    const auto orders = ParseModeFile(text);
    ASSERT_TRUE(orders);
    EXPECT_TRUE(orders->empty());
  }
}

TEST(ModeFileTest, EveryMistakeNamesItsLine) {
  for (const std::string line : {"OPEN",
                                 "opened",
                                 "open site",
                                 "open site=",
                                 "open site=a site=b",
                                 "open rule=",
                                 "open who=me",
                                 "open until=",
                                 "open until=tomorrow",
                                 "open until=2026-13-01T00:00:00Z",
                                 "open until=2026-11-26",
                                 "open until=infinite-future",
                                 "open until=99999999-01-01T00:00:00Z",
                                 "open until=1969-01-01T00:00:00Z",
                                 "open for=10",
                                 "open for=0s",
                                 "open for=31d",
                                 "open for=1m until=2026-11-26T12:00:00Z",
                                 "configured for=1m",
                                 "open\x01",
                                 "site=main open"}) {
    EXPECT_THAT(MistakeIn("# all\n" + line + "\n"), StartsWith("line 2: ")) << line;
  }
}

TEST(ModeFileTest, SizesAreBounded) {
  EXPECT_THAT(MistakeIn(std::string(kMaxModeFile + 1, '\n')), HasSubstr("16384"));
  EXPECT_THAT(MistakeIn("# " + std::string(511, 'a')), HasSubstr("512"));
  EXPECT_THAT(MistakeIn("open site=" + std::string(65, 'a')), HasSubstr("64"));
  std::string many;
  for (std::size_t i = 0; i < kMaxModeFileOrders; ++i) many += "open\n";
  EXPECT_EQ(MistakeIn(many), "");
  EXPECT_THAT(MistakeIn(many + "open"), StartsWith("line 101: "));
}

class ModeFileLookTest : public testing::Test {
 protected:
  ScratchFolder folder_;
  std::string path_ = folder_.Path("mode");
};

TEST_F(ModeFileLookTest, NoFileIsAbsent) {
  EXPECT_EQ(LookAtModeFile(path_).state, ModeFileLook::State::kAbsent);
}

TEST_F(ModeFileLookTest, FileIsReadWithItsOwnerAndTime) {
  folder_.Write("mode", "open\n");
  const ModeFileLook look = LookAtModeFile(path_);
  EXPECT_EQ(look.state, ModeFileLook::State::kRead);
  EXPECT_EQ(look.text, "open\n");
  EXPECT_EQ(look.owner, ::geteuid());
  EXPECT_GT(look.written, 0);
  EXPECT_EQ(look, LookAtModeFile(path_));
}

TEST_F(ModeFileLookTest, WhatIsNoSuchFileIsUnreadable) {
  EXPECT_EQ(LookAtModeFile(folder_.Path("none/mode")).state, ModeFileLook::State::kUnreadable);
  ASSERT_EQ(::mkdir(path_.c_str(), 0700), 0);
  EXPECT_EQ(LookAtModeFile(path_).state, ModeFileLook::State::kUnreadable);
  ASSERT_EQ(::mkfifo(folder_.Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(LookAtModeFile(folder_.Path("pipe")).state, ModeFileLook::State::kUnreadable);
  folder_.Write("long", std::string(kMaxModeFile + 1, '\n'));
  EXPECT_EQ(LookAtModeFile(folder_.Path("long")).state, ModeFileLook::State::kUnreadable);
}

TEST_F(ModeFileLookTest, FileThatEverybodyMayWriteIsNobodysOrder) {
  folder_.Write("mode", "open\n");
  ASSERT_EQ(::chmod(path_.c_str(), 0646), 0);
  const ModeFileLook look = LookAtModeFile(path_);
  EXPECT_EQ(look.state, ModeFileLook::State::kUnreadable);
  EXPECT_THAT(look.why, HasSubstr("chmod"));
}

}  // namespace
}  // namespace stile
