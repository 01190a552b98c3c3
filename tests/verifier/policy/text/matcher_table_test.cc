#include "verifier/policy/text/matcher_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/verifier/policy/policy_fixture.h"
#include "verifier/policy/policy_file.h"

namespace stile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PolicySource SourceOf(std::string_view text) {
  auto source = ParsePolicyFile(text, "policy.toml", ListNamedByItsRanges);
  if (source) return *std::move(source);
  ADD_FAILURE() << ToString(source.error()) << "\n" << text;
  return {};
}

Rule RuleWith(std::string_view keys) {
  const PolicySource source = SourceOf("[[rule]]\naction = \"deny\"\n" + std::string(keys) + "\n");
  return source.rules.empty() ? Rule{} : source.rules[0];
}

TEST(MatcherTable, ReadsWhatIsAskedOfTheRequest) {
  const Rule rule = RuleWith(R"toml(
path_regex = ["^/wp-(admin|login)", "\\.php$"]
user_agent_regex = ["(?i)python-requests/[0-9]"]
tls_fingerprint = ["t13d1516h2_8daaf6152771_b186095e22b6", "unknown"]
)toml");
  EXPECT_THAT(rule.path_regexes, ElementsAre("^/wp-(admin|login)", "\\.php$"));
  EXPECT_THAT(rule.user_agent_regexes, ElementsAre("(?i)python-requests/[0-9]"));
  EXPECT_THAT(rule.tls_fingerprints,
              ElementsAre("t13d1516h2_8daaf6152771_b186095e22b6", "unknown"));
}

TEST(MatcherTable, ReadsHeadersInLowerCaseAndParametersAsTheyAre) {
  const Rule rule = RuleWith(R"(
header = { name = "Accept-Language", absent = true }
query = [ { name = "Page", equals = ["1", ""] }, { contains = ["../"] }, { regex = ["union.+select"] } ]
)");
  ASSERT_EQ(rule.headers.size(), 1u);
  EXPECT_EQ(rule.headers[0].name, "accept-language");
  EXPECT_EQ(rule.headers[0].question, FieldQuestion::kAbsent);
  EXPECT_TRUE(rule.headers[0].values.empty());
  ASSERT_EQ(rule.queries.size(), 3u);
  EXPECT_EQ(rule.queries[0].name, "Page");
  EXPECT_EQ(rule.queries[0].question, FieldQuestion::kEquals);
  EXPECT_THAT(rule.queries[0].values, ElementsAre("1", ""));
  EXPECT_EQ(rule.queries[1].name, "");
  EXPECT_EQ(rule.queries[1].question, FieldQuestion::kContains);
  EXPECT_EQ(rule.queries[2].question, FieldQuestion::kRegex);
}

TEST(MatcherTable, ReadsTablesOfHeadersToo) {
  const Rule rule = RuleWith(
      "[[rule.header]]\nname = \"A\"\npresent = true\n"
      "[[rule.header]]\nname = \"B\"\ncontains = [\"x\"]\n");
  ASSERT_EQ(rule.headers.size(), 2u);
  EXPECT_EQ(rule.headers[0].question, FieldQuestion::kPresent);
  EXPECT_EQ(rule.headers[1].name, "b");
}

TEST(MatcherTable, ReadsWhatIsAskedOfTheClient) {
  const Rule rule = RuleWith(R"(
ip_list = ["192.0.2.0/24 10.0.0.0/8", "2001:db8::/32", "2001:db8::/32"]
country = ["NO", "unknown"]
asn = [64500, "unknown", 4294967295]
rate = 300
overload = 80
)");
  ASSERT_EQ(rule.ip_lists.size(), 3u);
  EXPECT_EQ(rule.ip_lists[0]->ranges.size(), 2u);
  EXPECT_EQ(rule.ip_lists[1], rule.ip_lists[2]) << "read once";
  EXPECT_THAT(rule.countries, ElementsAre("NO", "unknown"));
  EXPECT_THAT(rule.asns, ElementsAre(64'500u, 0u, 4'294'967'295u));
  EXPECT_EQ(rule.rate, 300u);
  EXPECT_EQ(rule.overload, 80);
}

