// What the gate makes of budgets.
#include "verifier/budget_check.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/verifier/site_fixture.h"
#include "verifier/gate.h"

namespace stile {
namespace {

using fixture::Earned;
using fixture::Get;
using fixture::kCookieName;
using fixture::Keys;
using fixture::kNow;
using fixture::kNowSeconds;
using fixture::Seal;
using fixture::Visitor;
using fixture::VisitorAt;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A clearance of rank 2 that differs by its id, and passes for any client.
Clearance Cleared(std::uint8_t id = 1) {
  Clearance clearance = Earned();
  clearance.id.fill(id);
  clearance.binding = Binding{};
  return clearance;
}

// Small budgets, a minute each: 20 for a clearance, 50 for all of a prefix, 10 for a prefix without
// clearance, 30 for the ring around it.
PolicySource SmallBudgets() {
  const auto rule = [](std::string name, Action action, std::uint8_t rank = 0) {
    Rule made;
    made.paths = {"/" + name + "/*"};
    made.name = std::move(name);
    made.action = action;
    made.rank = rank;
    return made;
  };
  PolicySource source;
  Level light = *Policy::Minimal()->LevelFor(2);
  light.budget = Rate{20, minutes{1}, 20};
  source.levels = {light};
  source.rules = {rule("free", Action::kAllow),         rule("shut", Action::kDeny),
                  rule("dear", Action::kChallenge, 2),  rule("idle", Action::kChallenge, 2),
                  rule("login", Action::kChallenge, 2), rule("feed", Action::kAllow),
                  rule("strict", Action::kChallenge, 3)};
  source.rules[2].cost = 5;
  source.rules[3].cost = 0;
  source.rules[4].budget = Rate{3, minutes{1}, 3};
  source.rules[5].cost = 2;
  source.budgets.cleared_prefix = {50, minutes{1}, 50};
  source.budgets.uncleared_prefix = {10, minutes{1}, 10};
  source.budgets.uncleared_ring = {30, minutes{1}, 30};
  return source;
}

std::shared_ptr<const Policy> Compiled(PolicySource source) {
  auto policy = Policy::Compile(std::move(source));
  if (policy.has_value()) return *policy;
  ADD_FAILURE() << ToString(policy.error());
  return Policy::Minimal();
}

std::shared_ptr<Budgets> Fresh() {
  auto budgets = Budgets::Create({1000, 1000, 1000, 1000});
  EXPECT_TRUE(budgets.has_value());
  return *budgets;
}

class BudgetTest : public testing::Test {
 protected:
  Decision Decide(std::string_view target, const std::string& token = "",
                  const Client& client = Visitor(), std::string_view method = "GET") {
    std::vector<std::string> cookies;
    if (!token.empty()) cookies.push_back(std::string(kCookieName) + "=" + token);
    Request request = Get(target, cookies, client);
    request.method = method;
    return MakeGate().Decide(request, now_);
  }
  [[nodiscard]] Gate MakeGate() const {
    return Gate(ClearanceCheck(Keys(), std::string(kCookieName)), policy_, mode_, nullptr,
                budgets_);
  }
  int Passes(std::string_view target, const std::string& token = "",
             const Client& client = Visitor(), int most = 1000) {
    int passed = 0;
    while (passed < most && Decide(target, token, client).action == Action::kAllow) ++passed;
    return passed;
  }

