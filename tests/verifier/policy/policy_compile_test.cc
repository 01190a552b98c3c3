#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"
#include "verifier/policy/policy_file.h"

namespace stile {
namespace {

using testing::HasSubstr;

Level LevelOf(std::string name, std::uint8_t rank, std::uint8_t earned) {
  Level level;
  level.name = std::move(name);
  level.rank = rank;
  level.alternative_count = 1;
  level.alternatives[0] = {Puzzle::kSha256, earned, 4, 0, 1000, 60};
  return level;
}

std::string MistakesOfLevel(const Level& level) {
  PolicySource source;
  source.levels = {level};
  return SourceMistakes(source);
}

std::string MistakesOfRule(const Rule& rule) {
  PolicySource source;
  source.rules = {rule};
  return SourceMistakes(source);
}

TEST(Compile, AddsTheBuiltInLevels) {
  const auto policy = Policy::Minimal();
  ASSERT_EQ(policy->levels().size(), 3u);
  const Level& wait = policy->levels()[0];
  EXPECT_EQ(wait.name, "wait");
  EXPECT_EQ(wait.alternatives[0], (Alternative{Puzzle::kWait, 1, 0, 0, 5000, 600}));
  const Level& light = policy->levels()[1];
  EXPECT_EQ(light.name, "light");
  ASSERT_EQ(light.alternative_count, 3);
  EXPECT_EQ(light.alternatives[0], (Alternative{Puzzle::kHashwx, 2, 8, 0, 262'144, 43'200}));
  EXPECT_EQ(light.alternatives[1], (Alternative{Puzzle::kSha256, 2, 16, kHalf, 4'000'000, 10'800}));
  EXPECT_EQ(light.alternatives[2], wait.alternatives[0]);
  EXPECT_EQ(light.earns[2], "wait");
  const Level& standard = policy->levels()[2];
  EXPECT_EQ(standard.name, "standard");
  ASSERT_EQ(standard.alternative_count, 2);
  EXPECT_EQ(standard.alternatives[0], (Alternative{Puzzle::kHashwx, 3, 8, 0, 1'048'576, 21'600}));
  EXPECT_EQ(standard.alternatives[1],
            (Alternative{Puzzle::kSha256, 3, 16, kHalf, 16'000'000, 7'200}));
  EXPECT_EQ(policy->default_rank(), 2);
}

TEST(Compile, BuiltInAlternativesAreWellFormed) {
  for (const Level& level : Policy::Minimal()->levels()) {
    for (std::size_t i = 0; i < level.alternative_count; ++i) {
      EXPECT_TRUE(IsWellFormed(level.alternatives[i])) << level.name;
    }
  }
}

TEST(Compile, KnowsTheFallbacksOfALevel) {
  const Level& light = Policy::Minimal()->levels()[1];
  EXPECT_FALSE(light.IsFallback(0));
  EXPECT_TRUE(light.IsFallback(1));
  EXPECT_TRUE(light.IsFallback(2));
  EXPECT_FALSE(light.IsFallback(3));
  const Level& wait = Policy::Minimal()->levels()[0];
  EXPECT_FALSE(wait.IsFallback(0));  // There is nothing better.
  Level work = LevelOf("work", 10, 10);
  EXPECT_FALSE(work.IsFallback(0));
  // hashwx for a lower rank is no better way to this one.
  work.alternative_count = 2;
  work.alternatives[1] = {Puzzle::kHashwx, 9, 8, 0, 1000, 60};
  EXPECT_FALSE(work.IsFallback(0));
  work.alternatives[1].rank = 10;
  EXPECT_TRUE(work.IsFallback(0));
}

TEST(Compile, FindsLevelsByRank) {
  PolicySource source;
  source.levels = {LevelOf("strict", 10, 10)};
  const auto policy = Compiled(source);
  EXPECT_EQ(policy->LevelFor(2)->name, "light");
  EXPECT_EQ(policy->LevelFor(4)->name, "strict");
  EXPECT_EQ(policy->LevelFor(255)->name, "strict");
  EXPECT_EQ(policy->LevelFor(0)->name, "wait");
  EXPECT_EQ(policy->LevelName(3), "standard");
  EXPECT_EQ(policy->LevelName(4), "");
}

TEST(Compile, FillsInWhatAnAlternativeEarns) {
  Level level = LevelOf("strict", 4, 0);
  level.alternative_count = 2;
  level.alternatives[1] = level.alternatives[0];
  level.earns[1] = "standard";
  PolicySource source;
  source.levels = {level};
  const auto policy = Compiled(source);
  const Level* compiled = policy->LevelFor(4);
  EXPECT_EQ(compiled->alternatives[0].rank, 4);
  EXPECT_EQ(compiled->earns[0], "strict");
  EXPECT_EQ(compiled->alternatives[1].rank, 3);
  EXPECT_EQ(compiled->AcceptedRank(), 3);
}

TEST(Compile, NamesRulesThatHaveNoName) {
  EXPECT_EQ(CompiledRules({AllowPath("/a"), AllowPath("/b")})->rules()[1].name, "rule-2");
}

TEST(Compile, RefusesWrongLevels) {
  EXPECT_THAT(MistakesOfLevel(LevelOf("", 5, 5)), HasSubstr("the name is empty"));
  EXPECT_THAT(MistakesOfLevel(LevelOf("a b", 5, 5)), HasSubstr("write letters, digits"));
  EXPECT_THAT(MistakesOfLevel(LevelOf("a", 0, 0)), HasSubstr("needs a rank from 1 to 255"));
  EXPECT_THAT(MistakesOfLevel(LevelOf("light", 5, 5)), HasSubstr("is 2 for ever"));
  EXPECT_THAT(MistakesOfLevel(LevelOf("a", 2, 2)), HasSubstr("rank 2 is that of"));
  PolicySource twice;
  twice.levels = {LevelOf("a", 5, 5), LevelOf("a", 6, 6)};
  EXPECT_THAT(SourceMistakes(twice), HasSubstr("level \"a\" is there twice"));
  Level none = LevelOf("a", 5, 5);
  none.alternative_count = 0;
  EXPECT_THAT(MistakesOfLevel(none), HasSubstr("needs 1 to 4 alternatives"));
  none.alternative_count = 5;
  EXPECT_THAT(MistakesOfLevel(none), HasSubstr("needs 1 to 4 alternatives"));
}

TEST(Compile, RefusesAlternativesOutsideTheirLimits) {
  const auto with = [](auto change) {
    Level level = LevelOf("a", 5, 5);
    change(level.alternatives[0]);
    return MistakesOfLevel(level);
  };
  EXPECT_EQ(with([](Alternative&) {}), "");
  EXPECT_THAT(with([](Alternative& a) { a.effort = 0; }), HasSubstr("the effort must be"));
  EXPECT_THAT(with([](Alternative& a) { a.effort = kMaxEffort + 1; }), HasSubstr("the effort"));
  EXPECT_THAT(with([](Alternative& a) { a.parts = 0; }), HasSubstr("the parts must be"));
  EXPECT_THAT(with([](Alternative& a) { a.parts = 65; }), HasSubstr("the parts must be"));
  EXPECT_THAT(with([](Alternative& a) { a.lifetime_seconds = 0; }), HasSubstr("the lifetime"));
  EXPECT_THAT(with([](Alternative& a) { a.lifetime_seconds = 604'801; }), HasSubstr("lifetime"));
  EXPECT_THAT(with([](Alternative& a) { a.puzzle = static_cast<Puzzle>(4); }),
              HasSubstr("the puzzle"));
  EXPECT_THAT(with([](Alternative& a) { a.puzzle = Puzzle::kWait; }), HasSubstr("has no parts"));
  EXPECT_THAT(with([](Alternative& a) { a = {Puzzle::kWait, 5, 0, 0, 3'600'001, 60}; }),
              HasSubstr("the wait must be"));
}

TEST(Compile, RefusesAlternativesThatWouldOpenALevelTooCheaply) {
  EXPECT_THAT(MistakesOfLevel(LevelOf("a", 5, 9)), HasSubstr("there is no level \"\""));
  EXPECT_THAT(MistakesOfLevel(LevelOf("a", 5, 2)),
              HasSubstr("every clearance of \"standard\" would open \"a\" as well"));
  EXPECT_EQ(MistakesOfLevel(LevelOf("a", 5, 3)), "");
  PolicySource above;
  above.levels = {LevelOf("a", 5, 5), LevelOf("b", 4, 5)};
  EXPECT_THAT(SourceMistakes(above), HasSubstr("it earns \"a\", a level above \"b\""));
}

TEST(Compile, RefusesWrongHosts) {
  for (const char* host : {"", "Example.org", "example.org:80", "*example.org", "a.*.org", ".a",
                           "a.", "a..b", "ex ample", "caf\xc3\xa9.example", "[::1", "*."}) {
    Rule rule = AllowPath("/");
    rule.hosts = {host};
    EXPECT_THAT(MistakesOfRule(rule), HasSubstr("rule 1 (rule-1): ")) << host;
  }
  Rule rule = AllowPath("/");
  rule.hosts = {"example.org",
                "*.example.org",
                "*",
                "[2001:db8::1]",
                "localhost",
                "192.0.2.1",
                "_dmarc.xn--caf-dma.example"};
  EXPECT_EQ(MistakesOfRule(rule), "");
  rule.hosts = {std::string(254, 'a')};
  EXPECT_THAT(MistakesOfRule(rule), HasSubstr("at most 253"));
}

TEST(Compile, RefusesPathsThatWouldNotMatchAsMeant) {
  for (const char* path : {"", "docs", "/a/../b", "/a//b", "/./a", "/%61", "/a%2fb", "/a\\b",
                           "/a#b", "/a%", "/a*b*c*d*e*f*g*h*i*j", "*/../a"}) {
    EXPECT_THAT(MistakesOfRule(AllowPath(path)), HasSubstr("path ")) << path;
  }
  EXPECT_THAT(MistakesOfRule(AllowPath(std::string(513, 'a'))), HasSubstr("at most 512"));
  EXPECT_THAT(MistakesOfRule(DenyPath("/a;b")), HasSubstr("end the path before ';'"));
  for (const char* path : {"/", "*", "/*", "*.php", "/a;b", "/caf\xc3\xa9", "/a b", "/a/?/b"}) {
    EXPECT_EQ(MistakesOfRule(AllowPath(path)), "") << path;
  }
}

TEST(Compile, RefusesWrongMethodsRangesAndUserAgents) {
  Rule rule = AllowPath("/");
  rule.methods = {"get"};
  EXPECT_THAT(MistakesOfRule(rule), HasSubstr("upper case"));
  rule.methods = {""};
  EXPECT_THAT(MistakesOfRule(rule), HasSubstr("the method is empty"));
  rule = AllowPath("/");
  rule.ips = {RangeOf("192.0.2.1", 24)};
  EXPECT_THAT(MistakesOfRule(rule), HasSubstr("write \"192.0.2.0/24\""));
  rule.ips = {RangeOf("2001:db8::1", 64)};
  EXPECT_THAT(MistakesOfRule(rule), HasSubstr("write \"2001:db8::/64\""));
  rule.ips = {RangeOf("192.0.2.0", 33)};
  EXPECT_THAT(MistakesOfRule(rule), HasSubstr("from 0 to 32"));
  rule.ips = {RangeOf("::", -1)};
  EXPECT_THAT(MistakesOfRule(rule), HasSubstr("from 0 to 128"));
  rule = AllowPath("/");
  rule.user_agents = {""};
  EXPECT_THAT(MistakesOfRule(rule), HasSubstr("the user agent is empty"));
  rule.user_agents = {std::string(257, 'a')};
  EXPECT_THAT(MistakesOfRule(rule), HasSubstr("at most 256"));
}

TEST(Compile, RefusesWrongActionsRanksAndNames) {
  Rule rule = AllowPath("/");
  rule.action = Action::kNone;
  EXPECT_THAT(MistakesOfRule(rule), HasSubstr("the action must be"));
  rule.action = Action::kServe;
  EXPECT_THAT(MistakesOfRule(rule), HasSubstr("the action must be"));
  EXPECT_THAT(MistakesOfRule(ChallengePath("/", 0)), HasSubstr("no level has rank 0"));
  EXPECT_THAT(MistakesOfRule(ChallengePath("/", 9)), HasSubstr("no level has rank 9"));
  rule = AllowPath("/");
  rule.name = "a\nb";
  EXPECT_THAT(MistakesOfRule(rule), HasSubstr("write letters, digits"));
  PolicySource source;
  source.default_rank = 9;
  EXPECT_THAT(SourceMistakes(source), HasSubstr("default: "));
  source = {};
  source.default_action = Action::kNone;
  EXPECT_THAT(SourceMistakes(source), HasSubstr("default: the action must be"));
  source = {};
  source.rules = {AllowPath("/a"), AllowPath("/b")};
  source.rules[0].name = "rule-2";
  EXPECT_THAT(SourceMistakes(source), HasSubstr("that of another rule"));
}

TEST(Compile, NamesEveryMistakeAtOnce) {
  PolicySource source;
  source.rules = {DenyPath("docs"), ChallengePath("/", 9)};
  source.rules[0].hosts = {"A"};
  const auto policy = Policy::Compile(source);
  ASSERT_FALSE(policy.has_value());
  EXPECT_EQ(policy.error().size(), 3u);
}

TEST(Compile, RefusesMoreThanItsLimits) {
  PolicySource source;
  source.rules.assign(Policy::kMaxRules + 1, AllowPath("/"));
  auto policy = Policy::Compile(source);
  ASSERT_FALSE(policy.has_value());
  EXPECT_EQ(policy.error()[0].code, ErrorCode::kOutOfRange);
  EXPECT_THAT(ToString(policy.error()), HasSubstr("more than 10000 rules"));

  source = {};
  for (int i = 0; i < 62; ++i) {
    source.levels.push_back(LevelOf(std::string("level-").append(std::to_string(i)),
                                    static_cast<std::uint8_t>(i + 10),
                                    static_cast<std::uint8_t>(i + 10)));
  }
  EXPECT_THAT(SourceMistakes(source), HasSubstr("more than 64 levels"));
  source.levels.pop_back();
  EXPECT_EQ(SourceMistakes(source), "");

  source = {};
  Rule rule = AllowPath("/");
  for (int i = 0; i < 65; ++i) {
    rule.methods.push_back({static_cast<char>('A' + i % 26), static_cast<char>('A' + i / 26)});
  }
  source.rules = {rule};
  EXPECT_THAT(SourceMistakes(source), HasSubstr("more than 64 methods"));
  source.rules[0].methods.pop_back();
  EXPECT_EQ(SourceMistakes(source), "");
}

}  // namespace
}  // namespace stile
