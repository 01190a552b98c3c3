#include "engine/site_index.h"

#include <gtest/gtest.h>

#include <string>

namespace stile {
namespace {

SiteIndex Index() {
  SiteIndex index;
  EXPECT_TRUE(index.Add("*", 0));
  EXPECT_TRUE(index.Add("example.org", 1));
  EXPECT_TRUE(index.Add("*.example.org", 2));
  EXPECT_TRUE(index.Add("*.deep.example.org", 3));
  EXPECT_TRUE(index.Add("[2001:db8::1]", 4));
  return index;
}

TEST(SiteIndex, FindsAnExactHostInAnyCase) {
  EXPECT_EQ(Index().Find("example.org"), 1u);
  EXPECT_EQ(Index().Find("EXAMPLE.Org"), 1u);
  EXPECT_EQ(Index().Find("example.org."), 1u);
  EXPECT_EQ(Index().Find("[2001:DB8::1]"), 4u);
}

TEST(SiteIndex, FindsTheLongestWildcardAtAnyDepth) {
  EXPECT_EQ(Index().Find("www.example.org"), 2u);
  EXPECT_EQ(Index().Find("a.b.example.org"), 2u);
  EXPECT_EQ(Index().Find("x.deep.example.org"), 3u);
  EXPECT_EQ(Index().Find("deep.example.org"), 2u);
}

TEST(SiteIndex, GivesEveryOtherHostToTheDefaultSite) {
  for (const std::string& host :
       {std::string(), std::string("example.com"), std::string("notexample.org"),
        std::string(".example.org"), std::string("org"), std::string("."), std::string(".."),
        std::string("example.org.."), std::string(300, 'a'), std::string("example.org\0", 12)}) {
    EXPECT_EQ(Index().Find(host), 0u) << host;
  }
}

TEST(SiteIndex, RefusesAPatternTwice) {
  SiteIndex index = Index();
  EXPECT_FALSE(index.Add("*", 5));
  EXPECT_FALSE(index.Add("example.org", 5));
  EXPECT_FALSE(index.Add("*.example.org", 5));
  EXPECT_EQ(index.Find("example.org"), 1u);
}

TEST(HostPattern, IsAHostAWildcardOrEverything) {
  for (const std::string_view pattern : {"*", "example.org", "*.example.org", "a-b_c", "192.0.2.1",
                                         "[2001:db8::1]", "xn--bcher-kva.example"}) {
    EXPECT_TRUE(IsHostPattern(pattern)) << pattern;
  }
}

TEST(HostPattern, IsNothingElse) {
  for (const std::string_view pattern :
       {"", ".", "*.", "**", "*example.org", "a.*.org", ".example.org", "example.org.", "a..b",
        "Example.org", "example.org:80", "exa mple", "[192.0.2.1]", "[::1", "2001:db8::1",
        "b\xC3\xBC"
        "cher.example",
        "a\nb"}) {
    EXPECT_FALSE(IsHostPattern(pattern)) << pattern;
  }
  EXPECT_FALSE(IsHostPattern(std::string(254, 'a')));
}

TEST(HostIn, IsTheDomainOrUnderIt) {
  EXPECT_TRUE(IsHostIn("example.org", "example.org"));
  EXPECT_TRUE(IsHostIn("WWW.Example.org", "example.org"));
  EXPECT_FALSE(IsHostIn("badexample.org", "example.org"));
  EXPECT_FALSE(IsHostIn("org", "example.org"));
  EXPECT_FALSE(IsHostIn("example.org", ""));
}

}  // namespace
}  // namespace stile
