// Redemptions at a site whose effort control knows what the origin can bear.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "tests/verifier/site_fixture.h"
#include "verifier/effort/effort_control.h"
#include "verifier/effort/effort_table.h"
#include "verifier/policy/policy.h"
#include "verifier/redeemer.h"

namespace stile {
namespace {

using fixture::IssueFor;
using fixture::Keys;
using fixture::kNow;
using fixture::Solve;
using fixture::Visitor;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<Alternative, 3> kLevel = {Alternative{Puzzle::kHashwx, 2, 4, 0, 64, 43'200},
                                               Alternative{Puzzle::kSha256, 2, 4, 2, 64, 10'800},
                                               Alternative{Puzzle::kWait, 1, 0, 1, 5'000, 600}};

EffortOptions TenASecond() {
  EffortOptions options;
  options.admissions = 10;
  return options;
}

class RedeemTurnTest : public testing::Test {
 protected:
  RedeemTurnTest() : challenge_(IssueFor(kLevel, Visitor(), kNow)) {
    static_cast<void>(effort_->SitePrice(now_));
  }

  // Others take what there is.
  void TakeAll() {
    while (effort_->TakeTurn(kConfiguredPrice, now_)) {
    }
  }
  Redemption Redeem(const std::string& solution) {
    return redeemer_.Redeem(challenge_, solution, Visitor(), now_, scratch_);
  }
  // It is limited while others take the turns, and good once there is one.
  void ExpectTurn(const std::string& solution) {
    TakeAll();
    const Redemption limited = Redeem(solution);
    EXPECT_EQ(limited.verdict, Verdict::kLimited);
    EXPECT_GT(limited.wait_left_ms, 0);
    EXPECT_LE(limited.wait_left_ms, 13);
    now_ = now_ + milliseconds{limited.wait_left_ms};
    EXPECT_EQ(Redeem(solution).verdict, Verdict::kValid);
    TakeAll();
    EXPECT_EQ(Redeem(solution).verdict, Verdict::kValid) << "a repeat needs no turn";
  }

  UnixMillis now_ = kNow + seconds{10};
  std::shared_ptr<EffortTable> table_ = *EffortTable::Create();
  std::shared_ptr<EffortControl> effort_ = std::make_shared<EffortControl>(table_, 1, TenASecond());
  Redeemer redeemer_{Keys(), fixture::Tables(), effort_, Policy::Default()};
  SealedChallenge scratch_;
  std::string challenge_;
};

TEST_F(RedeemTurnTest, HashwxWaitsForItsTurn) { ExpectTurn(Solve(challenge_)); }
TEST_F(RedeemTurnTest, Sha256WaitsForItsTurn) { ExpectTurn(Solve(challenge_, 1)); }
TEST_F(RedeemTurnTest, WaitWaitsForItsTurn) { ExpectTurn(fixture::WaitSolution(2)); }

TEST_F(RedeemTurnTest, NothingIsCheckedForWhoeverHasNoTurn) {
  const std::string solution = Solve(challenge_);
  TakeAll();
  PuzzleCheck check;
  EXPECT_EQ(redeemer_.Begin(challenge_, solution, Visitor(), now_, scratch_, check).verdict,
            Verdict::kLimited);
  EXPECT_EQ(check.state(), PuzzleCheck::State::kNone);
}

TEST_F(RedeemTurnTest, WhatWasCheckedMeanwhileWaitsTooIfOthersWereFaster) {
  const std::string solution = Solve(challenge_);
  PuzzleCheck check;
  ASSERT_EQ(redeemer_.Begin(challenge_, solution, Visitor(), now_, scratch_, check).verdict,
            Verdict::kNone);
  while (check.state() == PuzzleCheck::State::kOpen) check.CheckPart();
  TakeAll();
  const Redemption late = redeemer_.Finish(challenge_, solution, Visitor(), now_, scratch_, check);
  EXPECT_EQ(late.verdict, Verdict::kLimited);
  EXPECT_GT(late.wait_left_ms, 0);
}

TEST_F(RedeemTurnTest, WhoeverHasNoTurnTakesNothingOfTheSharesOfFallbacks) {
  for (const auto& solution : {fixture::WaitSolution(2), Solve(challenge_, 1)}) {
    TakeAll();
    for (int i = 0; i < 40; ++i) ASSERT_EQ(Redeem(solution).verdict, Verdict::kLimited);
    now_ = now_ + milliseconds{13};
    EXPECT_EQ(Redeem(solution).verdict, Verdict::kValid);
  }
}

TEST_F(RedeemTurnTest, FirstRedemptionsSayAtWhichPriceTheyWereIssued) {
  const std::string solution = fixture::WaitSolution(2);
  EXPECT_EQ(Redeem(solution).price_paid, kConfiguredPrice);
  const Redemption repeat = Redeem(solution);
  EXPECT_EQ(repeat.verdict, Verdict::kValid);
  EXPECT_EQ(repeat.price_paid, 0U);
}

TEST_F(RedeemTurnTest, WrongSolutionsTakeNobodysTurn) {
  const std::string other = IssueFor(kLevel, Visitor(), kNow);
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(Redeem(Solve(other)));
    static_cast<void>(Redeem(Solve(other, 1)));
  }
  int left = 0;
  while (effort_->TakeTurn(kConfiguredPrice, now_)) ++left;
  EXPECT_EQ(left, 80);
}

}  // namespace
}  // namespace stile