  std::shared_ptr<const Policy> policy_ = Compiled(SmallBudgets());
  std::shared_ptr<Budgets> budgets_ = Fresh();
  GateMode mode_ = GateMode::kEnforce;
  UnixMillis now_ = kNow;
};

TEST_F(BudgetTest, ClearancePassesItsBurstAndIsThenLimited) {
  const std::string token = Seal(Cleared());
  EXPECT_EQ(Passes("/x", token), 20);
  const Decision decision = Decide("/x", token);
  EXPECT_EQ(decision.action, Action::kDeny);
  EXPECT_EQ(decision.verdict, Verdict::kLimited);
  EXPECT_EQ(decision.finding.verdict, Verdict::kValid);
  EXPECT_EQ(decision.retry_after, 3u);
}

TEST_F(BudgetTest, ClearancePassesAgainOnceItsBudgetHasRefilled) {
  const std::string token = Seal(Cleared());
  ASSERT_EQ(Passes("/x", token), 20);
  now_ = now_ + milliseconds{2'999};
  EXPECT_EQ(Passes("/x", token), 0);
  now_ = now_ + milliseconds{1};
  EXPECT_EQ(Passes("/x", token), 1);
}

TEST_F(BudgetTest, CopiesOfAClearanceShareOneBudget) {
  Clearance clearance = Cleared();
  const std::string token = Seal(clearance);
  clearance.expires_at += 600;  // Renewed.
  const std::string renewed = Seal(clearance);
  EXPECT_EQ(Passes("/x", token, VisitorAt("192.0.2.7"), 12), 12);
  EXPECT_EQ(Passes("/x", renewed, VisitorAt("203.0.113.9")), 8);
}

TEST_F(BudgetTest, ClearancesHaveBudgetsOfTheirOwn) {
  EXPECT_EQ(Passes("/x", Seal(Cleared(1)), VisitorAt("192.0.2.7")), 20);
  EXPECT_EQ(Passes("/x", Seal(Cleared(2)), VisitorAt("192.0.2.8")), 20);
}

TEST_F(BudgetTest, ClearanceThatWasWaitedForHasATenth) {
  Clearance waited = Cleared(1);
  waited.rank = 1;
  waited.puzzle = Puzzle::kWait;
  EXPECT_EQ(Passes("/x", Seal(waited)), 2);
  Clearance of_its_level = Cleared(2);
  of_its_level.budget_class = kTenth;
  EXPECT_EQ(Passes("/x", Seal(of_its_level)), 2);
}

TEST_F(BudgetTest, BudgetClassThatIsNotKnownHasATenth) {
  Clearance clearance = Cleared();
  clearance.budget_class = 5;
  EXPECT_EQ(Passes("/x", Seal(clearance)), 2);
}

TEST_F(BudgetTest, StaticAssetsOfAClearedClientCostNothing) {
  const std::string token = Seal(Cleared());
  EXPECT_EQ(Passes("/a/b.css?v=1", token), 1000);
  EXPECT_EQ(Passes("/a/B.JPG", token), 1000);
  EXPECT_EQ(Passes("/x", token), 20);
}

TEST_F(BudgetTest, PathsThatOnlyLookStaticCostWhatOthersDo) {
  for (const std::string_view target :
       {"/css", "/a.css/b", "/a.cssx", "/a.", "/x?y=a.css", "/.css/", "/a.averylongname"}) {
    budgets_ = Fresh();
    EXPECT_EQ(Passes(target, Seal(Cleared())), 20) << target;
  }
}

TEST_F(BudgetTest, StaticAssetThatIsWrittenToCostsWhatOthersDo) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Decide("/a.css", Seal(Cleared()), Visitor(), "POST").action, Action::kAllow);
  }
  EXPECT_EQ(Decide("/a.css", Seal(Cleared()), Visitor(), "POST").action, Action::kDeny);
}

TEST_F(BudgetTest, PageOfThreeHundredSubresourcesPassesAtDefaults) {
  policy_ = Policy::Default();
  const std::string token = Seal(Cleared());
  for (int page = 0; page < 10; ++page) {
    ASSERT_EQ(Decide("/", token).action, Action::kAllow);
    ASSERT_EQ(Passes("/assets/app.3f2a.js", token, Visitor(), 300), 300);
  }
  budgets_ = Fresh();
  ASSERT_EQ(Passes("/img?id=7", token, Visitor(), 300), 300);  // And so it does without names.
}

