#include "tool/text_table.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

TEST(TextTableTest, ColumnsAreAlignedAndLinesHaveNoTail) {
  TextTable table("lrl");
  table.Add({"a", "1,000", "x"});
  table.Add({"bcd", "7", ""});
  EXPECT_EQ(table.Text("  "), "  a    1,000  x\n  bcd      7\n");
}

TEST(TextTableTest, CharactersOfSeveralBytesAreOneWide) {
  TextTable table("lr");
  table.Add({"\xC3\xA9", "1"});
  table.Add({"ab", "2"});
  EXPECT_EQ(table.Text(), "\xC3\xA9   1\nab  2\n");
}

TEST(TextTableTest, NumbersAreGrouped) {
  EXPECT_EQ(GroupedText(0), "0");
  EXPECT_EQ(GroupedText(999), "999");
  EXPECT_EQ(GroupedText(1000), "1,000");
  EXPECT_EQ(GroupedText(1234567), "1,234,567");
}

TEST(TextTableTest, PartOfNothingIsNoPercentage) {
  EXPECT_EQ(PercentText(1, 8), "12.5 %");
  EXPECT_EQ(PercentText(0, 0), "-");
}

TEST(TextTableTest, OneLineEscapesAndCuts) {
  EXPECT_EQ(OneLine("a\n\x1B\xC3", 40), "a\\x0a\\x1b\\xc3");
  EXPECT_EQ(OneLine("abcdef", 3), "abc...");
}

}  // namespace
}  // namespace stile