TEST(MatcherTable, ReadsARankAsNumberAndAsLevel) {
  EXPECT_EQ(RuleWith("rank = 2").rank_held, 2);
  EXPECT_EQ(RuleWith("rank = \"standard\"").rank_held, 3);
  EXPECT_EQ(RuleWith("rank = 255").rank_held, 255);
  EXPECT_FALSE(RuleWith("").rank_held.has_value());
}

TEST(MatcherTable, ReadsNestedTables) {
  const Rule rule = RuleWith(R"(
any = [ { path = ["/a"] }, { all = [ { host = ["a"] }, { not = { rank = 2 } } ] } ]
[rule.not]
method = ["GET"]
)");
  ASSERT_EQ(rule.any.size(), 2u);
  EXPECT_THAT(rule.any[0].paths, ElementsAre("/a"));
  ASSERT_EQ(rule.any[1].all.size(), 2u);
  ASSERT_EQ(rule.any[1].all[1].negated.size(), 1u);
  EXPECT_EQ(rule.any[1].all[1].negated[0].rank_held, 2);
  ASSERT_EQ(rule.negated.size(), 1u);
  EXPECT_THAT(rule.negated[0].methods, ElementsAre("GET"));
}

TEST(MatcherTable, ReadsAgentsThatTheFileDefines) {
  const PolicySource source = SourceOf(R"(
[[rule]]
action = "allow"
agent = ["examplebot"]
[agent.examplebot]
user_agent = ["Examplebot/"]
ip_list = ["192.0.2.0/24"]
reverse_dns = ["*.crawl.example.com", "crawl-*.examplebot.com"]
[agent.other]
user_agent = ["Other"]
reverse_dns = []
ip_list = []
)");
  EXPECT_THAT(source.rules[0].agents, ElementsAre("examplebot"));
  ASSERT_EQ(source.agents.size(), 2u);
  EXPECT_EQ(source.agents[0].name, "examplebot");
  EXPECT_THAT(source.agents[0].user_agents, ElementsAre("Examplebot/"));
  ASSERT_EQ(source.agents[0].lists.size(), 1u);
  EXPECT_THAT(source.agents[0].reverse_names,
              ElementsAre("*.crawl.example.com", "crawl-*.examplebot.com"));
  EXPECT_TRUE(source.agents[1].lists.empty());
}

TEST(MatcherTable, AnAgentKeepsWhatItLeavesOutOfABuiltInOne) {
  for (const Agent& built_in : BuiltInAgents()) {
    const PolicySource source =
        SourceOf("[agent." + built_in.name + "]\nip_list = [\"192.0.2.0/24\"]\n");
    ASSERT_EQ(source.agents.size(), 1u);
    EXPECT_EQ(source.agents[0].user_agents, built_in.user_agents);
    EXPECT_EQ(source.agents[0].reverse_names, built_in.reverse_names);
    ASSERT_EQ(source.agents[0].lists.size(), 1u);
    EXPECT_EQ(source.agents[0].lists[0]->name, "192.0.2.0/24");
  }
}

TEST(MatcherTable, ReadsWeightsAndThresholds) {
  const PolicySource source = SourceOf(R"(
[[rule]]
action = "weigh"
weight = -1000
path = ["/a;b"]
[[rule]]
action = "weigh"
weight = 1000
[[threshold]]
at = 10
action = "challenge"
level = "standard"
[[threshold]]
at = -20
action = "deny"
)");
  EXPECT_EQ(source.rules[0].action, Action::kNone);
  EXPECT_EQ(source.rules[0].weight, -1000);
  EXPECT_EQ(source.rules[1].weight, 1000);
  ASSERT_EQ(source.thresholds.size(), 2u);
  EXPECT_EQ(source.thresholds[0].at, 10);
  EXPECT_EQ(source.thresholds[0].action, Action::kChallenge);
  EXPECT_EQ(source.thresholds[0].rank, 3);
  EXPECT_EQ(source.thresholds[1].at, -20);
  EXPECT_EQ(source.thresholds[1].action, Action::kDeny);
}

