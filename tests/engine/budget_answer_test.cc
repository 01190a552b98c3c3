// What clients get whose budgets are spent.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "engine/ask.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Fetch;
using fixture::Navigate;
using fixture::Reply;
using std::chrono::minutes;
using std::chrono::seconds;

// 5 a minute for a clearance, 3 for a prefix without one, 8 for all clearances of a prefix; four
// times the price.
EngineOptions SmallBudgets() {
  PolicySource source = fixture::Source();
  source.levels[1].budget = Rate{5, minutes{1}, 5};
  source.budgets.uncleared_prefix = {3, minutes{1}, 3};
  source.budgets.cleared_prefix = {8, minutes{1}, 8};
  SiteOptions site = fixture::Site();
  site.policy = fixture::PolicyOf(std::move(source));
  EngineOptions options = fixture::OneSite(std::move(site));
  options.budgets = *Budgets::Create({1000, 1000, 1000, 1000});
  return options;
}

std::string CookieWith(std::uint8_t id) {
  Clearance clearance = fixture::Earned();
  clearance.id.fill(id);
  return "__Host-stile=" + fixture::Seal(clearance);
}

Request With(Request request, const std::string& cookie) {
  request.cookies[0] = cookie;
  request.cookie_count = 1;
  return request;
}

// The alternative `index` of a challenge, as it is sealed.
Alternative Offered(std::string_view challenge, std::size_t index = 0) {
  SealedChallenge sealed;
  EXPECT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  return sealed.claimed_alternative(index);
}

void SpendPrefix(Door& door) {
  for (int i = 0; i < 3; ++i) static_cast<void>(door.Decide(Navigate("/x")));
}

TEST(BudgetAnswer, IsTooManyRequestsForAClearanceOverBudget) {
  Door door(SmallBudgets());
  const std::string cookie = CookieWith(1);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(door.Ask(With(Fetch("/x"), cookie)).status, 0);
  const Reply program = door.Ask(With(Fetch("/x"), cookie));
  EXPECT_EQ(program.status, 429);
  EXPECT_EQ(program.Get("Retry-After"), "12");
  EXPECT_EQ(fixture::WithoutReference(program.body), R"({"error":"limited"})");
  EXPECT_EQ(program.Get("Cache-Control"), "no-store");

  const Reply person = door.Ask(With(Navigate("/x"), cookie));
  EXPECT_EQ(person.status, 429);
  EXPECT_EQ(person.Get("Retry-After"), "12");
  EXPECT_EQ(person.Get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(person.body.find("<form"), std::string::npos);
  EXPECT_NE(person.body.find("more requests than it allows"), std::string::npos);
  EXPECT_EQ(person.Count("Set-Cookie"), 0u);
}

TEST(BudgetAnswer, IsCountedAsLimited) {
  Door door(SmallBudgets());
  for (int i = 0; i < 7; ++i) static_cast<void>(door.Decide(With(Fetch("/x"), CookieWith(1))));
  const auto& decisions = door.counters().decisions[0];
  const auto limited = static_cast<std::size_t>(Verdict::kLimited);
  EXPECT_EQ(decisions[static_cast<std::size_t>(Action::kDeny)][limited].Get(), 2u);
}

TEST(BudgetAnswer, OverTwoHopsIsTheSameAndNothingIsChargedTwice) {
  Door door(SmallBudgets());
  const std::string cookie = CookieWith(1);
  for (int i = 0; i < 5; ++i) static_cast<void>(door.Decide(With(Fetch("/x"), cookie)));
  const Request request = With(Fetch("/x"), cookie);
  const Decision decision = door.Decide(request);
  const std::string context(door.engine().SealHop(request, decision, door.now, door.worker()));
  for (int i = 0; i < 10; ++i) {
    Answer answer;
    door.engine().RespondToHop(request, context, door.now, door.worker(), answer);
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.Get("Retry-After"), "12");
  }
  door.now = door.now + seconds{12};
  EXPECT_EQ(door.Decide(request).action, Action::kAllow);
}