TEST_F(BudgetTest, RulesCostIsWhatARequestTakes) {
  EXPECT_EQ(Passes("/dear/x", Seal(Cleared(1))), 4);
  EXPECT_EQ(Passes("/idle/x", Seal(Cleared(2)), VisitorAt("198.51.100.1")), 1000);
}

TEST_F(BudgetTest, WrittenCostHoldsForStaticAssetsToo) {
  EXPECT_EQ(Passes("/dear/x.css", Seal(Cleared())), 4);
}

TEST_F(BudgetTest, RulesOwnBudgetLimitsBesides) {
  const std::string token = Seal(Cleared());
  EXPECT_EQ(Passes("/login/x", token), 3);
  EXPECT_EQ(Decide("/login/x", token).verdict, Verdict::kLimited);
  EXPECT_EQ(Passes("/x", token), 17);
}

TEST_F(BudgetTest, WhatIsLetThroughCostsNothingUnlessItsRuleSaysSo) {
  EXPECT_EQ(Passes("/free/x"), 1000);
  EXPECT_EQ(Passes("/free/x", Seal(Cleared())), 1000);
  EXPECT_EQ(Passes("/robots.txt"), 1000);
  EXPECT_EQ(Passes("/feed/x", Seal(Cleared())), 10);
}

TEST_F(BudgetTest, UnclearedThatWereLetThroughAreAskedOnceTheirPrefixHasSpentItsBudget) {
  EXPECT_EQ(Passes("/feed/x"), 5);
  const Decision decision = Decide("/feed/x");
  EXPECT_EQ(decision.action, Action::kChallenge);
  EXPECT_EQ(decision.verdict, Verdict::kLimited);
  EXPECT_EQ(decision.level_rank, 2);
  EXPECT_EQ(decision.rank_needed, 1);
  EXPECT_EQ(Passes("/feed/x", Seal(Cleared())), 10);
}

TEST_F(BudgetTest, DeniedRequestsCostNothing) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Decide("/shut/x").verdict, Verdict::kAbsent);
  EXPECT_EQ(Decide("/x").verdict, Verdict::kAbsent);
}

TEST_F(BudgetTest, UnclearedPrefixIsChallengedAtARaisedPriceAndNeverDenied) {
  for (int i = 0; i < 10; ++i) {
    const Decision decision = Decide("/x", "", VisitorAt("192.0.2." + std::to_string(i)));
    ASSERT_EQ(decision.action, Action::kChallenge);
    ASSERT_EQ(decision.verdict, Verdict::kAbsent) << i;
  }
  for (int i = 0; i < 100; ++i) {
    const Decision decision = Decide("/x", "", VisitorAt("192.0.2.99"));
    ASSERT_EQ(decision.action, Action::kChallenge);
    ASSERT_EQ(decision.verdict, Verdict::kLimited);
    ASSERT_EQ(decision.retry_after, 0u);
  }
  EXPECT_EQ(Decide("/x", "", VisitorAt("192.0.3.1")).verdict, Verdict::kAbsent);
}

TEST_F(BudgetTest, NoPathIsFreeToBeChallengedAt) {
  for (int i = 0; i < 10; ++i) ASSERT_EQ(Decide("/a.css").verdict, Verdict::kAbsent);
  EXPECT_EQ(Decide("/a.css").verdict, Verdict::kLimited);
}

TEST_F(BudgetTest, RingLimitsWhatSpreadsOverItsPrefixes) {
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(Decide("/x", "", VisitorAt("192.0." + std::to_string(i) + ".1")).verdict,
              Verdict::kAbsent);
  }
  EXPECT_EQ(Decide("/x", "", VisitorAt("192.0.77.1")).verdict, Verdict::kLimited);
  EXPECT_EQ(Decide("/x", "", VisitorAt("192.1.77.1")).verdict, Verdict::kAbsent);
}

