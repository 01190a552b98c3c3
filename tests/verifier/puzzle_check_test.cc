#include "verifier/puzzle_check.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "challenge/solution.h"
#include "tests/verifier/site_fixture.h"
#include "verifier/redeemer.h"

namespace stile {
namespace {

using fixture::IssueFor;
using fixture::Keys;
using fixture::kNow;
using fixture::Solve;
using fixture::Tables;
using fixture::Visitor;
using fixture::VisitorAt;
using std::chrono::milliseconds;
using std::chrono::seconds;
using State = PuzzleCheck::State;

constexpr std::array<Alternative, 3> kLevel = {Alternative{Puzzle::kHashwx, 2, 4, 0, 64, 43'200},
                                               Alternative{Puzzle::kSha256, 2, 4, 2, 64, 10'800},
                                               Alternative{Puzzle::kWait, 1, 0, 1, 5'000, 600}};

std::string Issue() { return IssueFor(kLevel, Visitor(), kNow); }

// The solution with the nonce of one part replaced by one that doesn't solve it.
std::string Spoilt(std::string_view challenge, std::string_view solution, std::uint32_t part) {
  SealedChallenge sealed;
  Solution spoilt;
  EXPECT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  EXPECT_TRUE(ParseSolution(solution, spoilt));
  const HashwxPuzzle puzzle(sealed.tag(), sealed.claimed_id(), 0, kLevel[0].effort,
                            kLevel[0].parts);
  while (puzzle.IsSolvedBy(part, spoilt.nonces[part])) ++spoilt.nonces[part];
  return FormatSolution(spoilt);
}

void RunToItsEnd(PuzzleCheck& check) {
  while (check.state() == State::kOpen) check.CheckPart();
}

class PuzzleCheckTest : public testing::Test {
 protected:
  Redemption Begin(std::string_view challenge, std::string_view solution, PuzzleCheck& check) {
    return redeemer_.Begin(challenge, solution, Visitor(), now_, scratch_, check);
  }
  Redemption Finish(std::string_view challenge, std::string_view solution,
                    const PuzzleCheck& check) {
    return redeemer_.Finish(challenge, solution, Visitor(), now_, scratch_, check);
  }

  std::shared_ptr<RedeemTables> tables_ = Tables();
  Redeemer redeemer_{Keys(), tables_};
  SealedChallenge scratch_;
  UnixMillis now_ = kNow + seconds{10};
};

TEST_F(PuzzleCheckTest, DefaultOneIsNeverDone) {
  PuzzleCheck check;
  check.CheckPart();
  check.PutOff(milliseconds{1});
  check.Settle(State::kSolved);
  EXPECT_EQ(check.state(), State::kNone);
  EXPECT_FALSE(check.IsOf(Tag{}, Solution{}));
}

TEST_F(PuzzleCheckTest, ChecksOnePartAtATime) {
  const std::string challenge = Issue();
  PuzzleCheck check;
  EXPECT_EQ(Begin(challenge, Solve(challenge), check).verdict, Verdict::kNone);
  for (int i = 0; i < 3; ++i) {
    check.CheckPart();
    EXPECT_EQ(check.state(), State::kOpen) << i;
  }
  check.CheckPart();
  EXPECT_EQ(check.state(), State::kSolved);
  check.CheckPart();
  EXPECT_EQ(check.state(), State::kSolved);
}

TEST_F(PuzzleCheckTest, FinishMintsWhatRedeemMints) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  PuzzleCheck check;
  const Redemption begun = Begin(challenge, solution, check);
  EXPECT_EQ(begun.text, ClearanceText{});
  RunToItsEnd(check);
  const Redemption finished = Finish(challenge, solution, check);
  ASSERT_EQ(finished.verdict, Verdict::kValid);
  SealedChallenge scratch;
  const Redemption at_once =
      Redeemer(Keys(), Tables()).Redeem(challenge, solution, Visitor(), now_, scratch);
  EXPECT_EQ(finished.text, at_once.text);
  EXPECT_EQ(finished.clearance, at_once.clearance);
}

TEST_F(PuzzleCheckTest, ARepeatNeedsNoCheck) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  ASSERT_EQ(redeemer_.Redeem(challenge, solution, Visitor(), now_, scratch_).verdict,
            Verdict::kValid);
  PuzzleCheck check;
  const Redemption repeated = Begin(challenge, solution, check);
  EXPECT_EQ(repeated.verdict, Verdict::kValid);
  EXPECT_TRUE(repeated.repeated);
  EXPECT_EQ(check.state(), State::kNone);
}

TEST_F(PuzzleCheckTest, OtherPuzzlesAreJudgedAtOnce) {
  const std::string challenge = Issue();
  PuzzleCheck check;
  EXPECT_EQ(Begin(challenge, Solve(challenge, 1), check).verdict, Verdict::kValid);
  EXPECT_EQ(Begin(challenge, fixture::WaitSolution(2), check).verdict, Verdict::kValid);
  EXPECT_EQ(check.state(), State::kNone);
}

TEST_F(PuzzleCheckTest, AnUnsolvedOneCountsOnceAndOnlyWhenItIsFinished) {
  const std::string challenge = Issue();
  const std::string good = Solve(challenge);
  const std::string bad = Spoilt(challenge, good, 0);
  PuzzleCheck check;
  ASSERT_EQ(Begin(challenge, bad, check).verdict, Verdict::kNone);
  RunToItsEnd(check);
  EXPECT_EQ(check.state(), State::kUnsolved);
  EXPECT_EQ(tables_->memo->Recall(check.tag()).bad, 0);
  EXPECT_EQ(Finish(challenge, bad, check).verdict, Verdict::kUnsolved);
  EXPECT_EQ(tables_->memo->Recall(check.tag()).bad, 1);
}

TEST_F(PuzzleCheckTest, ThirdBadOneThatFinishesEndsTheChallenge) {
  const std::string challenge = Issue();
  const std::string good = Solve(challenge);
  PuzzleCheck open;
  ASSERT_EQ(Begin(challenge, good, open).verdict, Verdict::kNone);
  for (int i = 0; i < 3; ++i) tables_->memo->RememberBad(open.tag());
  RunToItsEnd(open);
  EXPECT_EQ(Finish(challenge, good, open).verdict, Verdict::kTooManyTries);
}

TEST_F(PuzzleCheckTest, OneThatIsPutOffIsLimitedAndAsGoodLater) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  PuzzleCheck check;
  ASSERT_EQ(Begin(challenge, solution, check).verdict, Verdict::kNone);
  check.PutOff(milliseconds{1'500});
  const Redemption limited = Finish(challenge, solution, check);
  EXPECT_EQ(limited.verdict, Verdict::kLimited);
  EXPECT_EQ(limited.wait_left_ms, 1'500);
  EXPECT_EQ(limited.text, ClearanceText{});
  EXPECT_EQ(redeemer_.Redeem(challenge, solution, Visitor(), now_, scratch_).verdict,
            Verdict::kValid);
}

TEST_F(PuzzleCheckTest, WhatAnotherSolutionCameToIsNotBelieved) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  PuzzleCheck check;
  ASSERT_EQ(Begin(challenge, solution, check).verdict, Verdict::kNone);
  check.Settle(State::kSolved);
  // Of the same challenge, with nonces that solve nothing; and of another challenge.
  EXPECT_EQ(Finish(challenge, Spoilt(challenge, solution, 1), check).verdict, Verdict::kUnsolved);
  const std::string other = Issue();
  EXPECT_EQ(Finish(other, Spoilt(other, solution, 1), check).verdict, Verdict::kUnsolved);
  EXPECT_EQ(Finish(challenge, solution, check).verdict, Verdict::kValid);
}

TEST_F(PuzzleCheckTest, ACheckThatIsOpenSaysNothing) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  PuzzleCheck check;
  ASSERT_EQ(Begin(challenge, solution, check).verdict, Verdict::kNone);
  EXPECT_EQ(Finish(challenge, solution, check).verdict, Verdict::kValid);
}

TEST_F(PuzzleCheckTest, FinishAsksForTheClientAgain) {
  const std::string challenge = Issue();
  const std::string solution = Solve(challenge);
  PuzzleCheck check;
  ASSERT_EQ(Begin(challenge, solution, check).verdict, Verdict::kNone);
  RunToItsEnd(check);
  const Redemption other =
      redeemer_.Finish(challenge, solution, VisitorAt("198.51.100.1"), now_, scratch_, check);
  EXPECT_EQ(other.verdict, Verdict::kWrongClient);
}

// Solutions and challenges with this and that changed: in steps they come to what they come to at
// once, whatever came before of the same challenge.
TEST_F(PuzzleCheckTest, StepsComeToTheSameAsAllAtOnce) {
  const std::shared_ptr<RedeemTables> other_tables = Tables();
  const Redeemer at_once(Keys(), other_tables);
  SealedChallenge other_scratch;
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<std::pair<std::string, std::string>> solved;
  for (int i = 0; i < 40; ++i) {
    const std::string challenge = Issue();
    solved.emplace_back(challenge, Solve(challenge, random() % 2));
  }
  int checked = 0;
  for (int round = 0; round < 4'000; ++round) {
    auto [challenge, solution] = solved[random() % solved.size()];
    const auto change = random() % 8;
    std::string& text = change < 2 ? challenge : solution;
    if (change < 5) text[random() % text.size()] = "ABCDwxyz0189-_"[random() % 14];
    const Client client = change == 5 ? VisitorAt("192.0.3.1") : Visitor();
    const UnixMillis now = change == 6 ? kNow + seconds{500} : now_;
    const Redemption expected = at_once.Redeem(challenge, solution, client, now, other_scratch);
    PuzzleCheck check;
    Redemption found = redeemer_.Begin(challenge, solution, client, now, scratch_, check);
    EXPECT_EQ(found.verdict == Verdict::kNone, check.state() == State::kOpen);
    if (check.state() == State::kOpen) {
      ++checked;
      RunToItsEnd(check);
      found = redeemer_.Finish(challenge, solution, client, now, scratch_, check);
    }
    ASSERT_EQ(found.verdict, expected.verdict) << challenge << " " << solution;
    EXPECT_EQ(found.repeated, expected.repeated);
    EXPECT_EQ(found.text, expected.text);
    EXPECT_EQ(found.authentic, expected.authentic);
  }
  EXPECT_GT(checked, 20);
}

}  // namespace
}  // namespace stile
