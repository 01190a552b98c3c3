#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/simulation/fleet.h"
#include "tests/simulation/fleet_mode.h"

namespace stile::simulation {
namespace {

// A mistake that could be made, and a run that finds it out. Where a change of what is simulated
// has made a seed harmless: simulate_spends --mutant NAME --mode NAME --seeds 1000 names others.
struct NamedSeed {
  Mutant mutant;
  Mode mode;
  std::uint64_t seed;
  const char* finds;
};

constexpr NamedSeed kNamedSeeds[] = {
    {Mutant::kUnknownPasses, Mode::kMemory, 2, "passes 2 times"},
    {Mutant::kUnknownPasses, Mode::kPinned, 1, "passes 2 times"},
    {Mutant::kUnknownPasses, Mode::kStore, 1, "passes 2 times"},
    {Mutant::kUnknownPasses, Mode::kStoreConfirmed, 1, "passes 2 times"},
    {Mutant::kGetThenSet, Mode::kStore, 1, "passes 2 times"},
    {Mutant::kGetThenSet, Mode::kStoreConfirmed, 1, "passes 2 times"},
    {Mutant::kNoBoot, Mode::kMemory, 1, "passes 2 times"},
    {Mutant::kNoBoot, Mode::kPinned, 8, "passes 2 times"},
    {Mutant::kNoBoot, Mode::kStore, 35, "passes 2 times"},
    {Mutant::kNoRunId, Mode::kStore, 1, "passes 2 times"},
    {Mutant::kNoRunId, Mode::kStoreConfirmed, 6, "passes 2 times"},
    {Mutant::kNoSkew, Mode::kStore, 111, "refused though nothing is wrong"},
    {Mutant::kSpendAfterMint, Mode::kMemory, 1, "passes 2 times"},
    {Mutant::kSpendAfterMint, Mode::kPinned, 1, "passes 2 times"},
    {Mutant::kSpendAfterMint, Mode::kStore, 1, "passes 2 times"},
    {Mutant::kSpendAfterMint, Mode::kStoreConfirmed, 1, "passes 2 times"},
    {Mutant::kClientChosenKey, Mode::kMemory, 1, "passes 2 times"},
    {Mutant::kClientChosenKey, Mode::kPinned, 1, "passes 2 times"},
    {Mutant::kClientChosenKey, Mode::kStore, 1, "passes 2 times"},
    {Mutant::kClientChosenKey, Mode::kStoreConfirmed, 1, "passes 2 times"},
};

std::string NameOf(const testing::TestParamInfo<NamedSeed>& info) {
  std::string name(kMutantNames[static_cast<std::size_t>(info.param.mutant)]);
  name += '_';
  name += kModeNames[static_cast<std::size_t>(info.param.mode)];
  for (char& character : name) {
    if (character == '-') character = '_';
  }
  return name;
}

class MutantTest : public testing::TestWithParam<NamedSeed> {};

TEST_P(MutantTest, IsFoundOutByItsSeed) {
  const NamedSeed& named = GetParam();
  const FleetOutcome wrong = Fleet(named.seed, named.mode, named.mutant, false).Run();
  EXPECT_NE(wrong.mistake.find(named.finds), std::string::npos) << wrong.mistake;
  // What it finds is the mutant, nothing else.
  const FleetOutcome right = Fleet(named.seed, named.mode, Mutant::kNone, false).Run();
  EXPECT_EQ(right.mistake, "");
}

INSTANTIATE_TEST_SUITE_P(NamedSeeds, MutantTest, testing::ValuesIn(kNamedSeeds), NameOf);

// Every mutant there is has a seed here.
TEST(MutantsTest, EachHasANamedSeed) {
  for (std::size_t i = 1; i < static_cast<std::size_t>(Mutant::kCount); ++i) {
    bool named = false;
    for (const NamedSeed& seed : kNamedSeeds)
      named = named || seed.mutant == static_cast<Mutant>(i);
    EXPECT_TRUE(named) << kMutantNames[i];
  }
}

}  // namespace
}  // namespace stile::simulation
