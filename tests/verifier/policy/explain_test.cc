#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"

namespace stile {
namespace {

RuleTrace TraceOf(const Rule& rule, const Request& request) {
  const auto traces = Explain(*CompiledRules({rule}), request);
  EXPECT_EQ(traces.size(), 1u);
  return traces.empty() ? RuleTrace{} : traces[0];
}

TEST(Explain, NamesTheValueThatMatches) {
  Rule rule = DenyPath("/other");
  rule.paths.emplace_back("/docs/*");
  rule.hosts = {"*"};
  rule.ips = {RangeOf("192.0.2.0", 24), RangeOf("198.51.100.0", 24)};
  const RuleTrace trace = TraceOf(rule, RequestFor("/docs/a?q"));
  EXPECT_TRUE(trace.matched);
  EXPECT_EQ(trace.why,
            "path /docs/* matches /docs/a, host * matches example.org, "
            "ip 198.51.100.0/24 matches 198.51.100.7");
}

TEST(Explain, NamesTheFirstMatcherThatFails) {
  Rule rule = DenyPath("/docs/*");
  rule.ips = {RangeOf("192.0.2.0", 24)};
  rule.user_agents = {"bot"};
  const RuleTrace trace = TraceOf(rule, RequestFor("/docs/a"));
  EXPECT_FALSE(trace.matched);
  EXPECT_EQ(trace.why, "ip: 198.51.100.7 is in none of 1 ranges");
}

TEST(Explain, SaysThatAnAddressIsUnknown) {
  Rule rule = DenyPath("/*");
  rule.ips = {RangeOf("0.0.0.0", 0)};
  Request request = RequestFor("/");
  request.address.reset();
  EXPECT_EQ(TraceOf(rule, request).why, "ip: unknown, so the rule can't match");
}

TEST(Explain, SaysWhyAnAllowRuleDoesNotMatchADoubtfulPath) {
  EXPECT_EQ(TraceOf(AllowPath("/public/*"), RequestFor("/public/../a")).why,
            "path: /public/../a has more than one reading, so nothing allows it");
}

TEST(Explain, ShowsTheResolvedPathToARefusingRule) {
  EXPECT_EQ(TraceOf(DenyPath("/admin"), RequestFor("/x/../admin")).why,
            "path /admin matches /x/../admin (resolved: /admin)");
}

TEST(Explain, SaysThatARuleIsOffOrPassedOver) {
  Rule off = DenyPath("/*");
  off.mode = RuleMode::kOff;
  EXPECT_EQ(TraceOf(off, RequestFor("/a")).why, "off: nothing is matched");
  EXPECT_EQ(TraceOf(ChallengePath("/*", 2), RequestFor("/robots.txt")).why,
            "exempt: a built-in exemption is never challenged");
  EXPECT_EQ(TraceOf(DenyPath("/*"), RequestFor("/" + std::string(9000, 'a'))).why,
            "path: longer than 8192 bytes, so the request is denied");
}

TEST(Explain, PrintsNoControlBytes) {
  Rule rule = DenyPath("/*");
  rule.user_agents = {"x"};
  Request request = RequestFor("/");
  request.user_agent = "a\x1b[31m\n";
  EXPECT_EQ(TraceOf(rule, request).why, "user agent: a\\x1b[31m\\x0a is in none of 1 texts");
}

TEST(Explain, NestsAsTheRuleDoes) {
  Rule rule = DenyPath("/docs/*");
  rule.any.resize(2);
  rule.any[0].methods = {"POST"};
  rule.any[1].user_agents = {"Mozilla"};
  rule.negated.resize(1);
  rule.negated[0].ips = {RangeOf("192.0.2.0", 24)};
  Request request = RequestFor("/docs/a");
  request.user_agent = "Mozilla/5.0";
  EXPECT_EQ(TraceOf(rule, request).why,
            "path /docs/* matches /docs/a, any (user agent Mozilla matches Mozilla/5.0), "
            "not (ip: 198.51.100.7 is in none of 1 ranges)");
  request.user_agent = "curl";
  EXPECT_EQ(TraceOf(rule, request).why,
            "none of any (method: GET is in none of 1 methods; "
            "user agent: curl is in none of 1 texts)");
  request.user_agent = "Mozilla/5.0";
  request.address = AddressOf("192.0.2.1");
  EXPECT_EQ(TraceOf(rule, request).why, "not (ip 192.0.2.0/24 matches 192.0.2.1)");
}

TEST(Explain, SaysWhatIsUnknown) {
  Rule rule;
  rule.action = Action::kDeny;
  rule.countries = {"NO"};
  EXPECT_EQ(TraceOf(rule, RequestFor("/")).why, "country: unknown, so the rule can't match");
  rule.countries = {"NO", "unknown"};
  EXPECT_EQ(TraceOf(rule, RequestFor("/")).why, "country: unknown, as asked");
  rule.countries.clear();
  rule.rate = 300;
  EXPECT_EQ(TraceOf(rule, RequestFor("/")).why, "rate: unknown, so the rule can't match");
  rule.rate.reset();
  rule.rank_held = 2;
  EXPECT_EQ(TraceOf(rule, RequestFor("/")).why, "rank: 0 is less than 2");
}

TEST(Explain, SaysWhyAnAgentIsOne) {
  auto list = std::make_shared<RangeList>();
  list->name = "bot.json";
  list->ranges = {RangeOf("192.0.2.0", 24)};
  PolicySource source;
  source.agents = {{"examplebot", {"Examplebot/"}, {list}, {"*.bot.example.com"}}};
  source.rules.resize(1);
  source.rules[0].action = Action::kAllow;
  source.rules[0].agents = {"examplebot"};
  const auto policy = Compiled(source);
  const auto names = *ReverseNames::Create({1});
  Request request = RequestFor("/");
  ClientFacts facts;
  const auto why = [&] { return Explain(*policy, request, facts)[0].why; };
  request.user_agent = "Mozilla";
  EXPECT_EQ(why(), "agent: Mozilla claims to be none of 1 agents");
  request.user_agent = "Examplebot/2";
  const std::string unlisted =
      "agent examplebot: claimed, 198.51.100.7 is in none of its lists, and ";
  EXPECT_EQ(why(), unlisted + "reverse DNS isn't asked");
  facts.names = names.get();
  EXPECT_EQ(why(), unlisted + "reverse DNS hasn't answered, so the rule can't match");
  names->Record(*request.address, policy->AgentKey(0), NameVerdict::kRefuted, UnixMillis{9});
  EXPECT_EQ(why(), unlisted + "reverse DNS refutes it");
  names->Record(*request.address, policy->AgentKey(0), NameVerdict::kConfirmed, UnixMillis{9});
  EXPECT_EQ(why(), unlisted + "reverse DNS confirms it");
  request.address = AddressOf("192.0.2.1");
  EXPECT_EQ(why(), "agent examplebot: claimed, and 192.0.2.1 is in bot.json (192.0.2.0/24)");
  request.address.reset();
  EXPECT_EQ(why(),
            "agent examplebot: claimed, and the address is unknown, so the rule can't match");
}

TEST(Explain, SumsUpWeights) {
  Rule five;
  five.weight = 5;
  Rule minus = AllowPath("/a");
  minus.action = Action::kNone;
  minus.weight = -2;
  const auto policy = CompiledRules({five, minus});
  const auto traces = Explain(*policy, RequestFor("/a"));
  EXPECT_EQ(traces[0].why, "no matcher: matches every request; adds 5, which makes 5");
  EXPECT_EQ(traces[1].why, "path /a matches /a; adds -2, which makes 3");
}

TEST(Explain, SaysWhatBecomesOfAFieldTooLongToSearch) {
  Rule rule;
  rule.action = Action::kDeny;
  rule.headers = {{"x-a", FieldQuestion::kContains, {"b"}}};
  const std::string value(9000, 'a');
  const RequestField field{"X-A", value};
  Request request = RequestFor("/");
  request.fields = {&field, 1};
  EXPECT_TRUE(TraceOf(rule, request).matched);
  EXPECT_EQ(TraceOf(rule, request).why,
            "header x-a contains b: gave up, so the rule matches, since it refuses");
  rule.action = Action::kAllow;
  EXPECT_FALSE(TraceOf(rule, request).matched);
}

TEST(Explain, AddsNothingOnceARuleHasDecided) {
  Rule five;
  five.weight = 5;
  const auto policy = CompiledRules({DenyPath("/a"), five});
  const auto traces = Explain(*policy, RequestFor("/a"));
  EXPECT_TRUE(traces[0].matched);
  EXPECT_EQ(traces[1].why, "no matcher: matches every request");
}

TEST(Explain, SaysThatATangledPathIsDenied) {
  const auto traces = Explain(*CompiledRules({AllowPath("/*")}), RequestFor("/a/..;/b"));
  EXPECT_FALSE(traces[0].matched);
  EXPECT_EQ(
      traces[0].why,
      "path: has dot segments and more that can be read in two ways, so the request is denied");
}

TEST(Explain, IsBounded) {
  Rule rule;
  rule.action = Action::kDeny;
  rule.any.resize(500);
  for (auto& table : rule.any) table.methods = {"POST"};
  EXPECT_LE(TraceOf(rule, RequestFor("/")).why.size(), 1100u);
}

TEST(Explain, AgreesWithMatch) {
  Rule any;
  any.action = Action::kAllow;
  Rule shadow = DenyPath("/a*");
  shadow.mode = RuleMode::kShadow;
  Rule method = DenyPath("/*");
  method.methods = {"POST"};
  const auto policy = CompiledRules(
      {method, shadow, ChallengePath("/c*", 3), AllowPath("/a/*"), DenyPath("/d"), any});
  for (const std::string_view target :
       {"/", "/a", "/a/b", "/c", "/d", "/%64", "/a/../d", "/robots.txt", "/x"}) {
    const Request request = RequestFor(target);
    const PolicyMatch match = policy->Match(request);
    for (const RuleTrace& trace : Explain(*policy, request)) {
      if (policy->rules()[trace.rule].mode != RuleMode::kEnforce || !trace.matched) continue;
      EXPECT_EQ(trace.rule, match.rule) << target;
      break;
    }
  }
}

}  // namespace
}  // namespace stile