TEST_F(BudgetTest, Ipv6PrefixesAndRingsAreThoseOfANetwork) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(Decide("/x", "", VisitorAt("2001:db8:0:" + std::to_string(i) + "::1")).verdict,
              Verdict::kAbsent);
  }
  EXPECT_EQ(Decide("/x", "", VisitorAt("2001:db8:0:ff::1")).verdict, Verdict::kLimited);
  EXPECT_EQ(Decide("/x", "", VisitorAt("2001:db8:0:100::1")).verdict, Verdict::kAbsent);
}

TEST_F(BudgetTest, ClearedAndUnclearedOfAPrefixAreCountedApart) {
  for (int i = 0; i < 100; ++i) static_cast<void>(Decide("/x"));
  ASSERT_EQ(Decide("/x").verdict, Verdict::kLimited);
  EXPECT_EQ(Passes("/x", Seal(Cleared())), 20);
}

TEST_F(BudgetTest, ClearancesOfASpentPrefixAreAskedForOneAtTheRaisedPrice) {
  for (std::uint8_t id = 1; id <= 5; ++id) {
    ASSERT_EQ(Passes("/x", Seal(Cleared(id)), Visitor(), 10), 10);
  }
  const Decision decision = Decide("/x", Seal(Cleared(9)));
  EXPECT_EQ(decision.action, Action::kChallenge);
  EXPECT_EQ(decision.verdict, Verdict::kLimited);
  EXPECT_EQ(decision.level_rank, 2);

  Clearance paid = Cleared(10);
  paid.budget_class = kBoughtDear;
  EXPECT_EQ(Passes("/x", Seal(paid)), 20);
  EXPECT_EQ(Decide("/x", Seal(paid)).action, Action::kDeny);
  EXPECT_EQ(Passes("/x", Seal(Cleared(11)), VisitorAt("192.0.3.1")), 20);
}

TEST_F(BudgetTest, UnknownAddressHasNoPrefixBudget) {
  const Client nowhere{std::nullopt, fixture::kUserAgent};
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(Decide("/x", "", nowhere).verdict, Verdict::kAbsent);
  }
  EXPECT_EQ(Passes("/x", Seal(Cleared()), nowhere), 20);
}

TEST_F(BudgetTest, RequestInGraceIsChargedToItsClearance) {
  Clearance expired = Cleared();
  expired.expires_at = kNowSeconds - 30;
  const std::string token = Seal(expired);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(Decide("/x", token, Visitor(), "POST").action, Action::kAllow);
  }
  const Decision decision = Decide("/x", token, Visitor(), "POST");
  EXPECT_EQ(decision.action, Action::kDeny);
  EXPECT_FALSE(decision.by_grace);
}

TEST_F(BudgetTest, ClearanceThatDoesNotSufficeIsChargedToItsPrefix) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(Decide("/strict/x", Seal(Cleared())).verdict, Verdict::kValid);
  }
  EXPECT_EQ(Decide("/strict/x", Seal(Cleared())).verdict, Verdict::kLimited);
  EXPECT_EQ(Passes("/x", Seal(Cleared())), 20);
}

TEST_F(BudgetTest, ForgedClearanceIsChargedToItsPrefix) {
  const std::string forged = fixture::FlipTag(Seal(Cleared()));
  for (int i = 0; i < 30; ++i) static_cast<void>(Decide("/x", forged));
  EXPECT_EQ(Decide("/x", forged).verdict, Verdict::kLimited);
  EXPECT_EQ(Passes("/x", Seal(Cleared())), 20);
}

TEST_F(BudgetTest, ShadowModeLetsPassAndTellsWhatWouldHaveBeen) {
  mode_ = GateMode::kShadow;
  const std::string token = Seal(Cleared());
  for (int i = 0; i < 20; ++i) ASSERT_EQ(Decide("/x", token).verdict, Verdict::kValid);
  const Decision decision = Decide("/x", token);
  EXPECT_EQ(decision.action, Action::kAllow);
  EXPECT_TRUE(decision.by_mode);
  EXPECT_EQ(decision.verdict, Verdict::kLimited);
}

