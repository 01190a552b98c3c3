#include "service/handover_text.h"

#include <gtest/gtest.h>

#include <string>

namespace stile {
namespace {

TEST(HandoverText, ParseReadsWhatFormatWrites) {
  const HandoverText written{4711, 8, {false, true, false}};
  EXPECT_EQ(written.Format(), "stile-handover 1 4711 8 -f-\n");
  const auto read = HandoverText::Parse(written.Format());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->pid, written.pid);
  EXPECT_EQ(read->total, written.total);
  EXPECT_EQ(read->owns_file, written.owns_file);
}

TEST(HandoverText, ParseReadsOneWithoutSockets) {
  EXPECT_TRUE(HandoverText::Parse("stile-handover 1 1 0 \n").has_value());
}

class HandoverTextMistake : public ::testing::TestWithParam<const char*> {};

TEST_P(HandoverTextMistake, IsRefusedWithASentence) {
  const auto read = HandoverText::Parse(GetParam());
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().find("version"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, HandoverTextMistake,
                         ::testing::Values("", "stile-handover 1 ", "stile-handover 2 1 1 f\n",
                                           "stile-handover 1 1 1 f", "stile-handover 1 x 1 f\n",
                                           "stile-handover 1 -1 1 f\n", "stile-handover 1 1 1 x\n",
                                           "stile-handover 1 1 1 ff\n", "stile-handover 1 1 f\n",
                                           "stile-handover 1 1 10001 f\n",
                                           "stile-handover 1 99999999999999999999 1 f\n"));

TEST(HandoverText, ParseRefusesMoreThanComeAtOnce) {
  const std::string marks(HandoverText::kMostAtOnce, '-');
  EXPECT_TRUE(HandoverText::Parse("stile-handover 1 1 999 " + marks + "\n").has_value());
  EXPECT_FALSE(HandoverText::Parse("stile-handover 1 1 999 " + marks + "-\n").has_value());
}

}  // namespace
}  // namespace stile