TEST(MatcherTable, KnowsWhereARuleStands) {
  const PolicySource source =
      SourceOf("[[rule]]\naction = \"deny\"\n\n  [[rule]]\naction = \"allow\"\n");
  EXPECT_EQ(source.rules[0].place.line, 1u);
  EXPECT_EQ(source.rules[1].place.line, 4u);
  EXPECT_EQ(source.rules[1].place.column, 3u);
}

struct Mistake {
  const char* text;
  const char* expected;
};

class MatcherTableMistake : public testing::TestWithParam<Mistake> {};

// The key stands in line 3 of a rule that denies.
TEST_P(MatcherTableMistake, IsNamedWithPlaceAndRemedy) {
  const std::string file = "[[rule]]\naction = \"deny\"\n" + std::string(GetParam().text) + "\n";
  EXPECT_EQ(FileMistakes(file), "policy.toml:" + std::string(GetParam().expected))
      << GetParam().text;
}

#define NO_LITERAL                                                                   \
  "every request would have to be searched for the regular expression: write it so " \
  "that a text of 3 bytes or more is in whatever it finds"

INSTANTIATE_TEST_SUITE_P(
    Regexes, MatcherTableMistake,
    testing::Values(
        Mistake{"path_regex = \"abc\"",
                "3:14: path_regex must be a list of texts, such as path_regex = [\"...\"]"},
        Mistake{"path_regex = [\"\"]",
                "3:15: the regular expression is empty: write one or remove it"},
        Mistake{"path_regex = ['(abc']",
                "3:15: this is no regular expression: a '(' has no ')', at \"(abc\""},
        Mistake{"path_regex = ['abc)']",
                "3:15: this is no regular expression: a ')' has no '(', at \"abc)\""},
        Mistake{"path_regex = ['abc[']",
                "3:15: this is no regular expression: a '[' has no ']', at \"[\""},
        Mistake{"path_regex = ['abc[[:x:]]']",
                "3:15: this is no regular expression: it has a character class that RE2 doesn't "
                "know, at \"[:x:]\""},
        Mistake{"path_regex = ['abc[z-a]']",
                "3:15: this is no regular expression: it has a character class that RE2 doesn't "
                "know, at \"z-a\""},
        Mistake{"path_regex = ['abc\\']",
                "3:15: this is no regular expression: it ends with a '\\'"},
        Mistake{"path_regex = ['abc\\y']",
                "3:15: this is no regular expression: it has an escape that RE2 doesn't know, at "
                "\"\\y\""},
        Mistake{"path_regex = ['*abc']",
                "3:15: this is no regular expression: nothing stands before a repetition, at "
                "\"*\""},
        Mistake{"path_regex = ['abc{1001}']",
                "3:15: this is no regular expression: it repeats something more than 1000 times, "
                "at \"{1001}\""},
        Mistake{"path_regex = ['abc**']",
                "3:15: this is no regular expression: it has two repetitions in a row, at \"**\""},
        Mistake{"path_regex = ['(?=abc)']",
                "3:15: this is no regular expression: RE2 can't look around, and doesn't know this "
                "group, at \"(?=\""},
        Mistake{"path_regex = ['(?P<a.b>abc)']",
                "3:15: this is no regular expression: a group has a wrong name, at \"(?P<a.b>\""},
        Mistake{
            "path_regex = ['abc([a-c]|ef){1000}([a-c]|ef){1000}([a-c]|ef){1000}([a-c]|ef){1000}']",
            "3:15: this is no regular expression: it becomes too large: repeat less"},
        Mistake{"path_regex = ['.*']", "3:15: " NO_LITERAL},
        Mistake{"path_regex = ['ab']", "3:15: " NO_LITERAL},
        Mistake{"path_regex = ['abc|[0-9]+']", "3:15: " NO_LITERAL},
        Mistake{"user_agent_regex = ['^$']", "3:21: " NO_LITERAL},
        Mistake{"header = { name = \"A\", regex = ['(abc'] }",
                "3:33: this is no regular expression: a '(' has no ')', at \"(abc\""},
        Mistake{"query = { regex = ['.'] }", "3:20: " NO_LITERAL}));