TEST_F(BudgetTest, OpenModeChargesNothing) {
  mode_ = GateMode::kOpen;
  EXPECT_EQ(Passes("/x", Seal(Cleared())), 1000);
  mode_ = GateMode::kEnforce;
  EXPECT_EQ(Passes("/x", Seal(Cleared())), 20);
}

TEST_F(BudgetTest, AttackModeAsksItsLevelWhereAPrefixIsSpent) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(Decide("/feed/x").action, Action::kAllow);
  mode_ = GateMode::kAttack;
  EXPECT_EQ(Decide("/feed/x").level_rank, 3);
}

TEST_F(BudgetTest, BudgetsOutliveTheGateThatChargedThem) {
  const std::string token = Seal(Cleared());
  ASSERT_EQ(Passes("/x", token), 20);  // Each in a gate of its own.
  policy_ = Compiled(SmallBudgets());
  EXPECT_EQ(Passes("/x", token), 0);
  EXPECT_EQ(Passes("/login/x", Seal(Cleared(2))), 3);
  policy_ = Compiled(SmallBudgets());
  EXPECT_EQ(Passes("/login/x", Seal(Cleared(2))), 0);
}

TEST_F(BudgetTest, SitesHaveBudgetsOfTheirOwn) {
  const std::string token = Seal(Cleared());
  ASSERT_EQ(Passes("/x", token), 20);
  std::vector<MasterKey> masters;
  masters.push_back(fixture::Master(1, UnixMillis{0}));
  const auto other = fixture::KeysOf(std::move(masters), kNow, "other");
  Clearance clearance = Cleared();
  clearance.site_id = other->site_id();
  const std::string cookie = std::string(kCookieName) + "=" + Seal(clearance, *other);
  const std::vector<std::string> cookies = {cookie};
  const Gate gate(ClearanceCheck(other, std::string(kCookieName)), policy_, mode_, nullptr,
                  budgets_);
  EXPECT_EQ(gate.Decide(Get("/x", cookies), kNow).action, Action::kAllow);
}

TEST_F(BudgetTest, WithoutTablesNothingIsCounted) {
  budgets_ = nullptr;
  EXPECT_EQ(Passes("/x", Seal(Cleared())), 1000);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(Decide("/x").verdict, Verdict::kAbsent);
}

TEST_F(BudgetTest, BatchDecidesAsRequestsOneByOneDo) {
  std::vector<std::string> tokens = {Seal(Cleared(1)), Seal(Cleared(2)), ""};
  constexpr std::array<std::string_view, 5> kTargets = {"/x", "/login/x", "/a.css", "/feed/x",
                                                        "/dear/x"};
  std::vector<std::string> cookies;
  for (const std::string& token : tokens) {
    cookies.push_back(std::string(kCookieName) + "=" + token);
  }
  std::vector<Request> requests;
  for (std::size_t i = 0; i < 300; ++i) {
    const std::size_t who = i % 7 % cookies.size();
    requests.push_back(Get(kTargets[i % kTargets.size()], std::span(&cookies[who], 1)));
  }
  std::vector<Decision> alone;
  for (const Request& request : requests) alone.push_back(MakeGate().Decide(request, now_));
  budgets_ = Fresh();
  std::vector<Decision> together(requests.size());
  MakeGate().DecideAll(requests, now_, together);
  int limited = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(together[i], alone[i]) << i;
    limited += alone[i].verdict == Verdict::kLimited ? 1 : 0;
  }
  EXPECT_GT(limited, 50);
}

TEST_F(BudgetTest, HeaviestAreKnownByName) {
  static_cast<void>(Passes("/x", Seal(Cleared(7))));
  for (int i = 0; i < 50; ++i) static_cast<void>(Decide("/x"));
  std::array<HeavyHitter, 3> top;
  ASSERT_EQ(budgets_->heavy_clearances.Top(top, now_), 1u);
  EXPECT_EQ(top[0].id, Budgets::IdOf(Cleared(7).id, Keys()->site_id()));
  ASSERT_EQ(budgets_->heavy_uncleared_prefixes.Top(top, now_), 1u);
  EXPECT_EQ(top[0].id.high, fixture::Address("192.0.2.0").Prefix(24));
}

