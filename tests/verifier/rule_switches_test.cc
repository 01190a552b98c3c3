#include "verifier/policy/rule_switches.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/verifier/site_fixture.h"
#include "verifier/gate.h"
#include "verifier/gate_switches.h"

namespace stile {
namespace {

using fixture::Get;
using fixture::kCookieName;
using fixture::Keys;
using fixture::kNow;

constexpr std::uint16_t kNone = 65535;
constexpr std::uint8_t kLight = 2;
constexpr std::uint8_t kHighest = 3;
constexpr std::array kSwitches = {RuleSwitch::kConfigured, RuleSwitch::kEnforce,
                                  RuleSwitch::kShadow, RuleSwitch::kOpen, RuleSwitch::kAttack};
constexpr std::array kActions = {Action::kAllow, Action::kChallenge, Action::kDeny, Action::kNone};
constexpr std::array kRuleModes = {RuleMode::kEnforce, RuleMode::kShadow, RuleMode::kOff};
constexpr std::array kModes = {GateMode::kEnforce, GateMode::kShadow, GateMode::kOpen,
                               GateMode::kAttack};

// A rule that matches /x. kNone weighs as much as the threshold of PolicyOf asks.
Rule RuleOf(std::string name, Action action, RuleMode mode) {
  Rule rule;
  rule.name = std::move(name);
  rule.paths = {"/x"};
  rule.action = action;
  rule.rank = action == Action::kChallenge ? kLight : 0;
  rule.weight = action == Action::kNone ? 10 : 0;
  rule.mode = mode;
  return rule;
}

std::shared_ptr<const Policy> PolicyOf(std::vector<Rule> rules) {
  PolicySource source;
  source.rules = std::move(rules);
  Threshold threshold;
  threshold.at = 10;
  threshold.action = Action::kDeny;
  source.thresholds = {threshold};
  auto policy = Policy::Compile(std::move(source));
  if (!policy.has_value()) {
    ADD_FAILURE() << ToString(policy.error());
    return Policy::Minimal();
  }
  return *policy;
}

// A gate and its switches.
struct Switched {
  explicit Switched(std::shared_ptr<const Policy> policy, GateMode mode = GateMode::kEnforce)
      : switches(std::make_shared<GateSwitches>(mode, policy->rules().size())),
        gate(ClearanceCheck(Keys(), std::string(kCookieName)), policy, switches, nullptr, nullptr) {
  }
  [[nodiscard]] Decision Decide(std::string_view target = "/x") const {
    return gate.Decide(Get(target, {}), kNow);
  }