INSTANTIATE_TEST_SUITE_P(
    Fields, MatcherTableMistake,
    testing::Values(
        Mistake{"header = 1", "3:10: header must be a table, or a list with at least one table"},
        Mistake{"header = []", "3:10: header must be a table, or a list with at least one table"},
        Mistake{"header = [1]", "3:11: header must be a list of tables"},
        Mistake{"header = { present = true }",
                "3:10: a header needs a name, such as name = \"Accept\""},
        Mistake{"header = { name = 1, present = true }", "3:19: name must be a text in quotes"},
        Mistake{"header = { name = \"A b\", present = true }",
                "3:19: the name of a header has letters, digits and '-': write it without ':' and "
                "spaces"},
        Mistake{"header = { name = \"\", present = true }",
                "3:19: the name of a header is empty: write one or remove it"},
        Mistake{"header = { name = \"A\" }",
                "3:10: a header is asked something: add present = true, absent = true, equals, "
                "contains or regex"},
        Mistake{"header = { name = \"A\", present = true, equals = [\"a\"] }",
                "3:40: a header is asked one thing, and present is there already: remove one, or "
                "write two tables"},
        Mistake{"header = { name = \"A\", present = false }",
                "3:34: present must be true: for the opposite write absent = true"},
        Mistake{"header = { name = \"A\", absent = 1 }",
                "3:33: absent must be true: for the opposite write present = true"},
        Mistake{"header = { name = \"A\", contain = [\"a\"], present = true }",
                "3:24: a header has no key \"contain\": did you mean \"contains\"?"},
        Mistake{"header = { name = \"A\", contains = [\"\"] }",
                "3:36: the value is empty: write one or remove it"},
        Mistake{"header = { name = \"A\", equals = [1] }",
                "3:34: equals must be a list of texts: put this value in quotes"},
        Mistake{"query = { present = true }", "3:11: present asks for a parameter: give its name"},
        Mistake{"query = { name = \"\", present = true }",
                "3:18: the name of a parameter is empty: write one or remove it"},
        Mistake{"query = { name = \"a\" }",
                "3:9: a query is asked something: add present = true, absent = true, equals, "
                "contains or regex"}));

#define ASN_WANTED                                                                       \
  "asn must be a list of whole numbers from 1 to 4294967295, such as asn = [64500], or " \
  "\"unknown\""

INSTANTIATE_TEST_SUITE_P(
    Clients, MatcherTableMistake,
    testing::Values(
        Mistake{"ip_list = \"a\"",
                "3:11: ip_list must be a list of texts, such as ip_list = [\"...\"]"},
        Mistake{"ip_list = [\"\"]", "3:12: the name of the list is empty: write one or remove it"},
        Mistake{"ip_list = [\"a\\u0001\"]",
                "3:12: the name of the list has control characters: write it without"},
        Mistake{"country = [\"no\"]",
                "3:12: a country is two upper-case letters such as \"NO\", or \"unknown\""},
        Mistake{"country = [\"NOR\"]",
                "3:12: a country is two upper-case letters such as \"NO\", or \"unknown\""},
        Mistake{"country = [7]", "3:12: country must be a list of texts: put this value in quotes"},
        Mistake{"asn = 64500", "3:7: " ASN_WANTED}, Mistake{"asn = []", "3:7: " ASN_WANTED},
        Mistake{"asn = [\"AS64500\"]", "3:8: " ASN_WANTED},
        Mistake{"asn = [0]", "3:8: the number of a network must be from 1 to 4294967295"},
        Mistake{"asn = [1, 4294967296]",
                "3:11: the number of a network must be from 1 to 4294967295"},
        Mistake{"agent = [\"nobot\"]",
                "3:10: there is no agent \"nobot\": define it as [agent.nobot], or remove it"},
        Mistake{"agent = [\"bing\"]",
                "3:10: there is no agent \"bing\": did you mean \"bingbot\"?"},
        Mistake{"agent = [\"examplebto\"]\n[agent.examplebot]\nuser_agent = [\"E\"]",
                "3:10: there is no agent \"examplebto\": did you mean \"examplebot\"?"},
        Mistake{"tls_fingerprint = [\"\"]",
                "3:20: the fingerprint is empty: write one or remove it"},
        Mistake{"rank = 0", "3:8: rank must be a whole number from 1 to 255"},
        Mistake{"rank = 256", "3:8: rank must be a whole number from 1 to 255"},
        Mistake{"rank = [2]", "3:8: rank must be a whole number from 1 to 255"},
        Mistake{"rank = \"lihgt\"",
                "3:8: rank must be \"wait\", \"light\" or \"standard\", not \"lihgt\": did you "
                "mean \"light\"?"},
        Mistake{"rate = 0", "3:8: rate must be a whole number from 1 to 1000000"},
        Mistake{"rate = 1000001", "3:8: rate must be a whole number from 1 to 1000000"},
        Mistake{"rate = \"5\"", "3:8: rate must be a whole number from 1 to 1000000"},
        Mistake{"overload = 101", "3:12: overload must be a whole number from 1 to 100"},
        Mistake{"overload = 0.5", "3:12: overload must be a whole number from 1 to 100"}));

