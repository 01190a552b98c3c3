#include "challenge/toml_plain_text.h"

#include <gtest/gtest.h>

#include <string>

namespace stile {
namespace {

// "line:column" of what was found, or "none".
std::string Find(std::string_view text) {
  const auto place = FindUnquotedNonAscii(text);
  if (!place) return "none";
  return std::to_string(place->line) + ":" + std::to_string(place->column);
}

TEST(TomlPlainTextTest, FindsABareValueAndKey) {
  EXPECT_EQ(Find("name = \xC3\xA9"), "1:8");
  EXPECT_EQ(Find("a = 1\n\xC3\xA9 = 2"), "2:1");
  EXPECT_EQ(Find("a = \x7F"), "1:5");
}

TEST(TomlPlainTextTest, LeavesStringsAndCommentsAlone) {
  EXPECT_EQ(Find("a = \"\xC3\xA9\" # \xC3\xA9\nb = '\xC3\xA9'"), "none");
  EXPECT_EQ(Find("a = \"\"\"\n\xC3\xA9\"\"\"\nb = '''\n\xC3\xA9'''"), "none");
  EXPECT_EQ(Find("\xEF\xBB\xBF"
                 "a = 1"),
            "none");
}

TEST(TomlPlainTextTest, SeesWhereAStringEnds) {
  EXPECT_EQ(Find("a = \"x\" \xC3\xA9"), "1:9");
  EXPECT_EQ(Find(R"(a = "\"" é)"), "1:10");
  EXPECT_EQ(Find(R"(a = '\' é)"), "1:9");
  EXPECT_EQ(Find("a = \"\" \xC3\xA9"), "1:8");
  EXPECT_EQ(Find("a = \"\"\"x\"\"\"\"\" \xC3\xA9"), "1:15");
  EXPECT_EQ(Find("a = '''x''''' \xC3\xA9"), "1:15");
}

TEST(TomlPlainTextTest, StringWithoutEndStopsAtItsLine) {
  EXPECT_EQ(Find("a = \"x\n\xC3\xA9"), "2:1");
  EXPECT_EQ(Find("a = \"\"\"x\n\xC3\xA9"), "none");
  EXPECT_EQ(Find("a = \"\\"), "none");
}

TEST(TomlPlainTextTest, ColumnsCountCodePoints) {
  EXPECT_EQ(Find("a = \"\xC3\xA9\xC3\xA9\" \xC3\xA9"), "1:10");
}

// "line:column" of what is nested too deep, or "none".
std::string FindDeep(std::string_view text) {
  const auto place = FindDeepNesting(text);
  if (!place) return "none";
  return std::to_string(place->line) + ":" + std::to_string(place->column);
}

std::string Times(std::size_t count, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(TomlPlainTextTest, FindsBracketsThatAreNestedTooDeep) {
  EXPECT_EQ(FindDeep("a = " + Times(kMaxTomlDepth, "[") + Times(kMaxTomlDepth, "]")), "none");
  EXPECT_EQ(FindDeep("\na = " + Times(10'000, "[")), "2:37");
  EXPECT_EQ(FindDeep("a = " + Times(10'000, "{a=")), "1:101");
}

TEST(TomlPlainTextTest, FindsAKeyOfTooManyParts) {
  EXPECT_EQ(FindDeep(Times(kMaxTomlDepth - 1, "a.") + "a = 1"), "none");
  EXPECT_EQ(FindDeep("[a" + Times(10'000, ".a") + "]"), "1:65");
  EXPECT_EQ(FindDeep("'a'" + Times(10'000, ".'a'") + " = 1"), "1:128");
}

TEST(TomlPlainTextTest, CountsNoNestingInStringsAndComments) {
  EXPECT_EQ(FindDeep("a = \"" + Times(100, "[.") + "\" # " + Times(100, "[.")), "none");
  EXPECT_EQ(FindDeep(Times(100, "a = [ 1.5 ]\n[[b.c]]\n")), "none");
}

TEST(TomlPlainTextTest, EmptyTextHasNone) { EXPECT_EQ(Find(""), "none"); }

}  // namespace
}  // namespace stile