  std::shared_ptr<GateSwitches> switches;
  Gate gate;
};

// What becomes of one rule: acts, is counted, is killed, sleeps.
enum class State { kActs, kCounted, kKilled, kSleeps };

State StateOf(RuleMode mode, RuleSwitch turned) {
  if (mode == RuleMode::kOff) return State::kSleeps;
  switch (turned) {
    case RuleSwitch::kConfigured:
      return mode == RuleMode::kShadow ? State::kCounted : State::kActs;
    case RuleSwitch::kShadow:
      return State::kCounted;
    case RuleSwitch::kOpen:
      return State::kKilled;
    default:
      return State::kActs;
  }
}

// What two rules should make of a request without clearance, read plainly.
Decision Expected(const std::array<Rule, 2>& rules, const std::array<RuleSwitch, 2>& turned,
                  GateMode mode) {
  Decision decision;
  if (mode == GateMode::kOpen) {
    decision.action = Action::kAllow;
    return decision;
  }
  int weight = 0;
  bool attack = mode == GateMode::kAttack;
  decision.action = Action::kNone;
  for (std::uint16_t i = 0; i < 2 && decision.action == Action::kNone; ++i) {
    switch (StateOf(rules[i].mode, turned[i])) {
      case State::kSleeps:
        break;
      case State::kCounted:
        if (decision.shadow_rule == kNone) decision.shadow_rule = i;
        break;
      case State::kKilled:
        if (decision.killed_rule == kNone) decision.killed_rule = i;
        break;
      case State::kActs:
        weight += rules[i].weight;
        if (rules[i].action == Action::kNone) break;
        decision.action = rules[i].action;
        decision.rule = i;
        attack = attack || turned[i] == RuleSwitch::kAttack;
        break;
    }
  }
  if (decision.action == Action::kNone && weight >= 10) {
    decision.action = Action::kDeny;
    decision.threshold = 0;
  }
  if (decision.action == Action::kNone) decision.action = Action::kChallenge;
  if (decision.action == Action::kChallenge) decision.level_rank = attack ? kHighest : kLight;
  if (mode == GateMode::kShadow) decision.action = Action::kAllow;
  return decision;
}

void ExpectAlike(const Decision& decision, const Decision& expected, const std::string& where) {
  EXPECT_EQ(decision.action, expected.action) << where;
  EXPECT_EQ(decision.rule, expected.rule) << where;
  EXPECT_EQ(decision.shadow_rule, expected.shadow_rule) << where;
  EXPECT_EQ(decision.killed_rule, expected.killed_rule) << where;
  EXPECT_EQ(decision.threshold, expected.threshold) << where;
  EXPECT_EQ(decision.level_rank, expected.level_rank) << where;
}

TEST(RuleSwitchesTest, EveryPairOfSwitchesAndActionsDecidesAsItReads) {
  for (const Action first : kActions) {
    for (const Action second : kActions) {
      for (const RuleMode first_mode : kRuleModes) {
        for (const RuleMode second_mode : kRuleModes) {
          const std::array<Rule, 2> rules = {RuleOf("a", first, first_mode),
                                             RuleOf("b", second, second_mode)};
          Switched switched(PolicyOf({rules[0], rules[1]}));
          for (const GateMode mode : kModes) {
            for (const RuleSwitch a : kSwitches) {
              for (const RuleSwitch b : kSwitches) {
                switched.switches->SetMode(mode);
                switched.switches->rules().Turn(0, a);
                switched.switches->rules().Turn(1, b);
                ExpectAlike(switched.Decide(), Expected(rules, {a, b}, mode),
                            "actions " + std::to_string(static_cast<int>(first)) + " " +
                                std::to_string(static_cast<int>(second)) + ", gate mode " +
                                std::to_string(static_cast<int>(mode)) + ", switches " +
                                std::to_string(static_cast<int>(a)) + " " +
                                std::to_string(static_cast<int>(b)));
              }
            }
          }
        }
      }
    }
  }
}

TEST(RuleSwitchesTest, SwitchTurnedBackLeavesNothing) {
  RuleSwitches switches(3);
  EXPECT_FALSE(switches.any());
  for (const RuleSwitch turned : {RuleSwitch::kOpen, RuleSwitch::kShadow, RuleSwitch::kShadow}) {
    switches.Turn(1, turned);
    EXPECT_TRUE(switches.any());
  }
  switches.Turn(1, RuleSwitch::kConfigured);
  EXPECT_FALSE(switches.any());
}

TEST(RuleSwitchesTest, IndexThatThereIsNotIsLeftAlone) {
  // The compiler doesn't know the size, or it warns of a write that doesn't happen.
  const volatile std::size_t size = 1;
  RuleSwitches switches(size);
  switches.Turn(1, RuleSwitch::kOpen);
  switches.Turn(65535, RuleSwitch::kOpen);
  EXPECT_FALSE(switches.any());
  EXPECT_EQ(switches.Of(1), RuleSwitch::kConfigured);
}

TEST(RuleSwitchesTest, ChallengeThatIsMadeToActSparesTheExempt) {
  Rule everything = RuleOf("all", Action::kChallenge, RuleMode::kShadow);
  everything.paths = {};
  Switched switched(PolicyOf({everything}));
  switched.switches->rules().Turn(0, RuleSwitch::kEnforce);
  EXPECT_EQ(switched.Decide("/robots.txt").action, Action::kAllow);
  EXPECT_EQ(switched.Decide("/y").rule, 0);
}

TEST(RuleSwitchesTest, EnforcedShadowRuleActsInABatchToo) {
  Switched switched(PolicyOf({RuleOf("a", Action::kDeny, RuleMode::kShadow)}));
  switched.switches->rules().Turn(0, RuleSwitch::kEnforce);
  const std::vector<Request> requests = {Get("/x", {}), Get("/y", {})};
  std::vector<Decision> decisions(2);
  switched.gate.DecideAll(requests, kNow, decisions);
  EXPECT_EQ(decisions[0].action, Action::kDeny);
  EXPECT_EQ(decisions[1].action, Action::kChallenge);
}

TEST(RuleSwitchesTest, ModeTurnedBetweenLookAndJudgeIsTheNextRequests) {
  for (const GateMode first : kModes) {
    for (const GateMode second : kModes) {
      Switched switched(PolicyOf({RuleOf("a", Action::kDeny, RuleMode::kEnforce)}), first);
      const Request request = Get("/x", {});
      const Decision alone = switched.Decide();
      ClearanceBatch batch;
      Decision decision;
      switched.gate.Look(request, kNow, batch, decision);
      switched.switches->SetMode(second);
      batch.Settle();
      switched.gate.Judge(request, kNow, decision);
      EXPECT_EQ(decision, alone);
    }
  }
}

}  // namespace
}  // namespace stile
