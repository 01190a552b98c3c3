#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "verifier/policy/duration.h"
#include "verifier/policy/host_set.h"
#include "verifier/policy/literal_set.h"
#include "verifier/policy/nearest_name.h"
#include "verifier/policy/path_set.h"
#include "verifier/policy/user_agent_set.h"

namespace stile {
namespace {

using namespace std::chrono_literals;

TEST(LiteralSet, FindsWhatASearchOfEveryLiteralFinds) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto text = [&random](std::size_t max) {
    std::string result;
    for (std::size_t size = random() % (max + 1); size > 0; --size) result += "ab/"[random() % 3];
    return result;
  };
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::string> whole(random() % 6);
    std::vector<std::string> beginnings(random() % 6);
    for (std::string& literal : whole) literal = text(5);
    for (std::string& literal : beginnings) literal = text(4);
    const LiteralSet set(whole, beginnings);
    for (int query = 0; query < 20; ++query) {
      const std::string sought = text(7);
      bool expected = false;
      for (const std::string& literal : whole) expected |= sought == literal;
      for (const std::string& literal : beginnings) expected |= sought.starts_with(literal);
      ASSERT_EQ(set.Matches(sought), expected) << sought;
    }
  }
}

TEST(PathSet, WholePathMatchesItselfOnly) {
  const PathSet set({"/docs"});
  EXPECT_TRUE(set.Matches("/docs"));
  EXPECT_FALSE(set.Matches("/docs/"));
  EXPECT_FALSE(set.Matches("/doc"));
  EXPECT_FALSE(set.Matches("/Docs"));
}

TEST(PathSet, BeginningMatchesWhatIsBelowIt) {
  const PathSet set({"/docs/*"});
  EXPECT_TRUE(set.Matches("/docs/"));
  EXPECT_TRUE(set.Matches("/docs/a/b"));
  EXPECT_FALSE(set.Matches("/docs"));
  EXPECT_FALSE(set.Matches("/docsx/a"));
}

TEST(PathSet, GlobMatchesAnyBytesBetween) {
  const PathSet set({"*.php", "/a/?/c", "/*/edit"});
  EXPECT_TRUE(set.Matches("/x/y.php"));
  EXPECT_FALSE(set.Matches("/x/y.php5"));
  EXPECT_TRUE(set.Matches("/a/b/c"));
  EXPECT_FALSE(set.Matches("/a//c"));
  EXPECT_FALSE(set.Matches("/a/bb/c"));
  EXPECT_TRUE(set.Matches("/page/one/edit"));
  EXPECT_FALSE(set.Matches("/edit"));
}

TEST(MatchesGlob, AgreesWithItsDefinition) {
  EXPECT_TRUE(MatchesGlob("", ""));
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("**", "abc"));
  EXPECT_FALSE(MatchesGlob("?", ""));
  EXPECT_FALSE(MatchesGlob("", "a"));
  EXPECT_TRUE(MatchesGlob("a*b*c", "a-b-b-c-c"));
  EXPECT_FALSE(MatchesGlob("a*b*c", "a-b-b-c-d"));
  EXPECT_TRUE(MatchesGlob("*aab", "aaaaab"));
  EXPECT_TRUE(MatchesGlob("*?b", "ab"));
  EXPECT_FALSE(MatchesGlob("*?b", "b"));
}

bool MatchesHost(std::vector<std::string> patterns, std::string_view host) {
  return HostSet(patterns).Matches(ReversedHost(host));
}

TEST(HostSet, NameMatchesInAnyCaseAndWithADotAtItsEnd) {
  EXPECT_TRUE(MatchesHost({"example.org"}, "example.org"));
  EXPECT_TRUE(MatchesHost({"example.org"}, "EXAMPLE.Org."));
  EXPECT_FALSE(MatchesHost({"example.org"}, "example.org.evil.example"));
  EXPECT_FALSE(MatchesHost({"example.org"}, "www.example.org"));
  EXPECT_FALSE(MatchesHost({"example.org"}, ""));
}

