// Levels with fallbacks: what is offered while some are withdrawn, and what their limits answer;
// and a redemption whose solution is checked elsewhere.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "challenge/sealed_challenge.h"
#include "engine/fallback_switch.h"
#include "tests/engine/door.h"
#include "verifier/policy/budget_terms.h"
#include "verifier/puzzle_check.h"

namespace stile {
namespace {

using fixture::ChallengeIn;
using fixture::Door;
using fixture::Fetch;
using fixture::Navigate;
using fixture::Reply;
using fixture::Solve;
using fixture::WaitSolution;
using Cause = FallbackSwitch::Cause;

constexpr std::string_view kNeedsScript = "This step needs JavaScript";

// `light` has hashwx, sha256 and wait.
EngineOptions WithFallbacks() {
  SiteOptions site = fixture::Site();
  PolicySource source = fixture::Source();
  Level& light = source.levels[1];
  light.alternative_count = 3;
  light.alternatives = {Alternative{Puzzle::kHashwx, 2, 2, 0, 8, 43'200},
                        Alternative{Puzzle::kSha256, 2, 2, 0, 64, 10'800},
                        Alternative{Puzzle::kWait, 1, 0, 0, 5'000, 600}, Alternative{}};
  light.earns = {"light", "light", "wait", ""};
  site.policy = fixture::PolicyOf(std::move(source));
  return fixture::OneSite(site);
}

// The puzzles of a challenge, in its order.
std::string PuzzlesIn(std::string_view challenge) {
  SealedChallenge sealed;
  EXPECT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  std::string puzzles;
  for (std::size_t i = 0; i < sealed.claimed_alternative_count(); ++i) {
    puzzles += PuzzleName(sealed.claimed_alternative(i).puzzle);
    puzzles += ' ';
  }
  return puzzles;
}

std::uint64_t Redeems(const Door& door, Puzzle puzzle, Verdict verdict) {
  return door.counters()
      .redeems[static_cast<std::size_t>(puzzle)][static_cast<std::size_t>(verdict)]
      .Get();
}

TEST(FallbackAnswer, OffersThemWhileNobodyWithdrawsThem) {
  Door door(WithFallbacks());
  const std::string challenge = door.FreshChallenge();
  EXPECT_EQ(PuzzlesIn(challenge), "hashwx sha256 wait ");
  SealedChallenge sealed;
  ASSERT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  EXPECT_EQ(sealed.claimed_alternative(0).budget_class, kWholeBudget);
  EXPECT_EQ(sealed.claimed_alternative(1).budget_class, kHalf);
  const std::string body = door.Ask(Fetch("/.stile/challenge")).body;
  EXPECT_NE(body.find(R"({"puzzle":"hashwx","effort":8,"parts":2,"level":"light",)"),
            std::string::npos)
      << body;
}

TEST(FallbackAnswer, LeavesOutWhatASiteWithdraws) {
  Door door(WithFallbacks());
  FallbackSwitch& fallbacks = door.engine().fallbacks(0);
  fallbacks.Set(Puzzle::kSha256, Cause::kEffort, true);
  EXPECT_EQ(PuzzlesIn(door.FreshChallenge()), "hashwx wait ");
  EXPECT_EQ(PuzzlesIn(ChallengeIn(door.Ask(Navigate("/docs")).body)), "hashwx wait ");
  EXPECT_EQ(door.Ask(Fetch("/.stile/challenge")).body.find("sha256"), std::string::npos);
  fallbacks.Set(Puzzle::kSha256, Cause::kEffort, false);
  EXPECT_EQ(PuzzlesIn(door.FreshChallenge()), "hashwx sha256 wait ");
}

TEST(FallbackAnswer, LeavesOutWhatAWorkerWithdraws) {
  Door door(WithFallbacks());
  door.worker().fallbacks().Set(Puzzle::kWait, Cause::kOverload, true);
  EXPECT_EQ(PuzzlesIn(door.FreshChallenge()), "hashwx sha256 ");
}

TEST(FallbackAnswer, OneWhoDoesNotWithdrawDoesNotContradictOneWhoDoes) {
  Door door(WithFallbacks());
  FallbackSwitch& fallbacks = door.engine().fallbacks(0);
  fallbacks.Set(Puzzle::kWait, Cause::kEffort, true);
  fallbacks.Set(Puzzle::kWait, Cause::kOverload, true);
  fallbacks.Set(Puzzle::kWait, Cause::kOverload, false);
  EXPECT_EQ(PuzzlesIn(door.FreshChallenge()), "hashwx sha256 ");
  fallbacks.Set(Puzzle::kHashwx, Cause::kEffort, true);  // It is none.
  EXPECT_EQ(PuzzlesIn(door.FreshChallenge()), "hashwx sha256 ");
}

TEST(FallbackAnswer, TellsWhoeverHasNoScriptWhatIsNeededWhereNoWaitIsOffered) {
  Door door(WithFallbacks());
  const std::string with = door.Ask(Navigate("/docs")).body;
  EXPECT_NE(with.find("<button>"), std::string::npos);
  EXPECT_EQ(with.find(kNeedsScript), std::string::npos);
  door.engine().fallbacks(0).Set(Puzzle::kWait, Cause::kEffort, true);
  const std::string without = door.Ask(Navigate("/docs")).body;
  EXPECT_EQ(without.find("<button>"), std::string::npos);
  EXPECT_NE(without.find(kNeedsScript), std::string::npos);
}

TEST(FallbackAnswer, AChallengeAlwaysHasAnAlternative) {
  SiteOptions site = fixture::Site();  // sha256 or wait; sha256 alone; wait alone.
  Door door(fixture::OneSite(site));
  FallbackSwitch& fallbacks = door.engine().fallbacks(0);
  fallbacks.Set(Puzzle::kSha256, Cause::kEffort, true);
  fallbacks.Set(Puzzle::kWait, Cause::kEffort, true);
  EXPECT_EQ(PuzzlesIn(door.FreshChallenge()), "sha256 ");
  EXPECT_EQ(PuzzlesIn(ChallengeIn(door.Ask(Navigate("/strict/a")).body)), "sha256 ");
  PolicySource source = fixture::Source();
  source.default_rank = 1;
  site.policy = fixture::PolicyOf(std::move(source));
  Door waiting(fixture::OneSite(site));
  waiting.engine().fallbacks(0).Set(Puzzle::kWait, Cause::kEffort, true);
  EXPECT_EQ(PuzzlesIn(waiting.FreshChallenge()), "wait ");
}

TEST(FallbackAnswer, WhatWasIssuedBeforeStaysGood) {
  Door door(WithFallbacks());
  const std::string first = door.FreshChallenge();
  const std::string second = door.FreshChallenge();
  FallbackSwitch& fallbacks = door.engine().fallbacks(0);
  fallbacks.Set(Puzzle::kSha256, Cause::kEffort, true);
  fallbacks.Set(Puzzle::kWait, Cause::kEffort, true);
  EXPECT_EQ(door.RedeemJson(first, Solve(first, 1)).status, 200);
  door.now = fixture::kNow + std::chrono::seconds{5};
  EXPECT_EQ(door.RedeemForm(second, WaitSolution(2)).status, 303);
}

// --- Limits ---

TEST(FallbackAnswer, LimitedSha256KeepsItsChallengeAndOffersToWait) {
  Door door(WithFallbacks());
  Reply reply;
  std::string challenge;
  for (int i = 0; i < 31; ++i) {
    challenge = door.FreshChallenge();
    reply = door.RedeemForm(challenge, Solve(challenge, 1));
  }
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.Count("Set-Cookie"), 0u);
  EXPECT_EQ(reply.Get("Retry-After"), "20");
  EXPECT_EQ(ChallengeIn(reply.body), challenge);
  // Its button waits; it doesn't send an empty solution of sha256.
  EXPECT_NE(reply.body.find("value=\"" + WaitSolution(2) + "\""), std::string::npos);
  EXPECT_EQ(Redeems(door, Puzzle::kSha256, Verdict::kLimited), 1u);
  door.now = fixture::kNow + std::chrono::seconds{20};
  EXPECT_EQ(door.RedeemForm(challenge, Solve(challenge, 1)).status, 303);
}

// --- In steps ---

Request Redeeming() {
  Request request = fixture::RedeemWith(fixture::kJson);
  request.address = fixture::Address("192.0.2.7");
  return request;
}

class RedeemInSteps : public testing::Test {
 protected:
  // What comes of the redemption so far.
  Answer Respond(PuzzleCheck& check) {
    Decision decision;
    decision.action = Action::kServe;
    Answer answer;
    door_.engine().Respond(Redeeming(), decision, Body(), door_.now, door_.worker(), answer, check);
    return answer;
  }
  std::string Body() const {
    return R"({"challenge":")" + challenge_ + R"(","solution":")" + solution_ + R"("})";
  }

  Door door_{WithFallbacks()};
  std::string challenge_ = door_.FreshChallenge();
  std::string solution_ = Solve(challenge_);
};

TEST_F(RedeemInSteps, NothingIsAnsweredOrCountedBeforeTheCheck) {
  PuzzleCheck check;
  EXPECT_EQ(Respond(check).status, 0);
  EXPECT_EQ(check.state(), PuzzleCheck::State::kOpen);
  EXPECT_EQ(Redeems(door_, Puzzle::kHashwx, Verdict::kNone), 0u);
  EXPECT_EQ(Redeems(door_, Puzzle::kHashwx, Verdict::kValid), 0u);
  while (check.state() == PuzzleCheck::State::kOpen) check.CheckPart();
  const Answer answer = Respond(check);
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.Get("Set-Cookie").empty());
  EXPECT_EQ(Redeems(door_, Puzzle::kHashwx, Verdict::kValid), 1u);
}

TEST_F(RedeemInSteps, OneThatIsPutOffIsToComeAgain) {
  PuzzleCheck check;
  ASSERT_EQ(Respond(check).status, 0);
  check.PutOff(std::chrono::milliseconds{1'200});
  const Answer answer = Respond(check);
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.Get("Retry-After"), "2");
  EXPECT_TRUE(answer.Get("Set-Cookie").empty());
  EXPECT_EQ(Redeems(door_, Puzzle::kHashwx, Verdict::kLimited), 1u);
  EXPECT_EQ(door_.RedeemJson(challenge_, solution_).status, 200);
}

TEST_F(RedeemInSteps, OtherPuzzlesAreAnsweredAtOnce) {
  solution_ = Solve(challenge_, 1);
  PuzzleCheck check;
  EXPECT_EQ(Respond(check).status, 200);
  EXPECT_EQ(check.state(), PuzzleCheck::State::kNone);
}

TEST_F(RedeemInSteps, WithoutACheckAllIsDoneAtOnce) {
  EXPECT_EQ(door_.RedeemJson(challenge_, solution_).status, 200);
  EXPECT_EQ(Redeems(door_, Puzzle::kHashwx, Verdict::kValid), 1u);
}

}  // namespace
}  // namespace stile
