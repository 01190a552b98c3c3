#include "tool/anubis/regex_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stile {
namespace {

using testing::ElementsAre;

std::vector<std::string> Plain(std::string_view regex) {
  std::vector<std::string> texts;
  const auto found = TextsOfRegex(regex);
  if (!found) return {"(no texts)"};
  for (const RegexText& text : *found) {
    texts.push_back((text.at_begin ? "^" : "") + text.text + (text.at_end ? "$" : ""));
  }
  return texts;
}

TEST(RegexTextsTest, AlternativesAreTexts) {
  EXPECT_THAT(Plain("Mozilla|Opera"), ElementsAre("Mozilla", "Opera"));
  EXPECT_THAT(Plain("Brightbot 1\\.0|a\\/b"), ElementsAre("Brightbot 1.0", "a/b"));
}

TEST(RegexTextsTest, GroupsOptionsAndClassesAreMultipliedOut) {
  EXPECT_THAT(Plain("^/favicon\\.(?:ico|png)$"), ElementsAre("^/favicon.ico$", "^/favicon.png$"));
  EXPECT_THAT(Plain("https?:"), ElementsAre("https:", "http:"));
  EXPECT_THAT(Plain("a[.b]c"), ElementsAre("a.c", "abc"));
  EXPECT_THAT(Plain("x(a|b(c|d))"), ElementsAre("xa", "xbc", "xbd"));
}

TEST(RegexTextsTest, AnchorsBelongToTheirAlternative) {
  EXPECT_THAT(Plain("^/a|b$|c"), ElementsAre("^/a", "b$", "c"));
}

TEST(RegexTextsTest, AnythingAtAnEndOpensIt) {
  EXPECT_THAT(Plain("^/\\.well-known/.*$"), ElementsAre("^/.well-known/"));
  EXPECT_THAT(Plain("^.*bot.*"), ElementsAre("bot"));
}

TEST(RegexTextsTest, WhatIsNoChoiceOfTextsIsNone) {
  for (const char* regex :
       {"a+",  "a*b",  "a{2}", "[a-z]x", "[^a]b",     "\\d",   "(?i)bot", "(?i:bot)",
        "a.b", "a.*b", "(^a)", "a(",     "a)",        "[",     "\\",      "",
        "|",   "a|",   ".*",   "a??",    "\xC3\xA9?", "a\\bb", "(a|b"}) {
    EXPECT_THAT(Plain(regex), ElementsAre("(no texts)")) << regex;
  }
}

TEST(RegexTextsTest, TooManyTextsAreNone) {
  EXPECT_THAT(Plain("(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)"), testing::SizeIs(256));
  EXPECT_THAT(Plain("(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)"), ElementsAre("(no texts)"));
}

TEST(RegexTextsTest, QuotedTextFindsItself) {
  EXPECT_EQ(QuotedRegex("a.b(c)+"), "a\\.b\\(c\\)\\+");
  EXPECT_THAT(Plain(QuotedRegex("a.b[c]^$|\\?*{}")), ElementsAre("a.b[c]^$|\\?*{}"));
}

TEST(RegexTextsTest, BranchesAreCutAtTheOutermostBar) {
  EXPECT_THAT(RegexBranches("a|b(c|d)|[|]|\\||[]|]x"),
              ElementsAre("a", "b(c|d)", "[|]", "\\|", "[]|]x"));
}

TEST(RegexTextsTest, FlagsForTheRestAreNotCutFromIt) {
  EXPECT_THAT(RegexBranches("(?i)a|b"), ElementsAre("(?i)a|b"));
  EXPECT_THAT(RegexBranches("(?i:a|b)|c"), ElementsAre("(?i:a|b)", "c"));
  EXPECT_THAT(RegexBranches("a|(?"), ElementsAre("a|(?"));
  EXPECT_THAT(RegexBranches("\\Qa|b\\E|c"), ElementsAre("\\Qa|b\\E|c"));
}

}  // namespace
}  // namespace stile
