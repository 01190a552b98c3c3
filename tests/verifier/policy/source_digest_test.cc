#include "verifier/policy/source_digest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"
#include "verifier/policy/range_list.h"

namespace stile {
namespace {

// A change here changes the digest of every policy in use: raise the form's version with it.
TEST(Digest, IsTheSameEverywhere) {
  EXPECT_EQ(Policy::Minimal()->digest(),
            "790ded1bd3b41721a15e4779ecaca12bba23bcbf867bd11cd5e18ff72d25c935");
}

TEST(Digest, IgnoresSpellingAndKnowsMeaning) {
  const auto digest = [](std::string_view text) { return CompiledFile(text)->digest(); };
  const std::string minimal = Policy::Minimal()->digest();
  EXPECT_EQ(digest(""), minimal);
  EXPECT_EQ(digest("# a comment\n[level.light]\nlifetime = \"720m\"\n"), minimal);
  EXPECT_EQ(digest("[default]\nlevel = 'light'\naction = 'challenge'\n"), minimal);
  EXPECT_NE(digest("[level.light]\nlifetime = \"721m\"\n"), minimal);
  EXPECT_NE(digest("[default]\naction = 'allow'\n"), minimal);
}

std::string DigestOfRule(const Rule& rule) {
  PolicySource source;
  source.rules = {rule};
  return DigestOf(source);
}

std::shared_ptr<const RangeList> ListOf(std::string_view text, std::string_view name) {
  auto list = ParseRangeList(text, name);
  EXPECT_TRUE(list.has_value());
  return std::make_shared<const RangeList>(*std::move(list));
}

void ExpectAllDifferent(std::vector<std::string> digests) {
  const std::size_t size = digests.size();
  std::sort(digests.begin(), digests.end());
  digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
  EXPECT_EQ(digests.size(), size);
}

TEST(Digest, DiffersWithEveryBudget) {
  std::vector<std::string> digests = {DigestOf({})};
  const auto add = [&digests](auto change) {
    PolicySource source;
    change(source);
    digests.push_back(DigestOf(source));
  };
  add([](PolicySource& source) { source.default_cost = std::uint8_t{1}; });
  add([](PolicySource& source) { source.budgets.price = 5; });
  add([](PolicySource& source) { source.budgets.cleared_prefix.count = 5; });
  add([](PolicySource& source) { source.budgets.uncleared_prefix.burst = 5; });
  add([](PolicySource& source) { source.budgets.uncleared_ring = Rate{}; });
  add([](PolicySource& source) { source.budgets.static_assets = {"css"}; });
  add([](PolicySource& source) {
    source.levels = {*Policy::Minimal()->LevelFor(2)};
    source.levels[0].budget = Rate{1, std::chrono::seconds{1}, 1};
  });
  add([](PolicySource& source) { source.levels = {*Policy::Minimal()->LevelFor(2)}; });
  ExpectAllDifferent(std::move(digests));
}

TEST(Digest, DiffersWithEveryFieldOfARule) {
  std::vector<std::string> digests = {DigestOf({})};
  const auto add = [&digests](auto change) {
    Rule rule = ChallengePath("/a", 2);
    rule.name = "name";
    change(rule);
    digests.push_back(DigestOfRule(rule));
  };
  add([](Rule&) {});
  add([](Rule& rule) { rule.name = "other"; });
  add([](Rule& rule) { rule.hosts = {"a"}; });
  add([](Rule& rule) { rule.paths = {"/a", "/b"}; });
  add([](Rule& rule) { rule.path_regexes = {"abc"}; });
  add([](Rule& rule) { rule.methods = {"A"}; });
  add([](Rule& rule) { rule.ips = {RangeOf("10.0.0.0", 8)}; });
  add([](Rule& rule) { rule.ips = {RangeOf("10.0.0.0", 9)}; });
  add([](Rule& rule) { rule.ip_lists = {ListOf("10.0.0.0/8", "a")}; });
  add([](Rule& rule) { rule.ip_lists = {ListOf("10.0.0.0/9", "a")}; });
  add([](Rule& rule) { rule.user_agents = {"a"}; });
  add([](Rule& rule) { rule.user_agents = {"abc"}; });
  add([](Rule& rule) { rule.user_agent_regexes = {"abc"}; });
  add([](Rule& rule) { rule.countries = {"NO"}; });
  add([](Rule& rule) { rule.asns = {0}; });
  add([](Rule& rule) { rule.asns = {64'500}; });
  add([](Rule& rule) { rule.agents = {"NO"}; });
  add([](Rule& rule) { rule.tls_fingerprints = {"NO"}; });
  add([](Rule& rule) { rule.rank = 3; });
  add([](Rule& rule) { rule.cost = std::uint8_t{0}; });
  add([](Rule& rule) { rule.cost = std::uint8_t{1}; });
  add([](Rule& rule) { rule.budget = Rate{}; });
  add([](Rule& rule) { rule.budget = Rate{1, std::chrono::seconds{1}, 1}; });
  add([](Rule& rule) { rule.rank_held = std::uint8_t{0}; });
  add([](Rule& rule) { rule.rank_held = std::uint8_t{2}; });
  add([](Rule& rule) { rule.rate = 2; });
  add([](Rule& rule) { rule.overload = std::uint8_t{2}; });
  add([](Rule& rule) { rule.action = Action::kDeny; });
  add([](Rule& rule) { rule.weight = 2; });
  add([](Rule& rule) { rule.weight = -2; });
  add([](Rule& rule) { rule.mode = RuleMode::kShadow; });
  add([](Rule& rule) { rule.on_fault = OnFault::kOpen; });
  ExpectAllDifferent(std::move(digests));
}

TEST(Digest, DiffersWithEveryTest) {
  std::vector<std::string> digests;
  for (const FieldQuestion question :
       {FieldQuestion::kPresent, FieldQuestion::kAbsent, FieldQuestion::kEquals,
        FieldQuestion::kContains, FieldQuestion::kRegex}) {
    for (const char* name : {"a", "b"}) {
      for (const bool is_field : {false, true}) {
        Rule rule = DenyPath("/a");
        (is_field ? rule.headers : rule.queries) = {{name, question, {}}};
        digests.push_back(DigestOfRule(rule));
        (is_field ? rule.headers : rule.queries)[0].values = {"value"};
        digests.push_back(DigestOfRule(rule));
      }
    }
  }
  ExpectAllDifferent(std::move(digests));
}

TEST(Digest, DiffersWithWhatIsNested) {
  Matchers a;
  a.hosts = {"a"};
  Matchers b;
  b.hosts = {"b"};
  std::vector<std::string> digests;
  const auto add = [&digests](auto change) {
    Rule rule = DenyPath("/a");
    change(rule);
    digests.push_back(DigestOfRule(rule));
  };
  add([](Rule&) {});
  add([&](Rule& rule) { rule.any = {a}; });
  add([&](Rule& rule) { rule.all = {a}; });
  add([&](Rule& rule) { rule.negated = {a}; });
  add([&](Rule& rule) { rule.any = {a, b}; });
  add([&](Rule& rule) { rule.any = {b}; });
  add([&](Rule& rule) { rule.hosts = {"a"}; });
  Matchers nested;
  nested.any = {a};
  add([&](Rule& rule) { rule.any = {nested}; });
  ExpectAllDifferent(std::move(digests));
}

TEST(Digest, DiffersWithThresholdsDefaultsAndUsedAgents) {
  std::vector<std::string> digests;
  Agent bot{"bot", {"Bot/"}, {ListOf("192.0.2.0/24", "bot.json")}, {"*.example.com"}};
  const auto add = [&](auto change) {
    PolicySource source;
    source.agents = {bot};
    source.rules = {DenyPath("/a")};
    source.rules[0].agents = {"bot"};
    source.thresholds = {{10, Action::kDeny, 0}};
    change(source);
    digests.push_back(DigestOf(source));
  };
  add([](PolicySource&) {});
  add([](PolicySource& source) { source.thresholds[0].at = 11; });
  add([](PolicySource& source) { source.thresholds[0].action = Action::kAllow; });
  add([](PolicySource& source) { source.thresholds[0] = {10, Action::kChallenge, 2}; });
  add([](PolicySource& source) { source.thresholds[0] = {10, Action::kChallenge, 3}; });
  add([](PolicySource& source) { source.thresholds.push_back({20, Action::kDeny, 0}); });
  add([](PolicySource& source) { source.default_action = Action::kAllow; });
  add([](PolicySource& source) { source.default_rank = 3; });
  add([](PolicySource& source) { source.agents[0].user_agents = {"Bot"}; });
  add([](PolicySource& source) { source.agents[0].lists.clear(); });
  add([](PolicySource& source) { source.agents[0].reverse_names = {"*.example.net"}; });
  ExpectAllDifferent(std::move(digests));
}

TEST(Digest, KnowsMeaningAndNotSpelling) {
  Rule rule = DenyPath("/a");
  rule.paths = {"/a", "/b"};
  rule.ip_lists = {ListOf("10.0.0.0/8\n192.0.2.0/24", "office.txt")};
  Matchers a;
  a.hosts = {"a"};
  Matchers b;
  b.hosts = {"b"};
  rule.any = {a, b};
  PolicySource source;
  source.rules = {rule};
  source.thresholds = {{10, Action::kDeny, 0}, {20, Action::kAllow, 0}};
  const std::string digest = DigestOf(source);

  source.agents = {{"unused", {"Bot/"}, {}, {}}};
  source.rules[0].place = {7, 7};
  source.rules[0].paths = {"/b", "/a", "/b"};
  source.rules[0].any = {b, a};
  source.rules[0].ip_lists = {ListOf("[\"192.0.2.0/24\", \"10.0.0.0/8\"]", "office.json")};
  std::swap(source.thresholds[0], source.thresholds[1]);
  EXPECT_EQ(DigestOf(source), digest);
  source.rules.push_back(DenyPath("/c"));
  EXPECT_NE(DigestOf(source), digest);
}

}  // namespace
}  // namespace stile
