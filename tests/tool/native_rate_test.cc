#include "tool/native_rate.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

TEST(NativeRateTest, WorkIsMeasured) {
  for (const Puzzle puzzle : {Puzzle::kHashwx, Puzzle::kSha256}) {
    EXPECT_GT(MeasureNativeRate(puzzle, std::chrono::milliseconds{5}), 1000) << PuzzleName(puzzle);
  }
}

TEST(NativeRateTest, WaitingHasNoRate) {
  EXPECT_EQ(MeasureNativeRate(Puzzle::kWait, std::chrono::milliseconds{5}), 0);
}

}  // namespace
}  // namespace stile
