#include "engine/counters.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Navigate;

TEST(Counters, CountsTheRuleThatDecided) {
  Door door;
  door.Decide(Navigate("/free/x"));
  door.Decide(Navigate("/private/x"));
  door.Decide(Navigate("/private/y"));
  const auto& matches = door.counters().rule_matches[0];
  EXPECT_EQ(matches[fixture::kFreeRule].Get(), 1u);
  EXPECT_EQ(matches[fixture::kPrivateRule].Get(), 2u);
}

TEST(Counters, TellsTheDefaultFromABuiltInExemption) {
  Door door;
  door.Decide(Navigate("/"));
  door.Decide(Navigate("/robots.txt"));
  door.Decide(Navigate("/robots.txt"));
  EXPECT_EQ(door.counters().rule_matches[0][Counters::kDefault].Get(), 1u);
  EXPECT_EQ(door.counters().rule_matches[0][Counters::kExempt].Get(), 2u);
}

TEST(Counters, CountsLaterRulesInACellOfTheirOwn) {
  SiteOptions site = fixture::Site();
  PolicySource source = fixture::Source();
  source.rules.clear();
  for (std::size_t i = 0; i < Counters::kRules + 4; ++i) {
    Rule rule;
    rule.name = std::string("rule").append(std::to_string(i));
    rule.paths = {std::string("/").append(std::to_string(i))};
    rule.action = Action::kAllow;
    source.rules.push_back(std::move(rule));
  }
  site.policy = fixture::PolicyOf(std::move(source));
  Door door(fixture::OneSite(std::move(site)));
  for (std::size_t i = Counters::kLaterRules - 1; i < Counters::kRules + 4; ++i) {
    door.Decide(Navigate(std::string("/").append(std::to_string(i))));
  }
  const auto& matches = door.counters().rule_matches[0];
  EXPECT_EQ(matches[Counters::kLaterRules - 1].Get(), 1u);
  EXPECT_EQ(matches[Counters::kLaterRules].Get(), Counters::kRules + 4 - Counters::kLaterRules);
  for (std::size_t cell = Counters::kLaterRules + 1; cell < Counters::kRules; ++cell) {
    EXPECT_EQ(matches[cell].Get(), 0u) << cell;
  }
}

TEST(Counters, CountsAShadowRuleBesideTheOneThatDecided) {
  Door door;
  door.Decide(Navigate("/shadow/x"));
  EXPECT_EQ(door.counters().rule_matches[0][fixture::kShadowRule].Get(), 1u);
  EXPECT_EQ(door.counters().rule_matches[0][Counters::kDefault].Get(), 1u);
}

TEST(Counters, CountsNoRuleForAnEndpoint) {
  Door door;
  door.Decide(Navigate("/.stile/challenge"));
  for (const Counter& counter : door.counters().rule_matches[0]) EXPECT_EQ(counter.Get(), 0u);
}

// What decided is a sum of weights: as Policy::Match says it, whatever that is made of.
TEST(Counters, CountsASumOfWeightsAsAThreshold) {
  SiteOptions site = fixture::Site();
  PolicySource source = fixture::Source();
  Rule heavy;
  heavy.name = "heavy";
  heavy.paths = {"/heavy"};
  heavy.weight = 10;
  source.rules = {heavy};
  source.thresholds = {{10, Action::kDeny, 0}};
  site.policy = fixture::PolicyOf(std::move(source));
  Door door(fixture::OneSite(std::move(site)));
  const Decision decision = door.Decide(Navigate("/heavy"));
  ASSERT_EQ(decision.threshold, 0);
  EXPECT_EQ(decision.action, Action::kDeny);
  EXPECT_EQ(door.counters().rule_matches[0][Counters::kThreshold].Get(), 1u);
}

TEST(Counters, CountsChallengesIssued) {
  Door door;
  door.Ask(Navigate("/"));
  door.Ask(fixture::Fetch("/"));  // A context, not a challenge.
  EXPECT_EQ(door.FreshChallenge().empty(), false);
  EXPECT_EQ(door.counters().challenges_issued.Get(), 2u);
  EXPECT_EQ(door.counters().issue_failures.Get(), 0u);
}

TEST(Counters, CountsRequestsWithoutAnAddress) {
  Door door;
  Request request = Navigate("/");
  request.address.reset();
  door.Decide(request);
  door.Decide(Navigate("/"));
  EXPECT_EQ(door.counters().client_address_unknown.Get(), 1u);
}

TEST(Counters, CountsRedeemsByPuzzleAndVerdict) {
  Door door;
  const std::string challenge = door.FreshChallenge();
  door.RedeemForm(challenge, fixture::Solve(challenge));
  door.RedeemForm(challenge, fixture::WaitSolution());
  door.RedeemForm("x", "y");
  const auto& redeems = door.counters().redeems;
  const auto at = [&](Puzzle puzzle, Verdict verdict) {
    return redeems[static_cast<std::size_t>(puzzle)][static_cast<std::size_t>(verdict)].Get();
  };
  EXPECT_EQ(at(Puzzle::kSha256, Verdict::kValid), 1u);
  EXPECT_EQ(at(Puzzle::kWait, Verdict::kTooEarly), 1u);
  EXPECT_EQ(at(Puzzle::kNone, Verdict::kMalformed), 1u);
}

TEST(Counters, SharesTheLastCellAmongSitesPastTheFixedNumber) {
  EngineOptions options = fixture::OneSite();
  for (std::size_t i = 1; i < Counters::kSites + 2; ++i) {
    SiteOptions site = fixture::Site();
    site.name = "site" + std::to_string(i);
    site.hosts = {site.name + ".example.org"};
    options.sites.push_back(std::move(site));
  }
  Door door(std::move(options));
  Request request = Navigate("/private/x");
  for (const std::uint16_t site : {63, 64, 65}) {
    request.site = site;
    door.Decide(request);
  }
  const auto& last = door.counters().decisions[Counters::kSites - 1];
  EXPECT_EQ(
      last[static_cast<std::size_t>(Action::kDeny)][static_cast<std::size_t>(Verdict::kAbsent)]
          .Get(),
      3u);
}

TEST(Counters, AddsEveryCell) {
  const auto one = std::make_unique<Counters>();
  const auto sum = std::make_unique<Counters>();
  one->decisions[63][4][15].Add(1);
  one->rule_matches[63][255].Add(2);
  one->redeems[3][15].Add(3);
  one->challenges_issued.Add(4);
  one->issue_failures.Add(5);
  one->client_address_unknown.Add(6);
  sum->Add(*one);
  sum->Add(*one);
  EXPECT_EQ(sum->decisions[63][4][15].Get(), 2u);
  EXPECT_EQ(sum->rule_matches[63][255].Get(), 4u);
  EXPECT_EQ(sum->redeems[3][15].Get(), 6u);
  EXPECT_EQ(sum->challenges_issued.Get(), 8u);
  EXPECT_EQ(sum->issue_failures.Get(), 10u);
  EXPECT_EQ(sum->client_address_unknown.Get(), 12u);
}

}  // namespace
}  // namespace stile