TEST(BudgetsTest, SizesOutsideTheirLimitsAreRefused) {
  EXPECT_FALSE(Budgets::Create({0, 1, 1, 1}).has_value());
  EXPECT_FALSE(Budgets::Create({1, 1, 1, Budgets::kMaxCells + 1}).has_value());
  EXPECT_TRUE(Budgets::Create({1, 1, 1, 1}).has_value());
}

TEST(BudgetsTest, TakeAsMuchMemoryAsTheySay) {
  const Budgets::Sizes sizes;
  EXPECT_EQ(Budgets::BytesFor(sizes) % 64, 0u);
  EXPECT_LT(Budgets::BytesFor(sizes), 4'000'000u);
}

TEST(BudgetsTest, KeysOfPrefixesDifferByFamilyLengthAndSite) {
  const auto budgets = Fresh();
  const auto v4 = Budgets::IdOf(fixture::Address("32.1.13.0"), 24, 56, 1);
  const auto v6 = Budgets::IdOf(fixture::Address("2001:d00::"), 24, 56, 1);
  EXPECT_NE(budgets->KeyOf(v4), budgets->KeyOf(v6));
  EXPECT_NE(budgets->KeyOf(v4),
            budgets->KeyOf(Budgets::IdOf(fixture::Address("32.1.13.0"), 16, 56, 1)));
  EXPECT_NE(budgets->KeyOf(v4),
            budgets->KeyOf(Budgets::IdOf(fixture::Address("32.1.13.0"), 24, 56, 2)));
  EXPECT_NE(budgets->KeyOf(v4), budgets->KeyOf(v4, 1));
}

// What other nodes will hear.
std::uint64_t Untold(Budgets& budgets, std::size_t table, UnixMillis now) {
  std::vector<UntoldTaking> takings;
  const auto collected = budgets.untold(table).Collect(
      budgets.hash, {.settle = milliseconds{0}, .late = seconds{10}}, now, 1'000, takings);
  return collected.cost_due;
}

TEST_F(BudgetTest, WhatIsTakenIsNotedForOtherNodesAndWhatIsRefusedIsNot) {
  budgets_ = *Budgets::Create({1000, 1000, 1000, 1000, 1000});
  const std::string token = Seal(Cleared());
  EXPECT_EQ(Passes("/dear/x", token), 4);  // At 5 each.
  EXPECT_EQ(Untold(*budgets_, 0, now_), 20u);
  EXPECT_EQ(Untold(*budgets_, 1, now_), 20u);
  EXPECT_EQ(Untold(*budgets_, 2, now_), 0u);
  for (int i = 0; i < 12; ++i) (void)Decide("/dear/x");
  EXPECT_EQ(Untold(*budgets_, 0, now_), 0u);
  EXPECT_EQ(Untold(*budgets_, 2, now_), 10u);
  EXPECT_EQ(Untold(*budgets_, 3, now_), 10u);
}

TEST_F(BudgetTest, RulesOwnBudgetIsNotedApartFromTheClearances) {
  budgets_ = *Budgets::Create({1000, 1000, 1000, 1000, 1000});
  EXPECT_EQ(Passes("/login/x", Seal(Cleared())), 3);
  EXPECT_EQ(Untold(*budgets_, 0, now_), 6u);
}

TEST_F(BudgetTest, NothingIsNotedWhereNothingIsMerged) {
  EXPECT_EQ(Passes("/dear/x", Seal(Cleared())), 4);
  for (std::size_t table = 0; table < Budgets::kTables; ++table) {
    EXPECT_FALSE(budgets_->untold(table).keeps());
  }
}

}  // namespace
}  // namespace stile
