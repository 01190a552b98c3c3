#include "tests/simulation/budget_fleet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/simulation/tier.h"

namespace stile::simulation {
namespace {

constexpr std::uint64_t kSeeds = 2'000;

// STILE_SEED=N runs one seed alone.
TEST(BudgetFleetTest, FleetPassesNoMoreThanTheBoundAndRefusesNobodyWithinTheBudget) {
  const char* const one = std::getenv("STILE_SEED");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t last = one != nullptr ? first : TimesTier(kSeeds);
  BudgetFaultCounts faults{};
  std::uint64_t honest = 0;
  std::uint64_t mistakes = 0;
  double excess = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const BudgetOutcome outcome = BudgetFleet(seed, BudgetMutant::kNone).Run();
    if (!outcome.mistake.empty() && ++mistakes <= 5) {
      ADD_FAILURE() << "seed " << seed << ": " << outcome.mistake;
    }
    honest += outcome.honest;
    if (BudgetFleet::IsQuiet(seed)) excess = std::max(excess, outcome.excess);
    for (std::size_t i = 0; i < faults.size(); ++i) faults[i] += outcome.faults[i];
  }
  EXPECT_EQ(mistakes, 0u);
  if (one != nullptr) return;
  std::cout << last << " seeds, " << honest << " honest takings; without faults at most " << excess
            << " of the bound\n";
  EXPECT_GT(honest, last * 50);
  EXPECT_GT(excess, 0.6);  // The bound isn't far from what happens.
  for (std::size_t i = 0; i < faults.size(); ++i) EXPECT_GT(faults[i], 0u) << kBudgetFaultNames[i];
}

TEST(BudgetFleetTest, SeedDecidesEverythingThatHappens) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const BudgetOutcome first = BudgetFleet(seed, BudgetMutant::kNone).Run();
    const BudgetOutcome again = BudgetFleet(seed, BudgetMutant::kNone).Run();
    EXPECT_EQ(first.passed, again.passed);
    EXPECT_EQ(first.honest, again.honest);
    EXPECT_EQ(first.commands, again.commands);
    EXPECT_EQ(first.faults, again.faults);
  }
}

// A mistake that could be made, and a run that finds it out.
struct NamedSeed {
  BudgetMutant mutant;
  std::uint64_t seed;
  const char* finds;
};
constexpr const char* kTooMuch = "passes more";
constexpr const char* kTooLittle = "refuses one";
constexpr NamedSeed kNamedSeeds[] = {
    {BudgetMutant::kToldTwice, 79, kTooLittle},    {BudgetMutant::kOwnCharged, 1, kTooLittle},
    {BudgetMutant::kUnsentIsTold, 1, kTooMuch},    {BudgetMutant::kCappedAtBurst, 8, kTooMuch},
    {BudgetMutant::kLateCharged, 149, kTooLittle}, {BudgetMutant::kHeardTwice, 5, kTooLittle},
    {BudgetMutant::kOnlyHeavyTold, 4, kTooMuch},   {BudgetMutant::kHeardByClock, 2, kTooLittle},
};

class BudgetMutantTest : public testing::TestWithParam<NamedSeed> {};

TEST_P(BudgetMutantTest, IsFoundOutByItsSeed) {
  const NamedSeed& named = GetParam();
  const std::string mistake = BudgetFleet(named.seed, named.mutant).Run().mistake;
  EXPECT_NE(mistake.find(named.finds), std::string::npos) << mistake;
  // What it finds is the mutant, nothing else.
  EXPECT_EQ(BudgetFleet(named.seed, BudgetMutant::kNone).Run().mistake, "");
}

std::string NameOf(const testing::TestParamInfo<NamedSeed>& named) {
  std::string name(kBudgetMutantNames[static_cast<std::size_t>(named.param.mutant)]);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(NamedSeeds, BudgetMutantTest, testing::ValuesIn(kNamedSeeds), NameOf);

TEST(BudgetMutantsTest, EachHasANamedSeed) {
  for (std::size_t i = 1; i < static_cast<std::size_t>(BudgetMutant::kCount); ++i) {
    EXPECT_TRUE(std::any_of(
        std::begin(kNamedSeeds), std::end(kNamedSeeds),
        [i](const NamedSeed& named) { return named.mutant == static_cast<BudgetMutant>(i); }))
        << kBudgetMutantNames[i];
  }
}

}  // namespace
}  // namespace stile::simulation