TEST(HostSet, StarMatchesNamesBelowButNotTheNameItself) {
  EXPECT_TRUE(MatchesHost({"*.example.org"}, "www.example.org"));
  EXPECT_TRUE(MatchesHost({"*.example.org"}, "a.b.example.org"));
  EXPECT_FALSE(MatchesHost({"*.example.org"}, "example.org"));
  EXPECT_FALSE(MatchesHost({"*.example.org"}, "badexample.org"));
}

TEST(HostSet, OnlyStarMatchesAnOverlongHost) {
  const std::string host = std::string(kMaxHost, 'a') + ".example.org";
  EXPECT_FALSE(MatchesHost({"*.example.org"}, host));
  EXPECT_TRUE(MatchesHost({"*"}, host));
  EXPECT_TRUE(MatchesHost({"*"}, ""));
}

bool MatchesUserAgent(std::vector<std::string> patterns, std::string_view text) {
  return UserAgentSet(patterns).Matches(UserAgentPairs(text));
}

TEST(UserAgentSet, SubstringMatchesByteForByte) {
  EXPECT_TRUE(MatchesUserAgent({"GPTBot"}, "Mozilla/5.0 (compatible; GPTBot/1.1)"));
  EXPECT_FALSE(MatchesUserAgent({"GPTBot"}, "Mozilla/5.0 (compatible; gptbot/1.1)"));
  EXPECT_FALSE(MatchesUserAgent({"GPTBot"}, "GPTBo"));
  EXPECT_TRUE(MatchesUserAgent({"x"}, "x"));
  EXPECT_FALSE(MatchesUserAgent({"x"}, ""));
  EXPECT_TRUE(MatchesUserAgent({"nothing", "\xff\xfe"}, "a\xff\xfe"));
}

TEST(UserAgentSet, ItsPairsDoNotSufficeInAnotherOrder) {
  EXPECT_FALSE(MatchesUserAgent({"abcab"}, "abca bcab"));
}

TEST(UserAgentSet, SearchesTheFirst512Bytes) {
  const std::string padding(kMaxUserAgent - 3, ' ');
  EXPECT_TRUE(MatchesUserAgent({"bot"}, padding + "bot"));
  EXPECT_FALSE(MatchesUserAgent({"bot"}, padding + " bot"));
}

TEST(UserAgentSet, FindsWhatAPlainSearchFinds) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto text = [&random](std::size_t size) {
    std::string result;
    while (size-- > 0) result += static_cast<char>("ab\x80\xff"[random() % 4]);
    return result;
  };
  for (int round = 0; round < 5'000; ++round) {
    const std::string pattern = text(1 + random() % 5);
    const std::string agent = text(random() % 40);
    ASSERT_EQ(MatchesUserAgent({pattern}, agent), agent.find(pattern) != std::string::npos);
  }
}

TEST(ParseDuration, ReadsNumberAndUnit) {
  EXPECT_EQ(ParseDuration("30s"), 30s);
  EXPECT_EQ(ParseDuration("10m"), 600s);
  EXPECT_EQ(ParseDuration("12h"), 43200s);
  EXPECT_EQ(ParseDuration("7d"), 604800s);
  EXPECT_EQ(ParseDuration("0s"), 0s);
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "s", "10", "-1s", "+1s", "1.5h", "1h30m", "10 m", " 1s", "1S", "1ms", "9999999999s"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(NearestName, FindsTheMisspeltName) {
  constexpr std::string_view kNames[] = {"host", "path", "method", "user_agent", "ip"};
  EXPECT_EQ(NearestName("pth", kNames), "path");
  EXPECT_EQ(NearestName("hsot", kNames), "host");
  EXPECT_EQ(NearestName("useragent", kNames), "user_agent");
  EXPECT_EQ(NearestName("methods", kNames), "method");
  EXPECT_EQ(NearestName("certificate", kNames), "");
  EXPECT_EQ(NearestName(std::string(1000, 'x'), kNames), "");
}

}  // namespace
}  // namespace stile
