#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"

namespace stile {
namespace {

Rule RuleThat(Action action) {
  Rule rule;
  rule.action = action;
  rule.rank = action == Action::kChallenge ? 2 : 0;
  return rule;
}

std::string OutcomeOf(const Rule& rule, const Request& request) {
  return OutcomeText(*CompiledRules({rule}), request);
}

constexpr const char* kUnmatched = "challenge default level=light held=1";

TEST(Match, WithoutRulesEverythingIsChallengedAtLight) {
  EXPECT_EQ(OutcomeText(*Policy::Minimal(), RequestFor("/")), kUnmatched);
}

TEST(Match, RuleWithoutMatchersMatchesEverything) {
  Request nothing;
  EXPECT_EQ(OutcomeOf(RuleThat(Action::kDeny), nothing), "deny rule-1");
}

TEST(Match, HostDecides) {
  Rule rule = RuleThat(Action::kAllow);
  rule.hosts = {"example.org", "*.example.net"};
  Request request = RequestFor("/");
  EXPECT_EQ(OutcomeOf(rule, request), "allow rule-1");
  request.host = "WWW.example.net";
  EXPECT_EQ(OutcomeOf(rule, request), "allow rule-1");
  request.host = "example.net";
  EXPECT_EQ(OutcomeOf(rule, request), kUnmatched);
}

TEST(Match, PathDecidesWithoutTheQuery) {
  const Rule rule = AllowPath("/docs");
  EXPECT_EQ(OutcomeOf(rule, RequestFor("/docs?a=/../b")), "allow rule-1");
  EXPECT_EQ(OutcomeOf(rule, RequestFor("/other?/docs")), kUnmatched);
}

TEST(Match, MethodDecidesExactly) {
  Rule rule = RuleThat(Action::kAllow);
  rule.methods = {"GET", "M-SEARCH"};
  Request request = RequestFor("/");
  EXPECT_EQ(OutcomeOf(rule, request), "allow rule-1");
  request.method = "M-SEARCH";
  EXPECT_EQ(OutcomeOf(rule, request), "allow rule-1");
  for (const std::string_view method : {"HEAD", "get", ""}) {
    request.method = method;
    EXPECT_EQ(OutcomeOf(rule, request), kUnmatched) << method;
  }
}

TEST(Match, AddressDecidesAndAnUnknownOneIsInNoRange) {
  Rule rule = RuleThat(Action::kAllow);
  rule.ips = {RangeOf("198.51.100.0", 24), RangeOf("::", 0), RangeOf("0.0.0.0", 0)};
  Request request = RequestFor("/");
  EXPECT_EQ(OutcomeOf(rule, request), "allow rule-1");
  request.address.reset();
  EXPECT_EQ(OutcomeOf(rule, request), kUnmatched);
}

TEST(Match, UserAgentDecides) {
  Rule rule = RuleThat(Action::kDeny);
  rule.user_agents = {"GPTBot", "Bytespider"};
  Request request = RequestFor("/");
  EXPECT_EQ(OutcomeOf(rule, request), kUnmatched);
  request.user_agent = "Mozilla/5.0 (compatible; Bytespider)";
  EXPECT_EQ(OutcomeOf(rule, request), "deny rule-1");
}

TEST(Match, EveryMatcherOfARuleMustHold) {
  Rule rule = DenyPath("/a");
  rule.hosts = {"example.org"};
  rule.methods = {"GET"};
  rule.ips = {RangeOf("198.51.100.0", 24)};
  rule.user_agents = {"Mozilla"};
  const Request good = RequestFor("/a");
  EXPECT_EQ(OutcomeOf(rule, good), "deny rule-1");
  Request request = good;
  request.target = "/b";
  EXPECT_EQ(OutcomeOf(rule, request), kUnmatched);
  request = good;
  request.host = "example.net";
  EXPECT_EQ(OutcomeOf(rule, request), kUnmatched);
  request = good;
  request.method = "PUT";
  EXPECT_EQ(OutcomeOf(rule, request), kUnmatched);
  request = good;
  request.address = AddressOf("192.0.2.1");
  EXPECT_EQ(OutcomeOf(rule, request), kUnmatched);
  request = good;
  request.user_agent = "curl/8.0";
  EXPECT_EQ(OutcomeOf(rule, request), kUnmatched);
}

TEST(Match, FirstMatchingRuleDecides) {
  const auto policy = CompiledRules({AllowPath("/x/a"), DenyPath("/x/*"), AllowPath("/x/b")});
  EXPECT_EQ(OutcomeText(*policy, RequestFor("/x/a")), "allow rule-1");
  EXPECT_EQ(OutcomeText(*policy, RequestFor("/x/b")), "deny rule-2");
}

TEST(Match, NonAsciiPatternMatchesAsBrowsersSendIt) {
  EXPECT_EQ(OutcomeOf(AllowPath("/caf\xc3\xa9/*"), RequestFor("/caf%C3%A9/x")), "allow rule-1");
  EXPECT_EQ(OutcomeOf(AllowPath("/caf%c3%a9/*"), RequestFor("/caf%C3%A9/x")), "allow rule-1");
  EXPECT_EQ(OutcomeOf(DenyPath("/caf%C3%A9/*"), RequestFor("/caf%c3%a9/x")), "deny rule-1");
  EXPECT_EQ(OutcomeOf(DenyPath("/caf\xc3\xa9/*"), RequestFor("/caf\xc3\xa9/x")), "deny rule-1");
}

TEST(Match, RuleThatIsOffIsPassedOver) {
  Rule off = DenyPath("/*");
  off.mode = RuleMode::kOff;
  const auto policy = CompiledRules({off, AllowPath("/*")});
  EXPECT_EQ(OutcomeText(*policy, RequestFor("/a")), "allow rule-2");
}

TEST(Match, ShadowRuleIsReportedAndDecidesNothing) {
  Rule shadow = DenyPath("/a*");
  shadow.mode = RuleMode::kShadow;
  const auto policy = CompiledRules({shadow, shadow, AllowPath("/a*"), shadow});
  PolicyMatch match = policy->Match(RequestFor("/a"));
  EXPECT_EQ(match.action, Action::kAllow);
  EXPECT_EQ(match.rule, 2);
  EXPECT_EQ(match.shadow_rule, 0);
  match = policy->Match(RequestFor("/b"));
  EXPECT_EQ(match.rule, kNoRule);
  EXPECT_EQ(match.shadow_rule, kNoRule);
}

TEST(Match, ShadowRuleAfterTheDecisionIsNotReported) {
  Rule shadow = DenyPath("/*");
  shadow.mode = RuleMode::kShadow;
  const auto policy = CompiledRules({AllowPath("/*"), shadow});
  EXPECT_EQ(policy->Match(RequestFor("/a")).shadow_rule, kNoRule);
}

TEST(Match, OnFaultIsThatOfTheRule) {
  Rule rule = DenyPath("/a");
  rule.on_fault = OnFault::kClosed;
  const auto policy = CompiledRules({rule});
  EXPECT_EQ(policy->Match(RequestFor("/a")).on_fault, OnFault::kClosed);
  EXPECT_EQ(policy->Match(RequestFor("/b")).on_fault, OnFault::kStale);
}

TEST(Match, DefaultActionMeetsWhatNoRuleMatches) {
  PolicySource source;
  source.default_action = Action::kAllow;
  EXPECT_EQ(OutcomeText(*Compiled(source), RequestFor("/")), "allow default");
  source.default_action = Action::kDeny;
  EXPECT_EQ(OutcomeText(*Compiled(source), RequestFor("/")), "deny default");
  source.default_action = Action::kChallenge;
  source.default_rank = 3;
  EXPECT_EQ(OutcomeText(*Compiled(source), RequestFor("/")),
            "challenge default level=standard held=3");
}

TEST(Match, LevelThatOffersWaitingAcceptsWhatWaitingEarns) {
  const auto policy = CompiledRules({ChallengePath("/light", 2), ChallengePath("/standard", 3)});
  const PolicyMatch light = policy->Match(RequestFor("/light"));
  EXPECT_EQ(light.rank, 1);
  EXPECT_EQ(light.level_rank, 2);
  const PolicyMatch standard = policy->Match(RequestFor("/standard"));
  EXPECT_EQ(standard.rank, 3);
  EXPECT_EQ(standard.level_rank, 3);
}

TEST(Match, EveryAlternativeOfALevelEarnsWhatTheLevelAccepts) {
  for (const Level& level : Policy::Minimal()->levels()) {
    for (std::size_t i = 0; i < level.alternative_count; ++i) {
      EXPECT_GE(level.alternatives[i].rank, level.AcceptedRank()) << level.name;
    }
  }
}

TEST(Match, AllowAndDenyAskForNoRank) {
  const auto policy = CompiledRules({AllowPath("/a"), DenyPath("/d")});
  for (const std::string_view path : {"/a", "/d"}) {
    EXPECT_EQ(policy->Match(RequestFor(path)).rank, 0);
    EXPECT_EQ(policy->Match(RequestFor(path)).level_rank, 0);
  }
}

TEST(Match, PathTooLongToReadIsDenied) {
  const auto policy = CompiledRules({AllowPath("/*")});
  std::string path(8192, 'a');
  path[0] = '/';
  EXPECT_EQ(policy->Match(RequestFor(path)).action, Action::kAllow);
  EXPECT_EQ(policy->Match(RequestFor(path + "?q")).action, Action::kAllow);
  EXPECT_EQ(policy->Match(RequestFor(path + "a")).action, Action::kDeny);
}

class Exemptions : public testing::TestWithParam<const char*> {};

TEST_P(Exemptions, PassWhateverAChallengeOrTheDefaultSays) {
  Request request = RequestFor(GetParam());
  const auto challenged = CompiledRules({ChallengePath("/*", 3)});
  PolicySource denied;
  denied.default_action = Action::kDeny;
  for (const std::string_view method : {"GET", "HEAD", "OPTIONS"}) {
    request.method = method;
    EXPECT_EQ(OutcomeText(*challenged, request), "allow exempt");
    EXPECT_EQ(OutcomeText(*Compiled(denied), request), "allow exempt");
  }
  for (const std::string_view method : {"POST", "get", "TRACE", ""}) {
    request.method = method;
    EXPECT_EQ(OutcomeText(*Policy::Minimal(), request), kUnmatched) << method;
  }
}

TEST_P(Exemptions, DenyStillWins) {
  const auto policy = CompiledRules({ChallengePath("/*", 3), DenyPath("/*")});
  EXPECT_EQ(OutcomeText(*policy, RequestFor(GetParam())), "deny rule-2");
}

TEST_P(Exemptions, ShadowRulesAreStillReported) {
  Rule shadow = ChallengePath("/*", 3);
  shadow.mode = RuleMode::kShadow;
  const auto policy = CompiledRules({shadow});
  const PolicyMatch match = policy->Match(RequestFor(GetParam()));
  EXPECT_TRUE(match.exempt);
  EXPECT_EQ(match.shadow_rule, 0);
}

INSTANTIATE_TEST_SUITE_P(Match, Exemptions,
                         testing::Values("/robots.txt", "/favicon.ico", "/robots.txt?x",
                                         "/.well-known/a", "/.well-known/acme-challenge/x_-Y"),
                         [](const auto& param_info) { return std::to_string(param_info.index); });

TEST(Match, WhatOnlyLooksExemptIsNot) {
  for (const std::string_view target :
       {"/robots.txt/", "/Robots.txt", "//robots.txt", "/x/robots.txt", "/robots.txt/../admin",
        "/robots.tx%74", "/favicon.ico/x", "/favicon.ico;x", "/.well-known",
        "/.well-known/../admin", "/.well-known//admin", "/.well-known/\\admin", "/.Well-known/x"}) {
    EXPECT_EQ(OutcomeText(*Policy::Minimal(), RequestFor(target)), kUnmatched) << target;
  }
  for (const std::string_view tangled : {"/.well-known/..;/admin", "/.well-known/%2e%2e/admin",
                                         "/.well-known/..%2fadmin", "/.well-known/..\\admin"}) {
    EXPECT_EQ(OutcomeText(*Policy::Minimal(), RequestFor(tangled)), "deny default") << tangled;
  }
}

Request Preflight() {
  Request request = RequestFor("/api");
  request.method = "OPTIONS";
  request.origin = "https://app.example.org";
  request.access_control_request_method = "PUT";
  return request;
}

TEST(Match, PreflightPasses) {
  EXPECT_EQ(OutcomeText(*Policy::Minimal(), Preflight()), "allow exempt");
  EXPECT_EQ(OutcomeText(*CompiledRules({DenyPath("/api")}), Preflight()), "deny rule-1");
}

TEST(Match, HalfAPreflightIsChallenged) {
  Request request = Preflight();
  request.origin = {};
  EXPECT_EQ(OutcomeText(*Policy::Minimal(), request), kUnmatched);
  request = Preflight();
  request.access_control_request_method = {};
  EXPECT_EQ(OutcomeText(*Policy::Minimal(), request), kUnmatched);
  request = Preflight();
  request.method = "GET";
  EXPECT_EQ(OutcomeText(*Policy::Minimal(), request), kUnmatched);
}

TEST(Match, TenThousandRulesAreTriedInOrder) {
  std::vector<Rule> rules;
  for (std::size_t i = 0; i < Policy::kMaxRules; ++i) {
    rules.push_back(DenyPath("/rule/" + std::to_string(i)));
  }
  rules.back() = AllowPath("/rule/*");
  const auto policy = CompiledRules(rules);
  EXPECT_EQ(OutcomeText(*policy, RequestFor("/rule/0")), "deny rule-1");
  EXPECT_EQ(OutcomeText(*policy, RequestFor("/rule/9998")), "deny rule-9999");
  EXPECT_EQ(OutcomeText(*policy, RequestFor("/rule/9999")), "allow rule-10000");
}

TEST(Match, RulesThatNothingSpeaksForTakeNoSteps) {
  std::vector<Rule> rules;
  for (int i = 0; i < 100; ++i) rules.push_back(DenyPath("/shut" + std::to_string(i) + "/*"));
  const auto policy = CompiledRules(std::move(rules));
  EXPECT_EQ(policy->StepsOf(RequestFor("/")), 0u);
  EXPECT_EQ(policy->StepsOf(RequestFor("/shut7/a")), 1u);
}

TEST(Match, RulesThatAreAlwaysWeighedTakeSteps) {
  std::vector<Rule> rules(100, RuleThat(Action::kDeny));
  for (Rule& rule : rules) rule.methods = {"PATCH"};
  EXPECT_GE(CompiledRules(std::move(rules))->StepsOf(RequestFor("/")), 100u);
}

TEST(Match, RegularExpressionsTakeMoreSteps) {
  Rule rule = RuleThat(Action::kDeny);
  rule.path_regexes = {"/shut[0-9]"};
  const auto policy = CompiledRules({rule});
  EXPECT_GE(policy->StepsOf(RequestFor("/shut7")), Policy::kRegexSteps);
  EXPECT_EQ(policy->StepsOf(RequestFor("/")), 0u);
}

}  // namespace
}  // namespace stile