INSTANTIATE_TEST_SUITE_P(
    Nested, MatcherTableMistake,
    testing::Values(
        Mistake{"any = {}", "3:7: any must be a list with at least one table"},
        Mistake{"any = []", "3:7: any must be a list with at least one table"},
        Mistake{"all = [1]", "3:8: all must be a list of tables"},
        Mistake{"not = [ {} ]", "3:7: not must be a table"},
        Mistake{"not = {}",
                "3:7: a table without matchers matches everything: write one into it, or remove "
                "it"},
        Mistake{"any = [ { path = [\"/a\"] }, {} ]",
                "3:28: a table without matchers matches everything: write one into it, or remove "
                "it"},
        Mistake{"any = [ { pth = [\"/a\"] } ]",
                "3:11: a table of matchers has no key \"pth\": did you mean \"path\"?"},
        Mistake{"any = [ { action = \"deny\" } ]",
                "3:11: a table of matchers has no key \"action\": remove it"},
        Mistake{"any = [ { not = { path = [\"a\"] } } ]", "3:27: a path begins with '/' or '*'"}));

TEST(MatcherTable, ReadsPathsAsStrictlyAsTheirRuleDoes) {
  const std::string semicolon =
      "what refuses looks at a path without its parameters: end the path before ';'";
  const auto mistakes = [](std::string_view action, std::string_view keys) {
    return FileMistakes("[[rule]]\naction = " + std::string(action) + "\n" + std::string(keys));
  };
  EXPECT_EQ(mistakes("\"allow\"", "path = [\"/a;b\"]"), "");
  EXPECT_THAT(mistakes("\"deny\"", "path = [\"/a;b\"]"), HasSubstr(semicolon));
  EXPECT_THAT(mistakes("\"weigh\"\nweight = 1", "path = [\"/a;b\"]"), HasSubstr(semicolon));
  EXPECT_EQ(mistakes("\"weigh\"\nweight = -1", "path = [\"/a;b\"]"), "");
  EXPECT_THAT(mistakes("\"allow\"", "not = { path = [\"/a;b\"] }"), HasSubstr(semicolon));
  EXPECT_EQ(mistakes("\"deny\"", "not = { path = [\"/a;b\"] }"), "");
  EXPECT_EQ(mistakes("\"allow\"", "not = { any = [ { not = { path = [\"/a;b\"] } } ] }"), "");
}

std::string Nested(int depth) {
  std::string keys = "path = [\"/a\"]";
  for (int i = 0; i < depth; ++i) keys = "all = [ { " + keys + " } ]";
  return "[[rule]]\naction = \"deny\"\n" + keys + "\n";
}

TEST(MatcherTable, NestsEightDeep) {
  EXPECT_EQ(FileMistakes(Nested(8)), "");
  EXPECT_THAT(
      FileMistakes(Nested(9)),
      HasSubstr("any, all and not are nested more than 8 deep: take some apart into rules"));
  EXPECT_THAT(FileMistakes(Nested(12)), HasSubstr("more than 8 deep"));
}

