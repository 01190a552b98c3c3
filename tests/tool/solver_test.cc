#include "tool/solver.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include "challenge/hmac_key.h"
#include "challenge/puzzle/hashwx_puzzle.h"
#include "challenge/puzzle/sha256_puzzle.h"

namespace stile {
namespace {

// A challenge of both kinds of work, under a key that is nobody's.
SealedChallenge ChallengeOf(std::uint64_t effort, std::uint8_t parts) {
  Challenge challenge;
  challenge.key_id = challenge.mint_key_id = 1;
  challenge.expires_at = 600;
  challenge.alternative_count = 2;
  challenge.alternatives[0] = {Puzzle::kHashwx, 2, parts, 0, effort, 60};
  challenge.alternatives[1] = {Puzzle::kSha256, 2, parts, 0, effort, 60};
  challenge.return_path = "/";
  ChallengeText text;
  EXPECT_TRUE(SealChallenge(challenge, HmacKey(std::array<std::uint8_t, 32>{}), text));
  SealedChallenge sealed;
  EXPECT_EQ(sealed.Parse(text.view()), TokenShape::kWellFormed);
  return sealed;
}

template <typename WorkPuzzle>
void ExpectSolved(std::size_t index, std::uint64_t effort) {
  constexpr std::uint8_t kParts = 5;
  const SealedChallenge challenge = ChallengeOf(effort, kParts);
  const WorkPuzzle puzzle(challenge.tag(), challenge.claimed_id(), static_cast<std::uint8_t>(index),
                          effort, kParts);
  for (const unsigned threads : {1U, 3U, 8U}) {
    SolverProgress last;
    const auto solution = SolveWork(challenge, index, threads, [&](const SolverProgress& now) {
      last = now;
      return true;
    });
    ASSERT_TRUE(solution.has_value());
    EXPECT_EQ(solution->alternative, index);
    EXPECT_EQ(solution->parts, kParts);
    const std::array<std::uint8_t, 16> no_secret{};
    EXPECT_TRUE(puzzle.AreSolvedBy(std::span(solution->nonces).first(kParts), no_secret));
    EXPECT_EQ(last.parts_solved, kParts);
    EXPECT_EQ(last.expected, effort);
    EXPECT_GE(last.tried, kParts);
  }
}

TEST(Solver, SolvesEveryPartOfHashwxOnAnyNumberOfThreads) { ExpectSolved<HashwxPuzzle>(0, 20'000); }

TEST(Solver, SolvesEveryPartOfSha256OnAnyNumberOfThreads) {
  ExpectSolved<Sha256Puzzle>(1, 500'000);
}

TEST(Solver, StopsWhenItsCallerHasHadEnough) {
  const SealedChallenge challenge = ChallengeOf(std::uint64_t{1} << 40, 2);
  for (const std::size_t index : {0, 1}) {
    int reports = 0;
    const auto solution = SolveWork(challenge, index, 2, [&](const SolverProgress& now) {
      EXPECT_EQ(now.parts_solved, 0U);
      return ++reports < 3;
    });
    EXPECT_FALSE(solution.has_value());
    EXPECT_EQ(reports, 3);
  }
}

}  // namespace
}  // namespace stile