TEST(BudgetAnswer, IsAChallengeAtTheRaisedPriceForASpentPrefix) {
  Door door(SmallBudgets());
  for (int i = 0; i < 3; ++i) {
    const Reply reply = door.Ask(Navigate("/x"));
    ASSERT_EQ(Offered(fixture::ChallengeIn(reply.body)).effort, 64u);
  }
  const Reply reply = door.Ask(Navigate("/x"));
  EXPECT_EQ(reply.status, 403);
  const std::string challenge = fixture::ChallengeIn(reply.body);
  EXPECT_EQ(Offered(challenge, 0).effort, 256u);
  EXPECT_EQ(Offered(challenge, 0).budget_class, kBoughtDear);
  EXPECT_EQ(Offered(challenge, 1).effort, 20'000u);  // Nobody is shut out who can only wait.
  EXPECT_EQ(Offered(challenge, 1).budget_class, kBoughtDear);
}

TEST(BudgetAnswer, LeadsAProgramOfASpentPrefixToTheRaisedPrice) {
  Door door(SmallBudgets());
  SpendPrefix(door);
  const std::string address = door.Ask(Fetch("/x")).Get("Stile-Challenge");
  door.now = door.now + minutes{1};  // The prefix's budget is whole; the context remembers.
  const std::string challenge = door.FreshChallenge(address);
  EXPECT_EQ(Offered(challenge).effort, 256u);
}

TEST(BudgetAnswer, OverTwoHopsIsTheRaisedPriceToo) {
  Door door(SmallBudgets());
  SpendPrefix(door);
  const Request request = Navigate("/x");
  const Decision decision = door.Decide(request);
  const std::string context(door.engine().SealHop(request, decision, door.now, door.worker()));
  door.now = door.now + seconds{59};
  Answer answer;
  door.engine().RespondToHop(request, context, door.now, door.worker(), answer);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(Offered(fixture::ChallengeIn(answer.body)).effort, 256u);
  // Of the three that the prefix has, a second hop takes none.
  for (int i = 0; i < 20; ++i) {
    door.engine().RespondToHop(request, context, door.now, door.worker(), answer);
  }
  EXPECT_EQ(door.Decide(request).verdict, Verdict::kAbsent);
  EXPECT_EQ(door.Decide(request).verdict, Verdict::kAbsent);
}

TEST(BudgetAnswer, EveryChallengeThatIsFetchedIsCharged) {
  Door door(SmallBudgets());
  for (int i = 0; i < 3; ++i) ASSERT_EQ(Offered(door.FreshChallenge()).effort, 64u) << i;
  EXPECT_EQ(Offered(door.FreshChallenge()).effort, 256u);
}

TEST(BudgetAnswer, ContextThatIsUsedAgainAndAgainIsChargedEachTime) {
  Door door(SmallBudgets());
  const std::string address = door.Ask(Fetch("/x")).Get("Stile-Challenge");
  EXPECT_EQ(Offered(door.FreshChallenge(address)).effort, 64u);
  EXPECT_EQ(Offered(door.FreshChallenge(address)).effort, 64u);
  EXPECT_EQ(Offered(door.FreshChallenge(address)).effort, 256u);
}

TEST(BudgetAnswer, PageAfterABadSolutionIsCharged) {
  Door door(SmallBudgets());
  for (int i = 0; i < 3; ++i) {
    const Reply reply = door.RedeemForm("nonsense", "nonsense");
    ASSERT_EQ(Offered(fixture::ChallengeIn(reply.body)).effort, 64u) << i;
  }
  const Reply reply = door.RedeemForm("nonsense", "nonsense");
  EXPECT_EQ(Offered(fixture::ChallengeIn(reply.body)).effort, 256u);
}

TEST(BudgetAnswer, ClearanceBoughtAtTheRaisedPricePassesWhereItsPrefixIsSpent) {
  Door door(SmallBudgets());
  for (std::uint8_t id = 1; id <= 2; ++id) {
    for (int i = 0; i < 4; ++i) {
      ASSERT_EQ(door.Decide(With(Navigate("/x"), CookieWith(id))).action, Action::kAllow);
    }
  }
  const Reply asked = door.Ask(With(Navigate("/x"), CookieWith(3)));
  EXPECT_EQ(asked.status, 403);
  const std::string challenge = fixture::ChallengeIn(asked.body);
  ASSERT_EQ(Offered(challenge).effort, 256u);
  const Reply redeemed = door.RedeemForm(challenge, fixture::Solve(challenge));
  ASSERT_EQ(redeemed.status, 303);
  const std::string cookie = fixture::CookieOf(redeemed);
  EXPECT_EQ(door.Decide(With(Navigate("/x"), cookie)).action, Action::kAllow);
  EXPECT_EQ(door.Decide(With(Navigate("/x"), CookieWith(4))).action, Action::kChallenge);
}

TEST(BudgetAnswer, ChallengeThatIsFetchedWithoutItsContextIsDearToo) {
  Door door(SmallBudgets());
  for (std::uint8_t id = 1; id <= 2; ++id) {
    for (int i = 0; i < 4; ++i) {
      ASSERT_EQ(door.Decide(With(Navigate("/x"), CookieWith(id))).action, Action::kAllow);
    }
  }
  const std::string challenge = door.FreshChallenge();
  EXPECT_EQ(Offered(challenge).effort, 256u);
  EXPECT_EQ(Offered(challenge).budget_class, kBoughtDear);
  door.now = door.now + minutes{1};
  EXPECT_EQ(Offered(door.FreshChallenge()).effort, 64u);
}

TEST(BudgetAnswer, BadSolutionOfADearChallengeIsAskedTheSamePriceAgain) {
  Door door(SmallBudgets());
  SpendPrefix(door);
  const std::string challenge = fixture::ChallengeIn(door.Ask(Navigate("/x")).body);
  ASSERT_EQ(Offered(challenge).effort, 256u);
  door.now = door.now + minutes{2};
  const std::string other = fixture::ChallengeIn(door.Ask(Navigate("/y")).body);
  const Reply reply = door.RedeemForm(challenge, fixture::Solve(other));
  EXPECT_EQ(Offered(fixture::ChallengeIn(reply.body)).effort, 256u) << reply.body;
}

TEST(BudgetAnswer, BudgetsOutliveEngines) {
  EngineOptions options = SmallBudgets();
  const auto budgets = options.budgets;
  Door before(options);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(before.Decide(With(Fetch("/x"), CookieWith(1))).action, Action::kAllow);
  }
  EngineOptions again = SmallBudgets();
  again.budgets = budgets;
  Door after(std::move(again));
  EXPECT_EQ(after.Decide(With(Fetch("/x"), CookieWith(1))).action, Action::kDeny);
}

TEST(BudgetAnswer, PriceIsRaisedBesidesWhatRoamingCosts) {
  const auto policy = fixture::PolicyOf(fixture::Source());
  const Level& level = *policy->LevelFor(2);
  EXPECT_EQ(OfferOf(level, 0, 600, 4).alternatives[0].effort, 256u);
  EXPECT_EQ(OfferOf(level, 2, 600, 4).alternatives[0].effort, 1024u);
  EXPECT_EQ(OfferOf(level, 0, 600, 1).alternatives[0].effort, 64u);
  EXPECT_EQ(OfferOf(level, 0, 600, 1).alternatives[0].budget_class, kBoughtDear);
  EXPECT_EQ(OfferOf(level, 0, 600).alternatives[0].budget_class, kWholeBudget);
}

}  // namespace
}  // namespace stile
