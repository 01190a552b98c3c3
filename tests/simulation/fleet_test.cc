#include "tests/simulation/fleet.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/simulation/fleet_mode.h"
#include "tests/simulation/fleet_report.h"
#include "tests/simulation/tier.h"

namespace stile::simulation {
namespace {

constexpr std::uint64_t kSeeds = 10'000;  // Over all modes; ten times as many in the long tier.

std::string NameOf(const testing::TestParamInfo<Mode>& info) {
  constexpr const char* kNames[] = {"Memory", "Pinned", "RedisRefuse", "RedisWait", "RedisLocal"};
  return kNames[static_cast<std::size_t>(info.param)];
}

class FleetTest : public testing::TestWithParam<Mode> {};

TEST_P(FleetTest, TokenPassesNoOftenerThanItsModePromises) {
  const Mode mode = GetParam();
  FleetReport report;
  for (std::uint64_t seed = 1; seed <= TimesTier(kSeeds); ++seed) {
    if (ModeOf(seed) == mode) report.Add(seed, mode, Fleet(seed, mode, Mutant::kNone, false).Run());
  }
  report.Print();
  const FleetOutcome& sum = report.of(mode);
  EXPECT_EQ(report.mistakes(), 0u);
  EXPECT_LE(sum.most, MostPasses(mode));
  if (MostPasses(mode) == 1) {
    EXPECT_EQ(sum.doubled, 0u);
  }
  // Whoever meets no fault is served; whoever does, mostly is.
  EXPECT_GT(sum.quiet, sum.honest / 4);
  EXPECT_LE(sum.quiet_refused * 200, sum.quiet);
  EXPECT_LE(sum.honest_refused * 3, sum.honest);
  // What is kept doesn't grow with what is asked.
  EXPECT_LE(sum.most_keys, 400u);
  EXPECT_LE(sum.most_bytes, 400u * 4096);
  EXPECT_LE(sum.most_waiting, StoreCourier::kRoom);
  // Everything that can go wrong in this mode has.
  const Fault last = UsesStore(mode) ? Fault::kCount : Fault::kStoreKilled;
  for (std::size_t i = 0; i < static_cast<std::size_t>(last); ++i) {
    EXPECT_GT(report.faults()[i], 0u) << kFaultNames[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, FleetTest,
                         testing::Values(Mode::kMemory, Mode::kPinned, Mode::kStore,
                                         Mode::kStoreConfirmed, Mode::kStoreOrLocal),
                         NameOf);

TEST(FleetReplayTest, SeedDecidesEverythingThatHappens) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const FleetOutcome first = Fleet(seed, ModeOf(seed), Mutant::kNone, false).Run();
    const FleetOutcome again = Fleet(seed, ModeOf(seed), Mutant::kNone, false).Run();
    EXPECT_EQ(first.events, again.events);
    EXPECT_EQ(first.commands, again.commands);
    EXPECT_EQ(first.accepted, again.accepted);
    EXPECT_EQ(first.honest_refused, again.honest_refused);
    EXPECT_EQ(first.faults, again.faults);
  }
}

}  // namespace
}  // namespace stile::simulation
