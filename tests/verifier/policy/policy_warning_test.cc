#include "verifier/policy/policy_warning.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "tests/verifier/policy/policy_fixture.h"
#include "verifier/policy/policy_file.h"

namespace stile {
namespace {

constexpr UnixMillis kNow = UnixMillis{1'795'600'800'000};  // 2026-11-25T10:00:00Z

// One line a warning: "line:column: message".
std::string WarningsIn(std::string_view text) {
  const auto source = ParsePolicyFile(text, "policy.toml", ListNamedByItsRanges);
  if (!source) return "mistakes: " + ToString(source.error());
  std::string lines;
  for (const PolicyWarning& warning : WarningsOf(*source, kNow)) {
    if (!lines.empty()) lines += '\n';
    lines += std::to_string(warning.place.line) + ":" + std::to_string(warning.place.column) +
             ": " + warning.message;
  }
  return lines;
}

#define RULE(name, keys) "[[rule]]\nname = \"" name "\"\n" keys "\n"
#define ALLOW "action = \"allow\"\n"
#define DENY "action = \"deny\"\n"
#define LIGHT "action = \"challenge\"\nlevel = \"light\"\n"
#define WEIGH "action = \"weigh\"\nweight = 5\n"

TEST(PolicyWarning, OrdinaryPoliciesHaveNone) {
  EXPECT_EQ(WarningsIn(""), "");
  EXPECT_EQ(WarningsIn(RULE("a", ALLOW "path = [\"/feed.xml\"]") RULE("b", DENY "path = [\"/*\"]")),
            "");
}

TEST(PolicyWarning, SaysNothingOfWhatTheDefaultPolicyDoesByItself) {
  EXPECT_EQ(WarningsIn("[default_policy]\ngit = [\"/git/*\"]\ncredentials = [\"/api/*\"]\n"), "");
  EXPECT_EQ(WarningsIn(RULE("a", ALLOW "path = [\"/robots.txt\"]") "[default_policy]\n"), "");
}

TEST(PolicyWarning, NamesTheChoiceThatOpensASiteToWhoeverSaysAName) {
  EXPECT_EQ(WarningsIn("[default_policy]\nai_scrapers = \"allow\"\n"),
            "1:1: rule \"default.ai-scrapers\" lets through on nothing but what anyone can send: "
            "add an ip, an ip_list, an agent or another proof, or challenge instead");
}

TEST(PolicyWarning, NamesLevelsThatNeedJavaScriptOnce) {
  EXPECT_EQ(WarningsIn(RULE("a", "action = \"challenge\"\nlevel = \"standard\"\npath = [\"/a\"]")
                           RULE("b", "action = \"challenge\"\nlevel = \"standard\"")),
            "1:1: rule \"a\" asks for level \"standard\", which no visitor without JavaScript can "
            "reach: give the level an alternative that waits, or ask for another");
  EXPECT_EQ(WarningsIn("[default]\naction = \"challenge\"\nlevel = \"standard\"\n"),
            "1:1: the default asks for level \"standard\", which no visitor without JavaScript can "
            "reach: give the level an alternative that waits, or ask for another");
  EXPECT_EQ(WarningsIn("[level.standard]\nalternatives = [ { puzzle = \"wait\", seconds = 30 } ]\n"
                       "[default]\naction = \"challenge\"\nlevel = \"standard\"\n"),
            "");
}

// What one rule below another is warned of; empty if nothing. The upper one stands at line 1.
std::string Below(std::string_view upper, std::string_view lower) {
  const std::string warnings = WarningsIn("[[rule]]\nname = \"above\"\n" + std::string(upper) +
                                          "\n[[rule]]\nname = \"below\"\n" + std::string(lower) +
                                          "\n[[threshold]]\nat = 5\naction = \"deny\"\n");
  const std::size_t at = warnings.find("rule \"below\" ");
  return at == std::string::npos ? std::string()
                                 : warnings.substr(at, warnings.find('\n', at) - at);
}
constexpr char kNever[] =
    "rule \"below\" can never match: rule \"above\" above decides whatever it would; move this one "
    "above it, or remove it";
constexpr char kExemptOnly[] =
    "rule \"below\" meets only what is never challenged, such as /robots.txt: rule \"above\" above "
    "decides the rest; move this one above it, or remove it";

TEST(PolicyWarning, NamesRulesBelowOneThatDecidesFirst) {
  EXPECT_EQ(Below(DENY, ALLOW "ip = [\"192.0.2.1\"]"), kNever);
  EXPECT_EQ(Below(LIGHT, LIGHT "path = [\"/a\"]"), kNever);
  EXPECT_EQ(Below(LIGHT, ALLOW "path = [\"/a\"]"), kExemptOnly);
  EXPECT_EQ(Below(LIGHT, WEIGH "path = [\"/a\"]"), kExemptOnly);
  EXPECT_EQ(Below(DENY "path = [\"/a*\"]", DENY "path = [\"/a/b*c\", \"/ab\"]"), kNever);
  EXPECT_EQ(Below(DENY "path = [\"/a*\"]", ALLOW "path = [\"/a\"]"), kNever);
  EXPECT_EQ(Below(ALLOW "path = [\"/a*\"]", ALLOW "path = [\"/a\"]"), kNever);
  EXPECT_EQ(Below(DENY "host = [\"*.example.org\"]", DENY "host = [\"a.b.example.org\"]"), kNever);
  EXPECT_EQ(Below(DENY "host = [\"*\"]", DENY "path = [\"/a\"]"), kNever);
  EXPECT_EQ(Below(DENY "method = [\"GET\", \"HEAD\"]", DENY "method = [\"GET\"]\nhost = [\"a\"]"),
            kNever);
  EXPECT_EQ(Below(DENY "user_agent = [\"bot\"]", DENY "user_agent = [\"Googlebot/\"]"), kNever);
  EXPECT_EQ(Below(DENY "ip = [\"10.0.0.0/8\"]", DENY "ip = [\"10.1.0.0/16\", \"10.0.0.1\"]"),
            kNever);
  EXPECT_EQ(Below(DENY "ip_list = [\"10.0.0.0/8\"]", DENY "ip_list = [\"10.0.0.0/8 \"]"), kNever);
  EXPECT_EQ(Below(DENY "country = [\"NO\", \"SE\"]", DENY "country = [\"SE\"]"), kNever);
  EXPECT_EQ(Below(DENY "rank = 2", DENY "rank = 3"), kNever);
  EXPECT_EQ(Below(DENY "header = { name = \"A\", equals = [\"x\", \"y\"] }",
                  ALLOW "header = { name = \"a\", equals = [\"y\"] }\nip = [\"10.0.0.1\"]"),
            kNever);
  EXPECT_EQ(
      Below(DENY "any = [ { host = [\"a\"] }, { path = [\"/a/*\"] } ]", DENY "path = [\"/a/b\"]"),
      kNever);
  EXPECT_EQ(Below(DENY "not = { ip = [\"10.0.0.0/8\"] }",
                  DENY "path = [\"/\"]\nnot = { ip = [\"10.0.0.0/8\"] }"),
            kNever);
}

TEST(PolicyWarning, SaysNothingWhereItIsNotSure) {
  EXPECT_EQ(Below(ALLOW "path = [\"/a*\"]", DENY "path = [\"/a\"]"), "") << "other readings";
  EXPECT_EQ(Below(DENY "path = [\"/a\"]", DENY "path = [\"/a*\"]"), "");
  EXPECT_EQ(Below(DENY "path = [\"/a?\"]", DENY "path = [\"/ab\"]"), "");
  EXPECT_EQ(Below(DENY "host = [\"*.example.org\"]", DENY "host = [\"example.org\"]"), "");
  EXPECT_EQ(Below(DENY "host = [\"*.example.org\"]", DENY "path = [\"/a\"]"), "");
  EXPECT_EQ(Below(DENY "method = [\"GET\"]", DENY "method = [\"GET\", \"POST\"]"), "");
  EXPECT_EQ(Below(DENY "ip = [\"10.0.0.0/8\"]", DENY "ip = [\"::/0\"]"), "");
  EXPECT_EQ(Below(DENY "ip = [\"10.0.0.0/16\"]", DENY "ip = [\"10.0.0.0/8\"]"), "");
  EXPECT_EQ(
      Below(DENY "ip = [\"10.0.0.0/8\"]", DENY "ip = [\"10.0.0.1\"]\nip_list = [\"192.0.2.1\"]"),
      "");
  EXPECT_EQ(Below(DENY "country = [\"NO\"]", DENY "country = [\"NO\", \"unknown\"]"), "");
  EXPECT_EQ(Below(DENY "rank = 3", DENY "rank = 2"), "");
  EXPECT_EQ(Below(DENY "all = [ { host = [\"a\"] }, { path = [\"/b\"] } ]", DENY "host = [\"a\"]"),
            "");
  EXPECT_EQ(Below(DENY "mode = \"shadow\"", DENY "path = [\"/a\"]"), "");
  EXPECT_EQ(Below(DENY "mode = \"off\"", DENY "path = [\"/a\"]"), "");
  EXPECT_EQ(Below(DENY, DENY "mode = \"off\""), "");
  EXPECT_EQ(Below(WEIGH, DENY "path = [\"/a\"]"), "");
  // Where the regular expression gives up, the country need not be known for it to match.
  EXPECT_EQ(Below(DENY "country = [\"NO\"]", DENY "country = [\"NO\"]\npath_regex = [\"abc\"]"),
            "");
  EXPECT_EQ(Below(DENY "host = [\"a\"]", DENY "host = [\"a\"]\npath_regex = [\"abc\"]"), kNever);
}

TEST(PolicyWarning, NamesTheFirstOfSeveralAbove) {
  EXPECT_EQ(
      WarningsIn(RULE("a", DENY "path = [\"/x/*\"]") RULE("b", DENY "path = [\"/x/*\", \"/y\"]")
                     RULE("c", DENY "path = [\"/x/1\"]") RULE("d", DENY "path = [\"/y\"]")),
      "9:1: rule \"c\" can never match: rule \"a\" above decides whatever it would; move this "
      "one above it, or remove it\n"
      "13:1: rule \"d\" can never match: rule \"b\" above decides whatever it would; move "
      "this one above it, or remove it");
}

// A few million comparisons of rules are made and no more.
TEST(PolicyWarning, TakesNoLongerForTenThousandRules) {
  PolicySource source;
  for (int i = 0; i < 10'000; ++i) {
    Rule rule = DenyPath("/section" + std::to_string(i) + "/*");
    rule.name = std::to_string(i);
    if (i % 2 == 1) rule.paths.clear();
    if (i % 2 == 1) rule.user_agents = {"agent" + std::to_string(i) + "/"};
    source.rules.push_back(rule);
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(WarningsOf(source, kNow).empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

std::string OfRule(std::string_view keys) {
  return WarningsIn("[[rule]]\nname = \"a\"\n" + std::string(keys));
}

TEST(PolicyWarning, NamesRulesThatByThemselvesNeverMatch) {
  EXPECT_EQ(OfRule(DENY "rate = 300"),
            "1:1: rule \"a\" can never match: nothing measures rates in this version; remove rate");
  EXPECT_EQ(OfRule(DENY "all = [ { overload = 80 } ]"),
            "1:1: rule \"a\" can never match: nothing measures the overload in this version; "
            "remove overload");
  EXPECT_EQ(OfRule(DENY "not = { rate = 300 }"),
            "1:1: rule \"a\" can never match: nothing measures rates in this version; remove rate");
  EXPECT_EQ(OfRule(DENY "any = [ { rate = 300 }, { path = [\"/a\"] } ]"), "");
  EXPECT_EQ(OfRule(DENY "rank = 9"),
            "1:1: rule \"a\" can never match: no clearance has rank 9; ask for one that some level "
            "earns");
  EXPECT_EQ(OfRule(DENY "rank = 3\nnot = { rank = 2 }"),
            "1:1: rule \"a\" can never match: whatever its other matchers match is excluded by "
            "not; change one of them");
  EXPECT_EQ(OfRule(DENY "rank = 2\nnot = { rank = 3 }"), "");
  EXPECT_EQ(OfRule(DENY "agent = [\"bot\"]\n[agent.bot]\nuser_agent = [\"Bot/\"]"),
            "1:1: rule \"a\" can never match: agent \"bot\" has neither ip_list nor reverse_dns to "
            "verify it by; add one");
  EXPECT_EQ(OfRule(DENY "rate = 300\nmode = \"off\""), "");
}

TEST(PolicyWarning, NamesAllowRulesThatRestOnWhatAnyoneSends) {
  const std::string expected =
      "1:1: rule \"a\" lets through on nothing but what anyone can send: add an ip, an ip_list, an "
      "agent or another proof, or challenge instead";
  EXPECT_EQ(OfRule(ALLOW "user_agent = [\"Googlebot\"]"), expected);
  EXPECT_EQ(OfRule(ALLOW "path = [\"/a\"]\nheader = { name = \"X-Key\", equals = [\"1\"] }"),
            expected);
  EXPECT_EQ(OfRule(ALLOW "query = { name = \"key\", present = true }"), expected);
  EXPECT_EQ(OfRule(ALLOW "any = [ { ip = [\"10.0.0.1\"] }, { user_agent = [\"x\"] } ]"), expected);
  EXPECT_EQ(OfRule(ALLOW "any = [ { ip = [\"10.0.0.1\"] }, { rank = 2 } ]\nuser_agent = [\"x\"]"),
            "");
  EXPECT_EQ(OfRule(ALLOW "user_agent = [\"Bot\"]\nip = [\"10.0.0.1\"]"), "");
  EXPECT_EQ(OfRule(DENY "user_agent = [\"Bot\"]"), "");
}

TEST(PolicyWarning, UnknownIsNoProof) {
  const std::string expected =
      "1:1: rule \"a\" lets through on nothing but what anyone can send: add an ip, an ip_list, an "
      "agent or another proof, or challenge instead";
  for (const char* matcher :
       {"country = [\"unknown\"]", "country = [\"NO\", \"unknown\"]", "asn = [\"unknown\"]",
        "asn = [64500, \"unknown\"]", "tls_fingerprint = [\"unknown\"]"}) {
    EXPECT_EQ(OfRule(ALLOW "user_agent = [\"Bot\"]\n" + std::string(matcher)), expected) << matcher;
  }
  for (const char* matcher :
       {"country = [\"NO\"]", "asn = [64500]", "tls_fingerprint = [\"t13d1516h2\"]",
        "country = [\"unknown\"]\nasn = [64500]"}) {
    EXPECT_EQ(OfRule(ALLOW "user_agent = [\"Bot\"]\n" + std::string(matcher)), "") << matcher;
  }
}

TEST(PolicyWarning, NamesNegativeWeightsThatRestOnWhatAnyoneSends) {
  const std::string threshold = "\n[[threshold]]\nat = 5\naction = \"deny\"\n" RULE("up", WEIGH);
  const auto of_weight = [&](const std::string& weight, const std::string& matcher) {
    return OfRule("action = \"weigh\"\nweight = " + weight + "\n" + matcher + threshold);
  };
  const std::string expected =
      "1:1: rule \"a\" lowers the sum of weights on nothing but what anyone can send: add an ip, "
      "an "
      "ip_list, an agent or another proof, or remove it";
  EXPECT_EQ(of_weight("-5", "user_agent = [\"Bot\"]"), expected);
  EXPECT_EQ(of_weight("-5", "header = { name = \"X-Key\", equals = [\"1\"] }"), expected);
  EXPECT_EQ(of_weight("-5", "query = { name = \"key\", present = true }"), expected);
  EXPECT_EQ(of_weight("-5", "user_agent = [\"Bot\"]\nip = [\"10.0.0.1\"]"), "");
  EXPECT_EQ(of_weight("-5", "path = [\"/a\"]"), "");
  EXPECT_EQ(of_weight("5", "user_agent = [\"Bot\"]"), "");
}

TEST(PolicyWarning, NamesVastRangesThatAreLetThrough) {
  EXPECT_EQ(OfRule(ALLOW "ip = [\"192.0.2.0/24\", \"8.0.0.0/7\"]"),
            "1:1: rule \"a\" lets 8.0.0.0/7 through, a large part of the internet: name smaller "
            "ranges");
  EXPECT_EQ(OfRule(ALLOW "ip_list = [\"2000::/15\"]"),
            "1:1: rule \"a\" lets 2000::/15 of \"2000::/15\" through, a large part of the "
            "internet: name smaller ranges");
  EXPECT_EQ(OfRule(ALLOW "ip = [\"8.0.0.0/8\", \"2000::/16\"]"), "");
  const std::string four = "\"8.0.0.0/8\", \"9.0.0.0/8\", \"10.0.0.0/8\", \"11.0.0.0/8\"";
  EXPECT_EQ(OfRule(ALLOW "ip = [" + four + "]"), "");
  EXPECT_EQ(OfRule(ALLOW "ip = [" + four + ", \"12.0.0.1\"]"),
            "1:1: rule \"a\" lets more than 67108864 IPv4 addresses through, a large part of the "
            "internet: name smaller ranges");
  EXPECT_EQ(OfRule(DENY "ip = [\"0.0.0.0/0\"]"), "");
  EXPECT_EQ(OfRule(ALLOW "path = [\"/a\"]\nnot = { ip = [\"0.0.0.0/0\"] }"), "");
}

TEST(PolicyWarning, NamesOldListsOfAgentsInUse) {
  const std::string agent = "[agent.bot]\nuser_agent = [\"Bot/\"]\nip_list = [\"";
  const std::string in_use = "\"]\n[[rule]]\nname = \"a\"\naction = \"allow\"\nagent = [\"bot\"]\n";
  EXPECT_EQ(WarningsIn(agent + "# created: 2026-08-20T00:00:00Z" + in_use),
            "4:1: the ranges of agent \"bot\" in \"# created: 2026-08-20T00:00:00Z\" are those of "
            "2026-08-20, 97 days ago: fetch the list anew");
  EXPECT_EQ(WarningsIn(agent + "# created: 2026-08-27T11:00:00Z" + in_use), "");
  EXPECT_EQ(WarningsIn(agent + "# created: 2026-08-20T00:00:00Z\"]\n"), "");
}

TEST(PolicyWarning, NamesWeightsAndThresholdsThatDoNothing) {
  EXPECT_EQ(WarningsIn(RULE("a", WEIGH)),
            "1:1: rule \"a\" weighs, and there is no threshold that it could reach: add a "
            "[[threshold]]");
  EXPECT_EQ(WarningsIn(RULE("a", WEIGH) "[[threshold]]\nat = 6\naction = \"deny\"\n"),
            "1:1: the threshold at 6 is never reached: all weights together make 5");
  EXPECT_EQ(WarningsIn(RULE("a", WEIGH) "[[threshold]]\nat = 5\naction = \"deny\"\n"), "");
}

}  // namespace
}  // namespace stile
