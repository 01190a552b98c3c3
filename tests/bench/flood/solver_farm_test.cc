#include "bench/flood/solver_farm.h"

#include <gtest/gtest.h>

#include "bench/flood/fixed_price.h"

namespace stile::bench {
namespace {

class SolverFarmTest : public testing::Test {
 protected:
  SolverFarm Farm(double cores, double gpus) {
    SolverFarm::Options options;
    options.cores = cores;
    options.gpus = gpus;
    return {options, door_, price_, dice_};
  }
  static bool Always(std::uint32_t) { return true; }

  FixedPrice price_;
  Dice dice_{1};
  Door door_{Door::Options{}, 1, price_};
};

TEST_F(SolverFarmTest, BusyCoresAreBilledForAllOfTheTime) {
  SolverFarm farm = Farm(3, 0);
  for (std::uint32_t i = 0; i < 10'000; ++i) farm.Enqueue({i, 0, true});
  std::size_t solved = 0;
  for (int i = 1; i <= 40; ++i) solved += farm.Work(0.25, i * 0.25, Always).size();
  const SolverFarm::Bill bill = farm.bill();
  EXPECT_NEAR(bill.core_seconds, 30, 1e-6);
  EXPECT_NEAR(bill.eur, 30 * 0.04 / 3'600, 1e-9);
  EXPECT_EQ(bill.solved, solved);
  // 30 core seconds at 1.89 million evaluations, of 262,144 each in the mean.
  EXPECT_NEAR(static_cast<double>(solved), 216, 25);
}

TEST_F(SolverFarmTest, IdleCoresCostNothing) {
  SolverFarm farm = Farm(3, 0);
  farm.Enqueue({0, 0, true});
  for (int i = 1; i <= 400; ++i) (void)farm.Work(0.25, i * 0.25, Always);
  const SolverFarm::Bill bill = farm.bill();
  EXPECT_EQ(bill.solved, 1);
  EXPECT_GT(bill.core_seconds, 0);
  EXPECT_LT(bill.core_seconds, 2);
}

TEST_F(SolverFarmTest, TheCheaperPuzzleIsSolvedUnlessAvoided) {
  SolverFarm farm = Farm(1, 0);
  for (std::uint32_t i = 0; i < 200; ++i) farm.Enqueue({i, 0, false});
  for (const auto& solved : farm.Work(1, 1, Always)) EXPECT_EQ(solved.puzzle, Puzzle::kSha256);
  farm.set_avoids_sha256(true);
  (void)farm.Work(1, 2, Always);
  for (const auto& solved : farm.Work(1, 3, Always)) EXPECT_EQ(solved.puzzle, Puzzle::kHashwx);
}

TEST_F(SolverFarmTest, GpuDoesSha256Alone) {
  SolverFarm farm = Farm(0, 1);
  for (std::uint32_t i = 0; i < 10; ++i) farm.Enqueue({i, 0, false});
  const auto& solved = farm.Work(1, 1, Always);
  EXPECT_EQ(solved.size(), 10);
  for (const auto& one : solved) EXPECT_EQ(one.puzzle, Puzzle::kSha256);
  EXPECT_EQ(farm.bill().core_seconds, 0);
  EXPECT_GT(farm.bill().gpu_seconds, 0);
}

TEST_F(SolverFarmTest, WhoNoLongerWantsIsSkipped) {
  SolverFarm farm = Farm(8, 0);
  for (std::uint32_t i = 0; i < 10; ++i) farm.Enqueue({i, 0, false});
  const auto& solved = farm.Work(1, 1, [](std::uint32_t bot) { return bot == 7; });
  ASSERT_EQ(solved.size(), 1);
  EXPECT_EQ(solved[0].bot, 7);
}

}  // namespace
}  // namespace stile::bench
