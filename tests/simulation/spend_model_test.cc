#include "tests/simulation/spend_model.h"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>

#include "tests/simulation/tier.h"

namespace stile::simulation {
namespace {

constexpr std::uint64_t kRuns = 20;

TEST(SpendModelTest, NoNumberIsAcceptedTwiceInTenMillionOperations) {
  SpendModel::Outcome sum;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    SpendModel model({.seed = seed, .operations = TimesTier(10'000'000) / kRuns});
    const SpendModel::Outcome outcome = model.Run();
    ASSERT_EQ(outcome.mistake, "");
    sum.operations += outcome.operations;
    sum.issued += outcome.issued;
    sum.refused_full += outcome.refused_full;
    sum.accepted += outcome.accepted;
    sum.doubled += outcome.doubled;
    sum.honest += outcome.honest;
    sum.honest_refused += outcome.honest_refused;
    sum.repeats += outcome.repeats;
    sum.restarts += outcome.restarts;
    sum.kills += outcome.kills;
    sum.interleaved += outcome.interleaved;
    sum.clock_steps += outcome.clock_steps;
  }
  EXPECT_EQ(sum.doubled, 0u);
  // Each of what can happen has happened.
  EXPECT_GT(sum.accepted, 0u);
  EXPECT_GT(sum.refused_full, 0u);
  EXPECT_GT(sum.repeats, 0u);
  EXPECT_GT(sum.restarts, 0u);
  EXPECT_GT(sum.kills, 0u);
  EXPECT_GT(sum.clock_steps, 0u);
  const double eps = static_cast<double>(sum.honest_refused) / static_cast<double>(sum.honest);
  // All of it lost to clocks that were set back by minutes, and to memory and processes that went.
  EXPECT_LT(eps, 0.02);
  std::printf("spend model: %" PRIu64 " operations (seeds 1 to %" PRIu64 "), %" PRIu64
              " issued, %" PRIu64 " refused as full, %" PRIu64 " accepted, %" PRIu64
              " repeated to the same attempt\n  faults: %" PRIu64 " memory lost, %" PRIu64
              " killed between two accesses, %" PRIu64 " clock steps; %" PRIu64
              " times interleaved\n  double acceptances: %" PRIu64 "; eps %.6f (%" PRIu64
              " of %" PRIu64 " first attempts in time)\n",
              sum.operations, kRuns, sum.issued, sum.refused_full, sum.accepted, sum.repeats,
              sum.restarts, sum.kills, sum.clock_steps, sum.interleaved, sum.doubled, eps,
              sum.honest_refused, sum.honest);
}

TEST(SpendModelTest, LostMemoryUnderTheSameBootIsFoundOut) {
  SpendModel model({.seed = 1, .operations = 1'000'000, .boot_is_kept = true});
  EXPECT_NE(model.Run().mistake, "");
}

TEST(SpendModelTest, UnknownTakenForFreshIsFoundOut) {
  SpendModel model({.seed = 1, .operations = 100'000, .unknown_passes = true});
  EXPECT_NE(model.Run().mistake, "");
}

}  // namespace
}  // namespace stile::simulation
