#include "engine/bounded_text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace stile {
namespace {

std::string Json(std::string_view text) {
  std::array<char, 256> out;
  return std::string(BoundedText(out).AddJson(text).view());
}

TEST(BoundedText, WritesPiecesAndNumbersInOrder) {
  std::array<char, 64> out;
  BoundedText text(out);
  text.Add("a=").AddNumber(0).Add(";b=").AddNumber(18'446'744'073'709'551'615u);
  EXPECT_TRUE(text.complete());
  EXPECT_EQ(text.view(), "a=0;b=18446744073709551615");
}

TEST(BoundedText, LeavesOutThePieceThatDoesNotFitAndAllThatFollow) {
  std::array<char, 4> out;
  BoundedText text(out);
  text.Add("abc").Add("de").Add("f");
  EXPECT_FALSE(text.complete());
  EXPECT_EQ(text.view(), "abc");
}

TEST(BoundedText, FillsItsBufferToTheLastByte) {
  std::array<char, 3> out;
  BoundedText text(out);
  text.Add("abc").Add("");
  EXPECT_TRUE(text.complete());
  EXPECT_EQ(text.view(), "abc");
}

TEST(BoundedText, EscapesWhatWouldEndAJsonString) {
  EXPECT_EQ(Json("a\"b\\c"), R"("a\u0022b\u005cc")");
}

TEST(BoundedText, EscapesControlBytesInJson) {
  EXPECT_EQ(Json(std::string_view("\0\n\x7f", 3)), R"("\u0000\u000a\u007f")");
}

TEST(BoundedText, EscapesMarkupInJson) {
  EXPECT_EQ(Json("</script>&"), R"("\u003c/script\u003e\u0026")");
}

TEST(BoundedText, KeepsUtf8InJson) {
  EXPECT_EQ(Json("gr\xC3\xBC\xC3\x9F"), "\"gr\xC3\xBC\xC3\x9F\"");
}

}  // namespace
}  // namespace stile