TEST(MatcherTable, BoundsTextsAndNames) {
  const auto with = [](std::string_view key, const std::string& value) {
    return FileMistakes("[[rule]]\naction = \"deny\"\n" + std::string(key) + value + "\n");
  };
  EXPECT_EQ(with("path_regex = ", "['" + std::string(512, 'a') + "']"), "");
  EXPECT_THAT(with("path_regex = ", "['" + std::string(513, 'a') + "']"),
              HasSubstr("the regular expression has 513 bytes: write at most 512"));
  const auto header = [&](std::size_t name, std::size_t value) {
    return with("header = ", "{ name = \"" + std::string(name, 'a') + "\", equals = [\"" +
                                 std::string(value, 'b') + "\"] }");
  };
  EXPECT_EQ(header(64, 256), "");
  EXPECT_THAT(header(65, 1), HasSubstr("the name of a header has 65 bytes: write at most 64"));
  EXPECT_THAT(header(1, 257), HasSubstr("the value has 257 bytes: write at most 256"));
  EXPECT_THAT(with("tls_fingerprint = ", "['" + std::string(257, 'a') + "']"),
              HasSubstr("the fingerprint has 257 bytes: write at most 256"));
  EXPECT_THAT(with("ip_list = ", "['" + std::string(1025, 'a') + "']"),
              HasSubstr("the name of the list has 1025 bytes: write at most 1024"));
}

TEST(MatcherTable, CountsRegexesOfAllRulesTogether) {
  std::string text;
  for (int i = 0; i < 1023; ++i) {
    text += "[[rule]]\naction = \"deny\"\npath_regex = ['abc']\n";
  }
  text += "[[rule]]\naction = \"deny\"\nany = [ { header = { name = \"A\", regex = ['abc'] } } ]\n";
  EXPECT_EQ(FileMistakes(text), "");
  text += "[[rule]]\naction = \"deny\"\nuser_agent_regex = ['abc', 'abc']\n";
  EXPECT_EQ(FileMistakes(text),
            "policy.toml:3075:21: the rules have more than 1024 regular expressions: join some "
            "with '|', or use fewer");
}

TEST(MatcherTable, CountsRangesOfAllListsTogether) {
  const auto lists = [](const std::string& name) {
    auto list = std::make_shared<RangeList>();
    list->name = name;
    list->ranges.assign(700'000, RangeOf("10.0.0.0", 8));
    return tl::expected<std::shared_ptr<const RangeList>, Errors>(std::move(list));
  };
  const auto mistakes = [&](std::string_view names) {
    const auto source =
        ParsePolicyFile("[[rule]]\naction = \"deny\"\nip_list = " + std::string(names) + "\n",
                        "policy.toml", lists);
    return source ? std::string() : ToString(source.error());
  };
  EXPECT_EQ(mistakes("['a', 'b', 'a', 'b']"), "");
  EXPECT_EQ(mistakes("['a', 'b', 'c', 'd']"),
            "policy.toml:3:22: with this list there are more than 2000000 ranges in all lists "
            "together: name fewer or shorter ones");
}

TEST(MatcherTable, MistakesInListsKeepTheirOwnPlace) {
  EXPECT_EQ(FileMistakes("[[rule]]\nname = \"a b\"\naction = \"deny\"\n"
                         "ip_list = [\"missing\", \"192.0.2.1/24 x\", \"missing\"]\n"
                         "rate = 0\n"),
            "policy.toml:2:8: the name goes into headers and metrics: write letters, digits, '-', "
            "'_' and '.'\n"
            "missing: there is no such file\n"
            "192.0.2.1/24 x:1:1: the range has bits set after its prefix: write "
            "\"192.0.2.0/24\"\n"
            "192.0.2.1/24 x:2:1: an ip is an address or a range such as \"192.0.2.0/24\" or "
            "\"2001:db8::/32\"\n"
            "policy.toml:5:8: rate must be a whole number from 1 to 1000000");
}

TEST(MatcherTable, ListsNeedSomebodyToReadThem) {
  const auto source = ParsePolicyFile("[[rule]]\naction = \"deny\"\nip_list = [\"a\"]\n", "p");
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(ToString(source.error()),
            "p:3:12: no list can be read from here: write its ranges as ip = [\"...\"]");
  EXPECT_EQ(source.error()[0].code, ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace stile
