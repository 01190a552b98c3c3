#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  EXPECT_EQ(TraceOf(rule, request).why, "ip: unknown is in none of 1 ranges");
}

TEST(Explain, SaysWhyAnAllowRuleDoesNotMatchADoubtfulPath) {
  EXPECT_EQ(TraceOf(AllowPath("/public/*"), RequestFor("/public/../a")).why,
            "path: /public/../a has more than one reading, so nothing allows it");
}

TEST(Explain, ShowsTheResolvedPathToARefusingRule) {
  EXPECT_EQ(TraceOf(DenyPath("/admin"), RequestFor("/x/../%61dmin")).why,
            "path /admin matches /x/../%61dmin (resolved: /admin)");
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
