#include "verifier/policy/policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "challenge/toml_plain_text.h"
#include "tests/verifier/policy/policy_fixture.h"
#include "verifier/policy/budget_terms.h"
#include "verifier/policy/default_rules.h"

namespace stile {
namespace {

using testing::HasSubstr;

TEST(PolicyFile, EmptyFileIsTheMinimalPolicy) {
  EXPECT_EQ(CompiledFile("")->digest(), Policy::Minimal()->digest());
}

TEST(PolicyFile, ReadsEveryKeyOfARule) {
  const auto source = ParsePolicyFile(R"(
[[rule]]
name = "docs"
host = ["*.example.org"]
path = ["/docs/*"]
method = ["GET", "HEAD"]
user_agent = ["bot"]
ip = ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7", "::ffff:10.0.0.0/104", "::1"]
action = "challenge"
level = "standard"
mode = "shadow"
on_fault = "closed"
)",
                                      "policy.toml");
  ASSERT_TRUE(source.has_value()) << ToString(source.error());
  ASSERT_EQ(source->rules.size(), 1u);
  const Rule& rule = source->rules[0];
  EXPECT_EQ(rule.name, "docs");
  EXPECT_EQ(rule.hosts, std::vector<std::string>{"*.example.org"});
  EXPECT_EQ(rule.paths, std::vector<std::string>{"/docs/*"});
  EXPECT_EQ(rule.methods, (std::vector<std::string>{"GET", "HEAD"}));
  EXPECT_EQ(rule.user_agents, std::vector<std::string>{"bot"});
  ASSERT_EQ(rule.ips.size(), 5u);
  EXPECT_EQ(rule.ips[1].length, 32);
  EXPECT_EQ(rule.ips[2].length, 32);
  EXPECT_EQ(rule.ips[3].address.ToString(), "10.0.0.0");
  EXPECT_EQ(rule.ips[3].length, 8);
  EXPECT_EQ(rule.ips[4].length, 128);
  EXPECT_EQ(rule.action, Action::kChallenge);
  EXPECT_EQ(rule.rank, 3);
  EXPECT_EQ(rule.mode, RuleMode::kShadow);
  EXPECT_EQ(rule.on_fault, OnFault::kClosed);
}

TEST(PolicyFile, ReadsLevels) {
  const auto policy = CompiledFile(R"(
[level.light]
rank = 2
lifetime = "12h"
budget = { requests = 600, per = "10m", burst = 300 }
alternatives = [ { puzzle = "hashwx", effort = 262144 }, { puzzle = "sha256", effort = 4000000 }, { puzzle = "wait", seconds = 5, level = "wait" } ]
[level.wait]
budget = { requests = 60, per = "10m" }
[level.strict]
rank = 9
lifetime = "1h"
alternatives = [ { puzzle = "sha256", effort = 9000000 }, { puzzle = "wait", seconds = 60, lifetime = "2m", level = "standard" } ]
[level.both]
rank = 10
lifetime = "1h"
alternatives = [ { puzzle = "sha256", effort = 9000000, parts = 4, lifetime = "30m" }, { puzzle = "hashwx", effort = 200000, parts = 2 } ]
)");
  EXPECT_EQ(policy->LevelFor(2)->alternatives, Policy::Minimal()->LevelFor(2)->alternatives);
  const Level* strict = policy->LevelFor(9);
  EXPECT_EQ(strict->name, "strict");
  EXPECT_EQ(strict->alternatives[0], (Alternative{Puzzle::kSha256, 9, 16, 0, 9'000'000, 3600}));
  EXPECT_EQ(strict->alternatives[1], (Alternative{Puzzle::kWait, 3, 0, kTenth, 60'000, 120}));
  EXPECT_EQ(strict->AcceptedRank(), 3);
  const Level* both = policy->LevelFor(10);
  EXPECT_EQ(both->alternatives[0], (Alternative{Puzzle::kSha256, 10, 4, kHalf, 9'000'000, 1800}));
  EXPECT_EQ(both->alternatives[1], (Alternative{Puzzle::kHashwx, 10, 2, 0, 200'000, 3600}));
}

TEST(PolicyFile, BuiltInLevelKeepsWhatIsLeftOut) {
  const Level* light = nullptr;
  const auto policy = CompiledFile("[level.light]\nlifetime = \"5m\"\n");
  light = policy->LevelFor(2);
  EXPECT_EQ(light->alternatives[0].lifetime_seconds, 300u);
  EXPECT_EQ(light->alternatives[1].lifetime_seconds, 75u);  // A fallback's is a quarter.
  EXPECT_EQ(light->alternatives[2].lifetime_seconds, 300u);
  EXPECT_EQ(light->alternatives[0].effort, 262'144u);
  const auto longer = CompiledFile("[level.light]\nlifetime = \"7d\"\n");
  EXPECT_EQ(longer->LevelFor(2)->alternatives[0].lifetime_seconds, 604'800u);
  EXPECT_EQ(longer->LevelFor(2)->alternatives[1].lifetime_seconds, 151'200u);
  EXPECT_EQ(longer->LevelFor(2)->alternatives[2].lifetime_seconds, 600u);
}

// As a clearance of this rank and class may do.
Pace PaceFor(const Policy& policy, std::uint8_t rank, std::uint8_t budget_class = kWholeBudget) {
  Clearance clearance;
  clearance.rank = rank;
  clearance.budget_class = budget_class;
  return policy.budgets().PaceOf(clearance);
}
Pace PaceOf(std::uint32_t count, std::chrono::milliseconds period, std::uint32_t burst) {
  return BudgetTable::PaceOf({count, period, burst});
}

TEST(PolicyFile, ReadsBudgetsOfLevels) {
  const auto policy = CompiledFile(R"(
[level.light]
budget = { requests = 1200, per = "10m", burst = 100 }
[level.standard]
budget = { requests = 50, per = "1m" }
[level.strict]
rank = 9
lifetime = "1h"
budget = "none"
alternatives = [ { puzzle = "sha256", effort = 9000000 } ]
)");
  using std::chrono::minutes;
  EXPECT_EQ(PaceFor(*policy, 1), PaceOf(120, minutes{10}, 10));
  EXPECT_EQ(PaceFor(*policy, 2), PaceOf(1200, minutes{10}, 100));
  EXPECT_EQ(PaceFor(*policy, 2, kTenth), PaceOf(120, minutes{10}, 10));
  EXPECT_EQ(PaceFor(*policy, 2, kHalf), PaceOf(600, minutes{10}, 50));
  EXPECT_EQ(PaceFor(*policy, 2, 3), PaceFor(*policy, 2, kTenth));  // One that isn't known.
  EXPECT_EQ(PaceFor(*policy, 2, 127), PaceFor(*policy, 2, kTenth));
  EXPECT_EQ(PaceFor(*policy, 2, kBoughtDear), PaceFor(*policy, 2));
  EXPECT_EQ(PaceFor(*policy, 2, kBoughtDear | kHalf), PaceFor(*policy, 2, kHalf));
  EXPECT_EQ(PaceFor(*policy, 2, kBoughtDear | kTenth), PaceFor(*policy, 2, kTenth));
  EXPECT_EQ(PaceFor(*policy, 3), PaceOf(50, minutes{1}, 50));
  EXPECT_FALSE(PaceFor(*policy, 9).limits());
  // Ranks that no level has: as the next higher one, or the highest.
  EXPECT_EQ(PaceFor(*policy, 0), PaceFor(*policy, 1));
  EXPECT_EQ(PaceFor(*policy, 4), PaceFor(*policy, 9));
  EXPECT_EQ(PaceFor(*policy, 255), PaceFor(*policy, 9));
}

TEST(PolicyFile, BudgetsAreThoseOfTheDocumentationWhereNoneIsWritten) {
  using std::chrono::minutes;
  const auto policy = CompiledFile("");
  EXPECT_EQ(PaceFor(*policy, 1), PaceOf(60, minutes{10}, 30));
  EXPECT_EQ(PaceFor(*policy, 2), PaceOf(600, minutes{10}, 300));
  EXPECT_EQ(PaceFor(*policy, 3), PaceOf(600, minutes{10}, 300));
  const BudgetTerms& terms = policy->budgets();
  EXPECT_EQ(terms.cleared_prefix, PaceOf(12'000, minutes{10}, 6'000));
  EXPECT_EQ(terms.uncleared_prefix, PaceOf(600, minutes{10}, 600));
  EXPECT_EQ(terms.uncleared_ring, PaceOf(12'000, minutes{10}, 6'000));
  EXPECT_EQ(terms.price, 4u);
}

TEST(PolicyFile, ReadsBudgets) {
  using std::chrono::minutes;
  const auto policy = CompiledFile(R"(
[[rule]]
name = "login"
path = ["/login"]
action = "challenge"
level = "light"
cost = 7
budget = { requests = 5, per = "1m" }
[default]
action = "allow"
cost = 2
[budgets]
cleared_prefix = "none"
uncleared_prefix = { requests = 300, per = "10m" }
uncleared_ring = { requests = 6000, per = "10m", burst = 100 }
price = 8
static_assets = ["md"]
)");
  EXPECT_EQ(policy->rules()[0].cost, 7);
  EXPECT_EQ(policy->rules()[0].budget, (Rate{5, minutes{1}, 5}));
  const BudgetTerms& terms = policy->budgets();
  EXPECT_FALSE(terms.cleared_prefix.limits());
  EXPECT_EQ(terms.uncleared_prefix, PaceOf(300, minutes{10}, 300));
  EXPECT_EQ(terms.uncleared_ring, PaceOf(6'000, minutes{10}, 100));
  EXPECT_EQ(terms.price, 8u);
  Request request;
  request.method = "GET";
  request.target = "/a.md";
  EXPECT_TRUE(terms.static_assets.Has(request));
  PolicyMatch match = policy->Match(request);
  EXPECT_EQ(match.cost, 2);
  EXPECT_FALSE(match.static_is_free);
  request.target = "/login";
  match = policy->Match(request);
  EXPECT_EQ(match.cost, 7);
  ASSERT_EQ(match.own_budget, 0);
  EXPECT_EQ(terms.own[0].pace, PaceOf(5, minutes{1}, 5));
  EXPECT_NE(terms.own[0].part, 0u);
  request.target = "/robots.txt";
  EXPECT_EQ(policy->Match(request).cost, 0);
  request.target = "/a.css";
  EXPECT_FALSE(terms.static_assets.Has(request));
}

struct Mistake {
  const char* text;
  const char* expected;
};

class PolicyFileMistake : public testing::TestWithParam<Mistake> {};

TEST_P(PolicyFileMistake, IsNamedWithPlaceAndRemedy) {
  EXPECT_EQ(FileMistakes(GetParam().text), GetParam().expected) << GetParam().text;
}

#define DENY "[[rule]]\naction = \"deny\"\n"
#define STRICT "[level.strict]\nrank = 9\nlifetime = \"1h\"\n"

INSTANTIATE_TEST_SUITE_P(
    Structure, PolicyFileMistake,
    testing::Values(
        Mistake{"ruel = 1\n",
                "policy.toml:1:1: a policy has no key \"ruel\": did you mean \"rule\"?"},
        Mistake{"zzzzzz = 1\n", "policy.toml:1:1: a policy has no key \"zzzzzz\": remove it"},
        Mistake{"[rule]\n", "policy.toml:1:1: rules are a list: begin each with [[rule]]"},
        Mistake{"rule = [1]\n", "policy.toml:1:9: a rule is a table: begin it with [[rule]]"},
        Mistake{"level = 1\n", "policy.toml:1:9: level must be a table"},
        Mistake{"[level]\nlight = 1\n",
                "policy.toml:2:9: a level is a table, such as [level.light]"},
        Mistake{"[default]\n",
                "policy.toml:1:1: [default] needs an action: \"allow\", \"challenge\" or \"deny\""},
        Mistake{"[default]\naction = \"allow\"\nlevle = 1\n",
                "policy.toml:3:1: [default] has no key \"levle\": did you mean \"level\"?"}));

INSTANTIATE_TEST_SUITE_P(
    Rules, PolicyFileMistake,
    testing::Values(
        Mistake{"[[rule]]\n",
                "policy.toml:1:1: a rule needs an action: \"allow\", \"challenge\", \"deny\" or "
                "\"weigh\""},
        Mistake{"[[rule]]\naction = \"weigh\"\n",
                "policy.toml:1:1: a rule that weighs needs a weight from -1000 to 1000, such as "
                "weight = 5"},
        Mistake{"[[rule]]\naction = \"block\"\n",
                "policy.toml:2:10: action must be \"allow\", \"challenge\", \"deny\" or \"weigh\", "
                "not \"block\""},
        Mistake{"[[rule]]\naction = 1\n", "policy.toml:2:10: action must be a text in quotes"},
        Mistake{"[[rule]]\naction = \"challenge\"\n",
                "policy.toml:1:1: a challenge needs a level, such as level = \"light\""},
        Mistake{"[[rule]]\naction = \"challenge\"\nlevel = \"lihgt\"\n",
                "policy.toml:3:9: level must be \"wait\", \"light\" or \"standard\", not "
                "\"lihgt\": did you mean \"light\"?"},
        Mistake{DENY "level = \"light\"\n",
                "policy.toml:3:1: only a challenge has a level: remove it"},
        Mistake{DENY "mode = \"on\"\n",
                "policy.toml:3:8: mode must be \"enforce\", \"shadow\" or \"off\", not \"on\""},
        Mistake{DENY "on_fault = \"opened\"\n",
                "policy.toml:3:12: on_fault must be \"stale\", \"open\", \"closed\" or "
                "\"challenge\", not \"opened\": did you mean \"open\"?"},
        Mistake{DENY "path = \"/a\"\n",
                "policy.toml:3:8: path must be a list of texts, such as path = [\"...\"]"},
        Mistake{DENY "path = []\n",
                "policy.toml:3:8: path must be a list with at least one text: add one, or remove "
                "the key"},
        Mistake{DENY "path = [\"/a\", 7]\n",
                "policy.toml:3:15: path must be a list of texts: put this value in quotes"},
        Mistake{DENY "path = [\"/a/../b\"]\n",
                "policy.toml:3:9: the path is not in its normal form and would not match as "
                "meant: write it without dot segments, empty segments, '\\', '#' and needless "
                "percent-encoding"},
        Mistake{DENY "host = [\"A.example\"]\n",
                "policy.toml:3:9: a host is written in lower case"},
        Mistake{DENY "method = [\"get\"]\n",
                "policy.toml:3:11: a method is written in upper case, as in \"GET\""},
        Mistake{DENY "user_agent = [\"\"]\n",
                "policy.toml:3:15: the user agent is empty: write one or remove it"},
        Mistake{DENY "ip = [\"192.0.2.1/24\"]\n",
                "policy.toml:3:7: the range has bits set after its prefix: write "
                "\"192.0.2.0/24\""},
        Mistake{DENY "ip = [\"192.0.2.0/33\"]\n",
                "policy.toml:3:7: the prefix length of 192.0.2.0 must be from 0 to 32"},
        Mistake{DENY "ip = [\"192.0.2.0/+8\"]\n",
                "policy.toml:3:7: the prefix length of 192.0.2.0 must be from 0 to 32"},
        Mistake{DENY "ip = [\"192.0.2.0/\"]\n",
                "policy.toml:3:7: the prefix length of 192.0.2.0 must be from 0 to 32"},
        Mistake{DENY "ip = [\"::ffff:10.0.0.0/24\"]\n",
                "policy.toml:3:7: the prefix length of 10.0.0.0 must be from 0 to 32"},
        Mistake{DENY "ip = [\"192.0.2\"]\n",
                "policy.toml:3:7: an ip is an address or a range such as \"192.0.2.0/24\" or "
                "\"2001:db8::/32\""},
        Mistake{DENY "name = \"a b\"\n",
                "policy.toml:3:8: the name goes into headers and metrics: write letters, digits, "
                "'-', '_' and '.'"},
        Mistake{DENY "name = \"a\"\n" DENY "name = \"a\"\n",
                "policy.toml:6:8: the name \"a\" is that of a rule above: write another"}));

INSTANTIATE_TEST_SUITE_P(
    Levels, PolicyFileMistake,
    testing::Values(
        Mistake{"[level.light]\nrank = 3\n",
                "policy.toml:2:1: the rank of level \"light\" is 2 for ever: write that or leave "
                "it out"},
        Mistake{"[level.light]\nrank = 256\n",
                "policy.toml:2:8: rank must be a whole number from 1 to 255"},
        Mistake{"[level.light]\nrank = 2.0\n",
                "policy.toml:2:8: rank must be a whole number from 1 to 255"},
        Mistake{"[level.light]\nlifetime = 12\n",
                "policy.toml:2:12: lifetime must be a duration in quotes, such as \"30s\", "
                "\"10m\" or \"12h\""},
        Mistake{"[level.light]\nlifetime = \"8d\"\n",
                "policy.toml:2:1: lifetime must be from \"1s\" to \"168h\""},
        Mistake{"[level.light]\nliftime = \"1h\"\n",
                "policy.toml:2:1: a level has no key \"liftime\": did you mean \"lifetime\"?"},
        Mistake{"[level.strict]\nrank = 9\n",
                "policy.toml:1:1: level \"strict\" needs alternatives, such as alternatives = [ { "
                "puzzle = \"hashwx\", effort = 524288 } ]"},
        Mistake{"[level.strict]\nlifetime = \"1h\"\n"
                "alternatives = [ { puzzle = \"sha256\", effort = 8000000 } ]\n",
                "policy.toml:1:1: level \"strict\" needs a rank from 1 to 255, and keeps it for "
                "ever"},
        Mistake{"[level.strict]\nrank = 2\nlifetime = \"1h\"\n"
                "alternatives = [ { puzzle = \"sha256\", effort = 8000000 } ]\n",
                "policy.toml:1:1: rank 2 is that of \"strict\" too: give \"light\" another"},
        Mistake{"[level.\"a b\"]\nrank = 9\nlifetime = \"1h\"\n"
                "alternatives = [ { puzzle = \"sha256\", effort = 8000000 } ]\n",
                "policy.toml:1:1: the name goes into headers and metrics: write letters, digits, "
                "'-', '_' and '.'"},
        Mistake{"[level.light]\nbudget = { requests = 1 }\n",
                "policy.toml:2:10: a budget needs requests and per, such as { requests = 600, per "
                "= \"10m\" }"},
        Mistake{"[level.light]\nbudget = { requests = 0, per = \"25h\", brst = 1 }\n",
                "policy.toml:2:23: requests must be a whole number from 1 to 1000000000\n"
                "policy.toml:2:26: per must be from \"1s\" to \"24h\"\n"
                "policy.toml:2:39: a budget has no key \"brst\": did you mean \"burst\"?"},
        Mistake{"[level.light]\nbudget = \"some\"\n",
                "policy.toml:2:10: budget must be \"none\", not \"some\""},
        Mistake{"[level.light]\nbudget = { requests = 1, per = \"1s\", burst = 100000 }\n",
                "policy.toml:2:10: the burst would take longer than a day to refill: lower it"},
        Mistake{"[level.light]\nbudget = { requests = 64001, per = \"1s\" }\n",
                "policy.toml:2:10: a budget gives at most 64000 requests a second: lower it, or "
                "write \"none\""},
        Mistake{"[level.wait]\nbudget = \"none\"\n",
                "policy.toml:2:1: the budget of \"wait\" is at most a tenth of that of "
                "\"light\": lower it"},
        Mistake{"[[rule]]\npath = [\"/a\"]\naction = \"deny\"\ncost = 1\n",
                "policy.toml:4:1: only a rule that allows or challenges has a cost or a budget: "
                "remove it"},
        Mistake{"[[rule]]\npath = [\"/a\"]\naction = \"allow\"\ncost = 101\n",
                "policy.toml:4:8: cost must be a whole number from 0 to 100"},
        Mistake{"[budgets]\nprice = 0\nstatic_assets = [\".css\", \"ninechars\"]\nring = 1\n",
                "policy.toml:2:9: price must be a whole number from 1 to 64\n"
                "policy.toml:3:18: an extension is lower-case letters and digits without the dot, "
                "as in \"css\"\n"
                "policy.toml:3:26: the extension has 9 bytes: write at most 8\n"
                "policy.toml:4:1: [budgets] has no key \"ring\": remove it"},
        Mistake{"[level.wait]\nbudget = { requests = 61, per = \"10m\" }\n",
                "policy.toml:2:10: the budget of \"wait\" is at most a tenth of that of "
                "\"light\": lower it"}));

INSTANTIATE_TEST_SUITE_P(
    Alternatives, PolicyFileMistake,
    testing::Values(
        Mistake{STRICT "alternatives = []\n",
                "policy.toml:4:16: alternatives must be a list with at least one table"},
        Mistake{STRICT "alternatives = [ 1 ]\n",
                "policy.toml:4:18: alternatives must be a list of tables"},
        Mistake{STRICT "alternatives = [ {} ]\n",
                "policy.toml:4:18: an alternative needs a puzzle: \"hashwx\", \"sha256\" or "
                "\"wait\""},
        Mistake{STRICT "alternatives = [ { puzzle = \"sha256\" } ]\n",
                "policy.toml:4:18: sha256 needs an effort, such as effort = 4000000"},
        Mistake{STRICT "alternatives = [ { puzzle = \"wait\" } ]\n",
                "policy.toml:4:18: wait needs seconds, at least 5"},
        Mistake{STRICT "alternatives = [ { puzzle = \"hashwx\" } ]\n",
                "policy.toml:4:18: hashwx needs an effort, such as effort = 262144"},
        Mistake{STRICT "alternatives = [ { puzzle = \"hashwx\", effort = 200000, seconds = 5 } ]\n",
                "policy.toml:4:56: hashwx has no seconds: remove them"},
        Mistake{STRICT "alternatives = [ { puzzle = \"hashwx\", effort = 0 } ]\n",
                "policy.toml:4:48: effort must be a whole number from 1 to 1099511627776"},
        Mistake{STRICT "alternatives = [ { puzzle = \"hashwx\", effort = 200000, parts = 65 } ]\n",
                "policy.toml:4:64: parts must be a whole number from 1 to 64"},
        Mistake{STRICT "alternatives = [ { puzzle = \"md5\" } ]\n",
                "policy.toml:4:29: puzzle must be \"hashwx\", \"sha256\" or \"wait\", not \"md5\""},
        Mistake{STRICT
                "alternatives = [ { puzzle = \"sha256\", effort = 5000000, seconds = 5 } ]\n",
                "policy.toml:4:57: sha256 has no seconds: remove them"},
        Mistake{STRICT "alternatives = [ { puzzle = \"sha256\", effort = 5000000, parts = 65 } ]\n",
                "policy.toml:4:65: parts must be a whole number from 1 to 64"},
        Mistake{STRICT "alternatives = [ { puzzle = \"wait\", seconds = 5, parts = 1 } ]\n",
                "policy.toml:4:50: wait has seconds, no parts: remove them"},
        Mistake{STRICT "alternatives = [ { puzzle = \"sha256\", effort = 5000000, level = \"x\" } "
                       "]\n",
                "policy.toml:4:18: there is no level \"x\" to earn: name one that exists"},
        Mistake{STRICT "alternatives = [ { puzzle = \"wait\", seconds = 9, level = \"wait\" } ]\n",
                "policy.toml:4:18: it earns \"wait\", so every clearance of \"light\" would open "
                "\"strict\" as well: let it earn \"strict\" or the level directly below it, or "
                "remove it"},
        Mistake{"[level.strict]\nrank = 9\nalternatives = [ { puzzle = \"sha256\", effort = "
                "5000000 } ]\n",
                "policy.toml:3:18: give the alternative or its level a lifetime, such as "
                "\"12h\""}));

INSTANTIATE_TEST_SUITE_P(
    Floors, PolicyFileMistake,
    testing::Values(
        Mistake{"[level.light]\nalternatives = [ { puzzle = \"sha256\", effort = 3999999 } ]\n",
                "policy.toml:2:18: what this earns opens level \"light\", which asks at least "
                "4000000: raise the effort"},
        Mistake{STRICT "alternatives = [ { puzzle = \"sha256\", effort = 3999999 } ]\n",
                "policy.toml:4:18: what this earns opens level \"light\", which asks at least "
                "4000000: raise the effort"},
        Mistake{"[level.light]\nalternatives = [ { puzzle = \"hashwx\", effort = 131071 } ]\n",
                "policy.toml:2:18: what this earns opens level \"light\", which asks at least "
                "131072: raise the effort"},
        Mistake{"[level.wait]\nalternatives = [ { puzzle = \"hashwx\", effort = 10 } ]\n",
                "policy.toml:2:18: what this earns opens level \"light\", which asks at least "
                "131072: raise the effort"},
        Mistake{"[level.wait]\nalternatives = [ { puzzle = \"sha256\", effort = 10 } ]\n",
                "policy.toml:2:18: what this earns opens level \"light\", which asks at least "
                "4000000: raise the effort"},
        Mistake{"[level.wait]\nalternatives = [ { puzzle = \"wait\", seconds = 4 } ]\n",
                "policy.toml:2:18: wait asks at least 5 seconds: raise them"},
        Mistake{"[level.light]\nalternatives = [ { puzzle = \"wait\", seconds = 5, lifetime = "
                "\"11m\" } ]\n",
                "policy.toml:2:18: what waiting earns lives at most \"10m\": shorten the "
                "lifetime"}));

#define BOT "[agent.bot]\nuser_agent = [\"Bot/\"]\n"
#define AT_10 "[[threshold]]\nat = 10\naction = \"deny\"\n"

INSTANTIATE_TEST_SUITE_P(
    Weights, PolicyFileMistake,
    testing::Values(
        Mistake{"[[rule]]\naction = \"weigh\"\nweight = 0\n",
                "policy.toml:3:1: a weight of 0 changes nothing: write another or remove the rule"},
        Mistake{"[[rule]]\naction = \"weigh\"\nweight = 1001\n",
                "policy.toml:3:10: weight must be a whole number from -1000 to 1000"},
        Mistake{"[[rule]]\naction = \"weigh\"\nweight = 0.5\n",
                "policy.toml:3:10: weight must be a whole number from -1000 to 1000"},
        Mistake{"[[rule]]\naction = \"weigh\"\nweight = 1\nlevel = \"light\"\n",
                "policy.toml:4:1: only a challenge has a level: remove it"},
        Mistake{DENY "weight = 1\n",
                "policy.toml:3:1: only a rule that weighs has a weight: remove it"},
        Mistake{"[default]\naction = \"weigh\"\n",
                "policy.toml:2:1: only a rule weighs: write \"allow\", \"challenge\" or "
                "\"deny\""},
        Mistake{"[threshold]\n",
                "policy.toml:1:1: thresholds are a list: begin each with [[threshold]]"},
        Mistake{"threshold = [1]\n",
                "policy.toml:1:14: a threshold is a table: begin it with [[threshold]]"},
        Mistake{"[[threshold]]\n",
                "policy.toml:1:1: a threshold needs an action: \"allow\", \"challenge\" or "
                "\"deny\"\n"
                "policy.toml:1:1: a threshold needs the sum at which it begins, such as at = 10"},
        Mistake{"[[threshold]]\nat = 1000001\naction = \"deny\"\n",
                "policy.toml:2:6: at must be a whole number from -1000000 to 1000000"},
        Mistake{"[[threshold]]\nat = \"10\"\naction = \"deny\"\n",
                "policy.toml:2:6: at must be a whole number from -1000000 to 1000000"},
        Mistake{AT_10 "name = \"a\"\n",
                "policy.toml:4:1: a threshold has no key \"name\": remove it"},
        Mistake{AT_10 AT_10, "policy.toml:4:1: there is another threshold at 10: remove one"}));

INSTANTIATE_TEST_SUITE_P(
    Agents, PolicyFileMistake,
    testing::Values(
        Mistake{"agent = 1\n", "policy.toml:1:9: agent must be a table"},
        Mistake{"[agent]\nbot = 1\n",
                "policy.toml:2:7: an agent is a table, such as [agent.examplebot]"},
        Mistake{"[agent.bot]\n",
                "policy.toml:1:1: agent \"bot\" needs a user_agent: the texts by which it says so"},
        Mistake{"[agent.\"a b\"]\nuser_agent = [\"x\"]\n",
                "policy.toml:1:1: the name goes into headers and metrics: write letters, digits, "
                "'-', '_' and '.'"},
        Mistake{"[agent.bot]\nuser_agent = []\n",
                "policy.toml:2:14: user_agent must be a list with at least one text: add one, or "
                "remove the key"},
        Mistake{"[agent.bot]\nuser_agent = [\"\"]\n",
                "policy.toml:2:15: the user agent is empty: write one or remove it"},
        Mistake{BOT "reverse_names = [\"*.example.com\"]\n",
                "policy.toml:3:1: an agent has no key \"reverse_names\": did you mean "
                "\"reverse_dns\"?"},
        Mistake{BOT "reverse_dns = [\"*.com\"]\n",
                "policy.toml:3:16: the name would trust a whole top-level domain: write at least "
                "two labels after the first, as in \"*.example.com\""},
        Mistake{BOT "reverse_dns = [\"A.example.com\"]\n",
                "policy.toml:3:16: a host is written in lower case"},
        Mistake{BOT "reverse_dns = [\"a.*.example.com\"]\n",
                "policy.toml:3:16: a name of reverse DNS has '*' at most once and before its first "
                "dot, as in \"*.search.example.com\" or \"crawl-*.example.com\""},
        Mistake{BOT "reverse_dns = [\"*-*.example.com\"]\n",
                "policy.toml:3:16: a name of reverse DNS has '*' at most once and before its first "
                "dot, as in \"*.search.example.com\" or \"crawl-*.example.com\""},
        Mistake{BOT "reverse_dns = [\"*\"]\n",
                "policy.toml:3:16: a name of reverse DNS has '*' at most once and before its first "
                "dot, as in \"*.search.example.com\" or \"crawl-*.example.com\""},
        Mistake{BOT "ip_list = [\"missing\"]\n", "missing: there is no such file"}));

INSTANTIATE_TEST_SUITE_P(
    DefaultPolicy, PolicyFileMistake,
    testing::Values(
        Mistake{"default_policy = 1\n", "policy.toml:1:18: default_policy must be a table"},
        Mistake{"[default_policy]\nai_scraper = \"deny\"\n",
                "policy.toml:2:1: [default_policy] has no key \"ai_scraper\": did you mean "
                "\"ai_scrapers\"?"},
        Mistake{"[default_policy]\nai_scrapers = \"block\"\n",
                "policy.toml:2:15: ai_scrapers must be \"deny\", \"challenge\" or \"allow\", "
                "not \"block\""},
        Mistake{"[default_policy]\nfeeds = [\"/feeds/*\"]\n",
                "policy.toml:2:10: a feed is an exact path, without '*' and '?': write a rule for "
                "more"},
        Mistake{"[default_policy]\nfeeds = \"/feed\"\n",
                "policy.toml:2:9: feeds must be a list of texts, such as feeds = [\"...\"]"},
        Mistake{"[default_policy]\ngit = [\"repos\"]\n",
                "policy.toml:2:8: a path begins with '/' or '*'"},
        Mistake{"[default_policy]\ncredentials = [\"/a/../b\", 7]\n",
                "policy.toml:2:16: the path is not in its normal form and would not match as "
                "meant: write it without dot segments, empty segments, '\\', '#' and needless "
                "percent-encoding\n"
                "policy.toml:2:27: credentials must be a list of texts: put this value in "
                "quotes"}));

TEST(PolicyFile, AppendsTheDefaultRulesToItsOwn) {
  const auto source = ParsePolicyFile(
      "\n[default_policy]\nai_scrapers = \"deny\"\nfeeds = []\ngit = [\"/repos/*\"]\n"
      "credentials = [\"/api/*\"]\n" DENY "name = \"own\"\n",
      "policy.toml");
  ASSERT_TRUE(source.has_value()) << ToString(source.error());
  DefaultChoices choices;
  choices.ai_scrapers = AiScrapers::kDeny;
  choices.feeds = {};
  choices.git = {"/repos/*"};
  choices.credentials = {"/api/*"};
  const std::vector<Rule> defaults = DefaultRules(choices);
  ASSERT_EQ(source->rules.size(), 1 + defaults.size());
  EXPECT_EQ(source->rules[0].name, "own");
  for (std::size_t i = 0; i < defaults.size(); ++i) {
    EXPECT_EQ(source->rules[i + 1].name, defaults[i].name);
    EXPECT_EQ(source->rules[i + 1].place.line, 2u);
  }
}

TEST(PolicyFile, RulesAreNotNamedAsADefaultRuleIs) {
  for (const Rule& rule : DefaultRules({})) {
    EXPECT_EQ(
        FileMistakes("[default_policy]\n" DENY "name = \"" + rule.name + "\"\n"),
        "policy.toml:2:1: the name \"" + rule.name + "\" is that of a default rule: write another");
  }
}

TEST(PolicyFile, RefusesMoreThan16ThresholdsAnd256Agents) {
  std::string text;
  for (int i = 0; i < 16; ++i) {
    text += "[[threshold]]\nat = " + std::to_string(i) + "\naction = \"deny\"\n";
  }
  EXPECT_EQ(FileMistakes(text), "");
  EXPECT_EQ(FileMistakes(text + "[[threshold]]\nat = 16\naction = \"deny\"\n"),
            "policy.toml:49:1: there are more than 16 thresholds: remove some");
  text.clear();
  for (int i = 0; i < 256; ++i) {
    text += "[agent.a" + std::to_string(1000 + i) + "]\nuser_agent = [\"a\"]\n";
  }
  EXPECT_EQ(FileMistakes(text), "");
  EXPECT_EQ(FileMistakes(text + "[agent.b]\nuser_agent = [\"a\"]\n"),
            "policy.toml:513:1: there are more than 256 agents: remove some");
}

TEST(PolicyFile, CheapLevelBelowWhatLightAcceptsIsNoMistake) {
  EXPECT_EQ(FileMistakes(R"(
[level.light]
alternatives = [ { puzzle = "sha256", effort = 4000000 } ]
[level.wait]
alternatives = [ { puzzle = "sha256", effort = 1000 } ]
)"),
            "");
}

TEST(PolicyFile, NamesEveryMistakeInTheOrderOfTheFile) {
  EXPECT_EQ(FileMistakes("[[rule]]\n"
                         "actoin = \"deny\"\n"
                         "path = [\"a\", \"/b\", \"c\"]\n"
                         "[level.light]\n"
                         "rank = 0\n"
                         "[[rule]]\n"
                         "action = \"challenge\"\n"
                         "level = \"none\"\n"),
            "policy.toml:1:1: a rule needs an action: \"allow\", \"challenge\", \"deny\" or "
            "\"weigh\"\n"
            "policy.toml:2:1: a rule has no key \"actoin\": did you mean \"action\"?\n"
            "policy.toml:3:9: a path begins with '/' or '*'\n"
            "policy.toml:3:20: a path begins with '/' or '*'\n"
            "policy.toml:5:8: rank must be a whole number from 1 to 255\n"
            "policy.toml:8:9: level must be \"light\", \"wait\" or \"standard\", not \"none\"");
}

TEST(PolicyFile, SaysWhereTomlEnds) {
  EXPECT_THAT(FileMistakes("[[rule]]\naction = \"deny\n"),
              HasSubstr("policy.toml:2:15: this is no TOML: "));
  EXPECT_THAT(FileMistakes("a = 1\na = 2\n"), HasSubstr("policy.toml:2:"));
  EXPECT_THAT(FileMistakes("a = \"\xff\"\n"), HasSubstr("this is no TOML: "));
  EXPECT_THAT(FileMistakes("a = " + std::string(kMaxTomlDepth, '[')),
              HasSubstr("this is no TOML: "));
}

TEST(PolicyFile, RefusesTooMuchTextBeforeItIsParsed) {
  const auto result = ParsePolicyFile(std::string((4u << 20) + 1, '='), "p");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error()[0].code, ErrorCode::kOutOfRange);
  EXPECT_THAT(ToString(result.error()), HasSubstr("keep it under 4 MiB"));
  EXPECT_EQ(FileMistakes(std::string(4u << 20, '\n')), "");
}

TEST(PolicyFile, RefusesMoreThan10000Rules) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += DENY;
  EXPECT_EQ(FileMistakes(text), "");
  text += DENY;
  EXPECT_EQ(FileMistakes(text),
            "policy.toml:20001:1: there are more than 10000 rules: remove some");
}

TEST(PolicyFile, RefusesMoreThan64LevelsAndMethods) {
  std::string text;
  for (int i = 0; i < 65; ++i) text += "[level.l" + std::to_string(100 + i) + "]\n";
  EXPECT_THAT(FileMistakes(text), HasSubstr("policy.toml:65:1: there are more than 64 levels"));
  text = DENY "method = [";
  for (int i = 0; i < 65; ++i) {
    text += std::string(i == 0 ? "\"" : ", \"") + static_cast<char>('A' + i % 26) +
            static_cast<char>('A' + i / 26) + "\"";
  }
  EXPECT_THAT(FileMistakes(text + "]\n"), HasSubstr("more than 64 methods"));
}

TEST(PolicyFile, WhatItAcceptsCompiles) {
  const auto source =
      ParsePolicyFile("[[rule]]\naction = \"deny\"\n[[rule]]\naction = \"allow\"\n", "policy.toml");
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(SourceMistakes(*source), "");
}

}  // namespace
}  // namespace stile
