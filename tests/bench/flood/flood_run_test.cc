#include "bench/flood/flood_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "bench/flood/rivals.h"

namespace stile::bench {
namespace {

// A tenth of the times, a hundredth of the bots, and all that they meet as much smaller.
Scenario Small(std::string_view name) {
  Scenario scenario = *ScenarioOf(name, 2'000);
  scenario.visitors = 200;
  scenario.phases = {.quiet = 120, .attack = 60, .after = 240};
  scenario.farm.cores = 4;
  scenario.admissions = 3;
  scenario.origin.capacity = 800;
  return scenario;
}

FloodResult Flooded(Scenario scenario, std::string_view rival) {
  const auto loop = MakeRival(rival, scenario);
  return RunFlood(scenario, *loop);
}

double HighestPrice(const FloodResult& result) {
  double highest = 0;
  for (const FloodMoment& moment : result.moments) highest = std::max(highest, moment.price);
  return highest;
}

class EachScenarioTest : public testing::TestWithParam<std::string> {};

TEST_P(EachScenarioTest, BotsGetNoMoreThanTheirClearancesBuy) {
  const FloodResult result = Flooded(Small(GetParam()), "fixed");
  const Door::Options door;
  const double each = door.budget_burst + door.budget_rate * Small(GetParam()).phases.ends();
  EXPECT_LE(result.bot_requests, each * static_cast<double>(result.bot_clearances));
  EXPECT_LE(result.bot_clearances, result.door.redeemed);
  EXPECT_LE(result.door.redeemed, result.door.issued);
}

TEST_P(EachScenarioTest, BillIsNoMoreThanTheMachinesCanDo) {
  const Scenario scenario = Small(GetParam());
  const FloodResult result = Flooded(scenario, "fixed");
  EXPECT_LE(result.bill.core_seconds, scenario.farm.cores * scenario.phases.ends());
  EXPECT_LE(result.bill.gpu_seconds, scenario.farm.gpus * scenario.phases.ends());
  const double eur = (result.bill.core_seconds * scenario.farm.eur_per_core_hour +
                      result.bill.gpu_seconds * scenario.farm.eur_per_gpu_hour) /
                     3'600;
  EXPECT_NEAR(result.bill.eur, eur, 1e-9);
}

TEST_P(EachScenarioTest, SameSeedGivesTheSameRun) {
  for (const char* rival : {"tor327", "stile-unset"}) {
    const FloodResult a = Flooded(Small(GetParam()), rival), b = Flooded(Small(GetParam()), rival);
    EXPECT_EQ(a.bot_requests, b.bot_requests);
    EXPECT_EQ(a.bill.core_seconds, b.bill.core_seconds);
    EXPECT_EQ(a.during.p95, b.during.p95);
    ASSERT_EQ(a.moments.size(), b.moments.size());
    for (std::size_t i = 0; i < a.moments.size(); ++i) {
      EXPECT_EQ(a.moments[i].price, b.moments[i].price) << rival << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EachScenarioTest, testing::ValuesIn(ScenarioNames()),
                         [](const auto& scenario) {
                           std::string name = scenario.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(FloodRunTest, PlainBotsReachNothingAndPayNothing) {
  const FloodResult result = Flooded(Small("plain"), "fixed");
  EXPECT_EQ(result.bot_requests, 0);
  EXPECT_EQ(result.bill.eur, 0);
  EXPECT_GE(result.door.refused, 2'000 * 60);
  EXPECT_EQ(result.during.through, 1);
}

TEST(FloodRunTest, AnotherSeedGivesAnotherRun) {
  Scenario scenario = Small("solving");
  const FloodResult a = Flooded(scenario, "fixed");
  scenario.seed = 2;
  EXPECT_NE(a.bill.core_seconds, Flooded(scenario, "fixed").bill.core_seconds);
}

TEST(FloodRunTest, FixedPriceStays) {
  EXPECT_EQ(HighestPrice(Flooded(Small("solving"), "fixed")), 100);
}

TEST(FloodRunTest, ControlRaisesThePriceInAFloodAndLetsItFallAfterwards) {
  const FloodResult fixed = Flooded(Small("solving"), "fixed");
  const FloodResult own = Flooded(Small("solving"), "stile");
  EXPECT_GT(HighestPrice(own), 300);
  EXPECT_GE(own.settled, 0);
  EXPECT_LT(own.bot_clearances, fixed.bot_clearances / 3);
  EXPECT_GT(fixed.error_share, 0.2);
  EXPECT_LT(own.error_share, fixed.error_share / 2);
}

TEST(FloodRunTest, EverybodyPassesInQuietTimes) {
  const FloodResult result = Flooded(Small("solving"), "stile");
  EXPECT_GT(result.before.came, 0);
  EXPECT_EQ(result.before.through, 1);
  EXPECT_LT(result.before.p95, 3);
}

}  // namespace
}  // namespace stile::bench
