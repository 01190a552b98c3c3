#include "verifier/agents/reverse_name_mask.h"

#include <gtest/gtest.h>

#include <string>

namespace stile {
namespace {

TEST(ReverseNameMask, StarAndDotMeanEveryNameBelow) {
  EXPECT_TRUE(MatchesReverseName("*.googlebot.com", "crawl-66-249-66-1.googlebot.com"));
  EXPECT_TRUE(MatchesReverseName("*.googlebot.com", "a.b.googlebot.com"));
  EXPECT_FALSE(MatchesReverseName("*.googlebot.com", "googlebot.com"));
  EXPECT_FALSE(MatchesReverseName("*.googlebot.com", ".googlebot.com"));
}

TEST(ReverseNameMask, LabelsAreComparedWhole) {
  EXPECT_FALSE(MatchesReverseName("*.googlebot.com", "crawl-1.evilgooglebot.com"));
  EXPECT_FALSE(MatchesReverseName("*.googlebot.com", "googlebot.com.evil.example"));
  EXPECT_FALSE(MatchesReverseName("crawl-*.googlebot.com", "crawl-1.evilgooglebot.com"));
  EXPECT_FALSE(MatchesReverseName("crawl-*.googlebot.com", "crawl-1.googlebot.com.evil.example"));
}

TEST(ReverseNameMask, MaskOfTheFirstLabelCoversOneLabel) {
  EXPECT_TRUE(MatchesReverseName("crawl-*.googlebot.com", "crawl-66-249-66-1.googlebot.com"));
  EXPECT_TRUE(MatchesReverseName("crawl-*.googlebot.com", "crawl-.googlebot.com"));
  EXPECT_FALSE(MatchesReverseName("crawl-*.googlebot.com", "crawl-1.geo.googlebot.com"));
  EXPECT_FALSE(MatchesReverseName("crawl-*.googlebot.com", "geo-crawl-1.googlebot.com"));
  EXPECT_FALSE(MatchesReverseName("crawl-*.googlebot.com", "evil.crawl-1.googlebot.com"));
  EXPECT_TRUE(MatchesReverseName("a*b*c.example", "aXbYbZc.example"));
  EXPECT_FALSE(MatchesReverseName("a*b*c.example", "aXbYbZ.example"));
  EXPECT_TRUE(MatchesReverseName("*-bot.example", "a-bot-bot.example"));
}

TEST(ReverseNameMask, NameWithoutStarIsThatName) {
  EXPECT_TRUE(MatchesReverseName("bot.example.com", "bot.example.com"));
  EXPECT_FALSE(MatchesReverseName("bot.example.com", "a.bot.example.com"));
  EXPECT_FALSE(MatchesReverseName("bot.example.com", "bot.example.org"));
}

TEST(ReverseNameMask, CaseAndTheDotOfTheRootMakeNoDifference) {
  EXPECT_TRUE(MatchesReverseName("*.googlebot.com", "crawl-x.GOOGLEBOT.com."));
  EXPECT_TRUE(MatchesReverseName("Crawl-*.Googlebot.com.", "CRAWL-1.googlebot.COM"));
  EXPECT_FALSE(MatchesReverseName("*.googlebot.com", "a.googlebot.com.."));
}

TEST(ReverseNameMask, StarElsewhereIsNoWildcard) {
  EXPECT_FALSE(MatchesReverseName("a.*.example", "a.b.example"));
  EXPECT_FALSE(MatchesReverseName("*.*.example", "a.b.example"));
}

TEST(ReverseNameMask, WhatIsNoNameMatchesNothing) {
  EXPECT_FALSE(MatchesReverseName("*.example", ""));
  EXPECT_FALSE(MatchesReverseName("*.example", "."));
  EXPECT_FALSE(MatchesReverseName("*.example", "a..example"));
  EXPECT_FALSE(MatchesReverseName("*.googlebot.com", "evil\\.googlebot.com"));
  EXPECT_FALSE(MatchesReverseName("*.example", std::string("a\0.example", 10)));
  EXPECT_FALSE(MatchesReverseName("*.example", "a b.example"));
  EXPECT_FALSE(MatchesReverseName("*.example", std::string(250, 'a') + ".example"));
  EXPECT_FALSE(MatchesReverseName("", "a.example"));
  EXPECT_FALSE(MatchesReverseName("*", "a.example"));
}

TEST(ReverseNameMask, MaskOfManyStarsIsMatchedSoon) {
  std::string mask;
  for (int i = 0; i < 30; ++i) mask += "*a";
  EXPECT_FALSE(MatchesReverseName(mask + "b.example", std::string(63, 'a') + ".example"));
}

}  // namespace
}  // namespace stile
